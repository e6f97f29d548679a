// SPDX-License-Identifier: Apache-2.0
#include "sinks/color.hpp"

#include <string_view>

namespace penstock::sinks {
namespace {

constexpr std::string_view reset = "\x1b[0m";

std::string_view color_of(Level level) noexcept {
  switch (level) {
    case Level::trace:
    case Level::debug:
      return "\x1b[2m";  // dim
    case Level::info:
      return "";
    case Level::warning:
      return "\x1b[33m";  // yellow
    case Level::error:
      return "\x1b[31m";  // red
    case Level::critical:
      return "\x1b[1;31m";  // bold red
  }
  return "";
}

void append_colored(std::string& out, std::string_view lines, std::string_view color) {
  while (!lines.empty()) {
    const std::size_t line_break = lines.find('\n');
    out += color;
    out += lines.substr(0, line_break);
    out += reset;
    if (line_break == std::string_view::npos) return;
    out += '\n';
    lines.remove_prefix(line_break + 1);
  }
}

}  // namespace

void color_lines(const Batch& batch, ColoredText& out) {
  out.text.clear();
  out.ends.clear();
  std::size_t begin = 0;
  for (std::size_t index = 0; index < batch.encoded_ends().size(); ++index) {
    const std::size_t end = batch.encoded_ends()[index];
    const std::string_view lines = batch.encoded().substr(begin, end - begin);
    const std::string_view color = color_of(batch.events()[index].level);
    if (color.empty()) {
      out.text += lines;
    } else {
      append_colored(out.text, lines, color);
    }
    out.ends.push_back(static_cast<std::uint32_t>(out.text.size()));
    begin = end;
  }
}

}  // namespace penstock::sinks
