// SPDX-License-Identifier: Apache-2.0
#include "event/pattern.hpp"

#include <cstddef>
#include <optional>

#include "base/text.hpp"
#include "event/encoder.hpp"
#include "event/utf8.hpp"

namespace penstock::event {
namespace {

struct NamedPart {
  std::string_view word;
  PatternName name;
};

constexpr NamedPart named_parts[] = {
    {"time", PatternName::time_us},
    {"time:s", PatternName::time_s},
    {"time:ms", PatternName::time_ms},
    {"time:us", PatternName::time_us},
    {"time:ns", PatternName::time_ns},
    {"level", PatternName::level},
    {"logger", PatternName::logger},
    {"thread", PatternName::thread},
    {"thread_name", PatternName::thread_name},
    {"pid", PatternName::pid},
    {"file", PatternName::file},
    {"path", PatternName::path},
    {"line", PatternName::line},
    {"function", PatternName::function},
    {"message", PatternName::message},
    {"fields", PatternName::fields},
    {"event", PatternName::event},
    {"tags", PatternName::tags},
    {"trace_id", PatternName::trace_id},
    {"span_id", PatternName::span_id},
};

std::optional<PatternName> find_name(std::string_view word) {
  for (const NamedPart& part : named_parts) {
    if (part.word == word) return part.name;
  }
  return std::nullopt;
}

std::string_view nearest_name(std::string_view word) {
  std::vector<std::string_view> words;
  for (const NamedPart& part : named_parts) words.push_back(part.word);
  return base::nearest_word(word, words);
}

class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  Pattern read() {
    if (text_.empty()) error("empty", 0);
    check_literals();
    while (at_ < text_.size()) step();
    add(PatternName::end);
    join_file_line();
    return std::move(pattern_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c != '{' && c != '}') {
      literal_ += c;
      ++at_;
    } else if (at_ + 1 < text_.size() && text_[at_ + 1] == c) {
      literal_ += c;
      at_ += 2;
    } else if (c == '}') {
      error("'}' without '{' (for the character itself write '}}')", at_);
      take_literally(1);
    } else {
      read_name();
    }
  }

  void read_name() {
    const std::size_t end = text_.find_first_of("{}", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '{') {
      error("'{' without '}' (for the character itself write '{{')", at_);
      return take_literally(1);
    }
    const std::string_view word = text_.substr(at_ + 1, end - at_ - 1);
    const auto name = find_name(word);
    if (!name) {
      unknown_name(word);
      return take_literally(word.size() + 2);
    }
    add(*name);
    at_ = end + 1;
  }

  void unknown_name(std::string_view word) {
    std::string what = "unknown name {";
    what += word;
    what += '}';
    if (const std::string_view nearest = nearest_name(word); !nearest.empty()) {
      what += "; did you mean {";
      what += nearest;
      what += "}?";
    }
    error(what, at_);
  }

  // A pattern makes one line, and its bytes go out as they are.
  void check_literals() {
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] == '\n' || text_[i] == '\r') error("line break", i);
      if (static_cast<unsigned char>(text_[i]) < 0x80) {
        ++i;
        continue;
      }
      const Utf8Character character = utf8_character(text_.data() + i, text_.size() - i);
      if (!character.valid) error("not UTF-8", i);
      i += character.size;
    }
  }

  void error(std::string_view what, std::size_t at) {
    std::string message = "pattern, position " + std::to_string(at + 1) + ": ";
    message += what;
    pattern_.errors.push_back(Error{.message = std::move(message)});
  }

  void take_literally(std::size_t size) {
    literal_ += text_.substr(at_, size);
    at_ += size;
  }

  void add(PatternName name) {
    pattern_.parts.push_back({std::move(literal_), name});
    literal_.clear();
  }

  // The usual neighbours: one copy instead of two and a number.
  void join_file_line() {
    auto& parts = pattern_.parts;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      if (parts[i].name != PatternName::file || parts[i + 1].name != PatternName::line) continue;
      if (parts[i + 1].before != ":") continue;
      parts[i].name = PatternName::file_line;
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string literal_{};
  Pattern pattern_{};
};

}  // namespace

Pattern parse_pattern(std::string_view text) { return PatternReader(text).read(); }

Errors check_pattern(std::string_view pattern) { return parse_pattern(pattern).errors; }

}  // namespace penstock::event
