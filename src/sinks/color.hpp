// SPDX-License-Identifier: Apache-2.0
// color.hpp: marks the lines of encoded events by level, for terminals.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/sink.hpp"

namespace penstock::sinks {

// Encoded events with the same meaning of text and ends as in Batch.
struct ColoredText {
  std::string text;
  std::vector<std::uint32_t> ends;
};

// Each line of an event begins with its color and ends with a reset; INFO stays plain. Needs the
// batch's events and encoded text. `out` is replaced; its memory is used again. [any]
void color_lines(const Batch& batch, ColoredText& out);

}  // namespace penstock::sinks
