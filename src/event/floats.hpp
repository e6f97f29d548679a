// SPDX-License-Identifier: Apache-2.0
// floats.hpp: floating-point numbers as text: the shortest that reads back as the same number, laid
// out as fmt's "{}" does.
#pragma once

#include <cstddef>

namespace penstock::event {

inline constexpr std::size_t float_room = 40;

// Each returns the end of what it wrote. They need float_room bytes at `to`.
char* put_double(char* to, double value) noexcept;
char* put_float(char* to, float value) noexcept;

// As put_double(), but never without '.' or exponent, so that a reader sees that it is no integer:
// "1.0". Not finite: NaN, Infinity, -Infinity.
char* put_double_typed(char* to, double value) noexcept;

}  // namespace penstock::event
