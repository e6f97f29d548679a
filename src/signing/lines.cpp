// SPDX-License-Identifier: Apache-2.0
#include "signing/lines.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace penstock::signing {
namespace {

// minisign separates the parts of its own comments by tabs.
bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

std::string control_problem(std::size_t line, char c) {
  if (c == '\r') {
    return fmt::format("has a carriage return in line {}: a transfer in text mode changed it",
                       line);
  }
  return fmt::format("has the control character 0x{:02x} in line {}", c, line);
}

}  // namespace

Error text_error(TextKind kind, std::string_view problem) {
  return {.message = fmt::format("{} {}; {}", kind.name, problem, kind.fix)};
}

bool is_comment(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), is_control);
}

Result<std::vector<std::string_view>> read_lines(TextKind kind, std::string_view text,
                                                 std::size_t count) {
  if (text.empty()) return text_error(kind, "is empty");
  if (text.size() > signing_file_bytes_max) {
    return text_error(kind, fmt::format("has {} bytes, more than the {} that such a file can have",
                                        text.size(), signing_file_bytes_max));
  }
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return text_error(kind, fmt::format("ends within line {}, without a line feed; it was cut "
                                          "off or something was added",
                                          lines.size() + 1));
    }
    const std::string_view line = text.substr(0, end);
    if (lines.size() == count) {
      return text_error(kind, fmt::format("has more than {} lines", count));
    }
    lines.push_back(line);
    const auto bad = std::find_if(line.begin(), line.end(), is_control);
    if (bad != line.end()) return text_error(kind, control_problem(lines.size(), *bad));
    text.remove_prefix(end + 1);
  }
  if (lines.size() < count) {
    return text_error(kind, fmt::format("has {} of {} lines", lines.size(), count));
  }
  return lines;
}

Result<std::string_view> after_prefix(TextKind kind, std::string_view line, std::size_t number,
                                      std::string_view prefix) {
  if (!line.starts_with(prefix)) {
    return text_error(kind, fmt::format("does not begin line {} with \"{}\"", number, prefix));
  }
  return line.substr(prefix.size());
}

Status read_base64_line(TextKind kind, std::string_view line, std::size_t number,
                        std::span<unsigned char> bytes) {
  if (from_base64(line, bytes)) return {};
  if (line.size() != base64_size(bytes.size())) {
    return text_error(kind,
                      fmt::format("has {} characters in line {}, not the {} of {} bytes as "
                                  "base64",
                                  line.size(), number, base64_size(bytes.size()), bytes.size()));
  }
  return text_error(kind, fmt::format("has something in line {} that is not base64 of {} bytes",
                                      number, bytes.size()));
}

}  // namespace penstock::signing
