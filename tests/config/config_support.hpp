// SPDX-License-Identifier: Apache-2.0
// config_support.hpp: what the tests of src/config share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config/config.hpp"

namespace penstock::config {

// Variables for tests; those of the process are not seen.
inline std::optional<std::string> test_environment(const std::string& name) {
  static const std::map<std::string, std::string> variables = {
      {"LEVEL", "INFO"},       {"LOUD", "LOUD"},      {"EMPTY", ""},
      {"SINK", "from_env"},    {"PORT", "8080"},      {"STRUCTURE", "x, level: ERROR}\n- y"},
      {"RECURSE", "${LEVEL}"}, {"BROKEN", "caf\xE9"}, {"LONG", std::string(100'000, 'x')},
  };
  const auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

inline Result<PipelineOptions> load(std::string_view yaml) {
  return load_text(yaml, "test.yml", test_environment);
}

// "line:column: message", one a line; empty when there are none.
inline std::string text_of(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text += '\n';
    if (error.line != 0) text += fmt::format("{}:{}: ", error.line, error.column);
    text += error.message;
  }
  return text;
}

inline std::string errors_of(std::string_view yaml) { return text_of(load(yaml).errors()); }

// A file with one sink and these triggers, each indented by two spaces.
inline std::string with_triggers(const std::string& triggers) {
  return "logging: {sinks: [{name: a, type: console}, {name: b, type: file, path: b.log}]}\n"
         "triggers:\n" +
         triggers;
}

}  // namespace penstock::config
