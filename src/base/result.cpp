// SPDX-License-Identifier: Apache-2.0
#include "penstock/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace penstock {

std::string Error::to_string() const {
  std::string text;
  if (!file.empty()) text += file + ':';
  if (line > 0) {
    text += std::to_string(line) + ':';
    if (column > 0) text += std::to_string(column) + ':';
  }
  if (!text.empty()) text += ' ';
  return text + message;
}

std::string to_string(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += error.to_string() + '\n';
  return text;
}

namespace detail {

void abort_on_errors(const Errors& errors) noexcept {
  std::fputs("penstock: the value of a failed Result was used:\n", stderr);
  for (const Error& error : errors) std::fprintf(stderr, "%s\n", error.to_string().c_str());
  std::abort();
}

}  // namespace detail
}  // namespace penstock
