// SPDX-License-Identifier: Apache-2.0
#include "event/fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "event/args.hpp"

namespace penstock::event {
namespace {

// From here on it is sorting: an event from outside may have tens of thousands of fields.
constexpr std::size_t few_fields = 24;

bool has_key_again(const std::vector<FieldView>& fields, std::size_t from, std::string_view key) {
  for (std::size_t i = from; i < fields.size(); ++i) {
    if (fields[i].key == key) return true;
  }
  return false;
}

void drop_shadowed_of_few(std::vector<FieldView>& fields) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!has_key_again(fields, i + 1, fields[i].key)) fields[kept++] = fields[i];
  }
  fields.resize(kept);
}

void drop_shadowed_of_many(std::vector<FieldView>& fields) {
  std::vector<std::uint32_t> order(fields.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return fields[a].key < fields[b].key; });
  std::vector<bool> shadowed(fields.size());
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    shadowed[order[i]] = fields[order[i]].key == fields[order[i + 1]].key;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!shadowed[i]) fields[kept++] = fields[i];
  }
  fields.resize(kept);
}

}  // namespace

void collect_fields(const EventParts& parts, std::vector<FieldView>& out) {
  out.insert(out.end(), parts.context_fields.begin(), parts.context_fields.end());
  if (parts.plan == nullptr || parts.has_message || parts.plan->field_count == 0) return;
  ArgReader reader(parts.args);
  for (const ArgStep& step : parts.plan->args) {
    if (step.is_field) {
      out.push_back(reader.field(step));
    } else {
      reader.skip(step);
    }
  }
}

void drop_shadowed(std::vector<FieldView>& fields) {
  if (fields.size() < 2) return;
  if (fields.size() <= few_fields) {
    drop_shadowed_of_few(fields);
  } else {
    drop_shadowed_of_many(fields);
  }
}

void find_shown_fields(const EventParts& parts, std::vector<FieldView>& out) {
  out.clear();
  collect_fields(parts, out);
  drop_shadowed(out);
}

}  // namespace penstock::event
