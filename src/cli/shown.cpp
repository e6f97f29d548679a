// SPDX-License-Identifier: Apache-2.0
#include "cli/shown.hpp"

#include "base/buffer.hpp"
#include "event/escape.hpp"

namespace penstock::cli {

std::string shown(std::string_view text, std::size_t bytes_max) {
  std::size_t end = text.size();
  if (end > bytes_max) {
    end = bytes_max;
    while (end > 0 && event::begins_inside_character(text.substr(end))) --end;
  }
  base::Buffer buffer;
  event::append_escaped<event::Escape::text>(buffer, text.substr(0, end));
  std::string result(buffer.view());
  if (end < text.size()) result += "...";
  return result;
}

}  // namespace penstock::cli
