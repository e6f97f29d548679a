// SPDX-License-Identifier: Apache-2.0
// syslog_parser.hpp: reads messages as strictly as RFC 5424 is written, for tests. It shares
// nothing with what writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock::syslog::testing {

struct Element {
  std::string id{};
  std::vector<std::pair<std::string, std::string>> params{};
};

struct Parsed {
  int priority = -1;
  std::string time{};
  std::string hostname{};
  std::string app_name{};
  std::string procid{};
  std::string msgid{};
  std::vector<Element> elements{};
  std::optional<std::string> message{};  // none: not even a space
};

// Takes a message apart from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool at(char c) const { return !left_.empty() && left_.front() == c; }
  bool done() const { return left_.empty(); }
  std::string_view left() const { return left_; }

  // 1 .. max visible ASCII characters up to a space.
  std::optional<std::string> field(std::size_t max) {
    std::string text;
    while (!left_.empty() && left_.front() > ' ' && left_.front() < '\x7F') {
      text += left_.front();
      left_.remove_prefix(1);
    }
    if (text.empty() || text.size() > max || !take(' ')) return std::nullopt;
    return text;
  }
  std::optional<std::string> sd_name() {
    std::string text;
    while (!left_.empty() && left_.front() > ' ' && left_.front() < '\x7F' && !at('=') &&
           !at(']') && !at('"')) {
      text += left_.front();
      left_.remove_prefix(1);
    }
    if (text.empty() || text.size() > 32) return std::nullopt;
    return text;
  }
  std::optional<std::string> sd_value() {
    std::string text;
    if (!take('"')) return std::nullopt;
    while (!left_.empty()) {
      char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return text;
      if (c == ']') return std::nullopt;  // MUST be escaped
      if (c == '\\' && !left_.empty() && (at('"') || at('\\') || at(']'))) {
        c = left_.front();
        left_.remove_prefix(1);
      }
      text += c;
    }
    return std::nullopt;
  }

 private:
  std::string_view left_;
};

inline std::optional<int> read_number(Reader& reader, int max) {
  int number = -1;
  while (!reader.done() && reader.left().front() >= '0' && reader.left().front() <= '9') {
    if (number == 0) return std::nullopt;  // a leading zero
    number = (number < 0 ? 0 : number * 10) + (reader.left().front() - '0');
    if (number > max) return std::nullopt;
    reader.take(reader.left().front());
  }
  if (number < 0) return std::nullopt;
  return number;
}

inline bool read_elements(Reader& reader, std::vector<Element>& elements) {
  if (reader.take('-')) return true;
  while (reader.take('[')) {
    Element element;
    auto id = reader.sd_name();
    if (!id) return false;
    element.id = *id;
    while (reader.take(' ')) {
      auto name = reader.sd_name();
      if (!name || !reader.take('=')) return false;
      auto value = reader.sd_value();
      if (!value) return false;
      element.params.emplace_back(*name, *value);
    }
    if (!reader.take(']')) return false;
    for (const Element& other : elements) {
      if (other.id == element.id) return false;  // an SD-ID is there once
    }
    elements.push_back(std::move(element));
  }
  return !elements.empty();
}

inline std::optional<Parsed> parse_rfc5424(std::string_view text) {
  Reader reader(text);
  Parsed parsed;
  if (!reader.take('<')) return std::nullopt;
  const auto priority = read_number(reader, 191);
  if (!priority || !reader.take('>') || !reader.take('1') || !reader.take(' ')) {
    return std::nullopt;
  }
  parsed.priority = *priority;
  const std::pair<std::string Parsed::*, std::size_t> fields[] = {{&Parsed::time, 32},
                                                                  {&Parsed::hostname, 255},
                                                                  {&Parsed::app_name, 48},
                                                                  {&Parsed::procid, 128},
                                                                  {&Parsed::msgid, 32}};
  for (const auto& [member, max] : fields) {
    auto field = reader.field(max);
    if (!field) return std::nullopt;
    parsed.*member = *field;
  }
  if (!read_elements(reader, parsed.elements)) return std::nullopt;
  if (reader.done()) return parsed;
  if (!reader.take(' ')) return std::nullopt;
  parsed.message = std::string(reader.left());
  return parsed;
}

// A stream of octet-counted messages; none when it is not one from end to end.
inline std::optional<std::vector<std::string>> split_counted(std::string_view stream) {
  std::vector<std::string> messages;
  Reader reader(stream);
  while (!reader.done()) {
    const auto size = read_number(reader, 100'000'000);
    if (!size || *size == 0 || !reader.take(' ')) return std::nullopt;
    const auto length = static_cast<std::size_t>(*size);
    if (reader.left().size() < length) return std::nullopt;
    messages.emplace_back(reader.left().substr(0, length));
    reader = Reader(reader.left().substr(length));
  }
  return messages;
}

inline std::vector<std::string> split_lines(std::string_view stream) {
  std::vector<std::string> lines;
  while (!stream.empty()) {
    const std::size_t end = stream.find('\n');
    lines.emplace_back(stream.substr(0, end));
    stream.remove_prefix(end == std::string_view::npos ? stream.size() : end + 1);
  }
  return lines;
}

}  // namespace penstock::syslog::testing
