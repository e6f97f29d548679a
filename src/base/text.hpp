// SPDX-License-Identifier: Apache-2.0
// text.hpp: small questions about words.
#pragma once

#include <span>
#include <string_view>

namespace penstock::base {

// The choice that `word` was most likely meant to be; empty when none is close. For messages. [any]
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> choices);

}  // namespace penstock::base
