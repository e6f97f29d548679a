// SPDX-License-Identifier: Apache-2.0
// fields.hpp: the fields of an event.
#pragma once

#include <vector>

#include "event/event_parts.hpp"
#include "event/plan.hpp"
#include "penstock/field.hpp"

namespace penstock::event {

inline bool has_fields(const EventParts& parts) noexcept {
  if (!parts.context_fields.empty()) return true;
  return parts.plan != nullptr && parts.plan->field_count != 0 && !parts.has_message;
}

// Appends all fields: those of the context, then those of the call. Views into the event.
void collect_fields(const EventParts& parts, std::vector<FieldView>& out);

// Of fields with the same key keeps the last. The order is kept.
void drop_shadowed(std::vector<FieldView>& fields);

// Makes `out` the fields that a line shows: all of them, and of those with the same key the last.
void find_shown_fields(const EventParts& parts, std::vector<FieldView>& out);

}  // namespace penstock::event
