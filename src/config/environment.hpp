// SPDX-License-Identifier: Apache-2.0
// environment.hpp: puts environment variables into the text of a scalar.
//
//   ${NAME}           the variable's text; an error when it is not set
//   ${NAME:-default}  `default` when the variable is not set or empty
//   $${               a literal ${
//   ${env:NAME}       stays as it is: a reference to a secret, see penstock/secret.hpp
//   ${file:/path}     the same
//
// Bound    no result is longer than the caller allows
// Errors   returned as text, all of them
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::config {

// The text of a variable; empty when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
std::optional<std::string> process_environment(const std::string& name);

struct Substituted {
  std::string text;
  std::vector<std::string> problems;
  // It has references to secrets, and nothing else that is put in: what a variable holds cannot
  // become a reference.
  bool has_secrets = false;
};

// `text` with all variables put in. What a variable holds is never looked at again: it can bring
// neither YAML structure nor another variable.
Substituted substitute(std::string_view text, const Environment& environment,
                       std::size_t bytes_max);

}  // namespace penstock::config
