// SPDX-License-Identifier: Apache-2.0
// sample_events.hpp: events with all that can be in one, each in memory for one batch.
#pragma once

#include <cstddef>

#include "kit/batch_memory.hpp"

namespace penstock::kit {

// Room for any one of these.
inline constexpr std::size_t sample_events_max = 16;

void add_ordinary(BatchMemory& memory);
// Values of all types, at their ends.
void add_values(BatchMemory& memory);
// A value of a type that there is not: whoever takes it for a text is caught.
void add_unknown_value(BatchMemory& memory);
// Texts with NULs, broken UTF-8, control characters, formats.
void add_hostile(BatchMemory& memory);
// All that may be null is; times, levels and lines are at their ends.
void add_bare(BatchMemory& memory);
// Of each level, with a trace.
void add_levels(BatchMemory& memory);
// As large as an event can be, and a small one behind it.
void add_large(BatchMemory& memory);
// With many fields and tags.
void add_wide(BatchMemory& memory);

}  // namespace penstock::kit
