// SPDX-License-Identifier: Apache-2.0
// text_check.hpp: text that must not reach a parser.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock::config {

struct BadText {
  std::size_t offset = 0;
  std::string_view what;  // "a NUL byte"
};

// The first byte that is not UTF-8, or that YAML does not allow: control characters other than tab
// and line breaks.
std::optional<BadText> find_bad_text(std::string_view text);

}  // namespace penstock::config
