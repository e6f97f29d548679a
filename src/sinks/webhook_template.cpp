// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_template.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace penstock::sinks {
namespace {

constexpr std::array<std::string_view, 6> names = {"message", "level",  "logger",
                                                   "time",    "fields", "event_json"};

// The name in "{name}" at the begin of `text`; empty when there is none.
std::string_view name_at(std::string_view text) {
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  if (end == std::string_view::npos || end == 1 || text[end] != '}') return {};
  return text.substr(1, end - 1);
}

}  // namespace

Result<std::vector<BodyPart>> parse_body(std::string_view text) {
  std::vector<BodyPart> parts(1);
  Errors errors;
  while (!text.empty()) {
    const std::string_view name = text.front() == '{' ? name_at(text) : std::string_view();
    if (name.empty()) {
      parts.back().before += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const std::string_view near = base::nearest_word(name, names);
      errors.push_back(
          {.message = fmt::format("has the unknown name {{{}}}{}; the names are {{{}}}", name,
                                  near.empty() ? "" : fmt::format(" (did you mean {{{}}}?)", near),
                                  fmt::join(names, "} {"))});
    } else {
      parts.back().name = static_cast<BodyName>(found - names.begin() + 1);
      parts.emplace_back();
    }
    text.remove_prefix(name.size() + 2);
  }
  if (!errors.empty()) return errors;
  return parts;
}

bool has_event_json(const std::vector<BodyPart>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [](const BodyPart& part) { return part.name == BodyName::event_json; });
}

}  // namespace penstock::sinks
