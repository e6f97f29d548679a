// SPDX-License-Identifier: Apache-2.0
#include "cli/json_grammar.hpp"

#include <array>

namespace penstock::cli {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Goes over a text from left to right; each take_ says whether what it names stood there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : left_(text) {}

  bool at_end() const noexcept { return left_.empty(); }
  char peek() const noexcept { return left_.empty() ? '\0' : left_.front(); }

  void skip_space() noexcept {
    const std::size_t end = left_.find_first_not_of(" \t\r\n");
    left_.remove_prefix(end == std::string_view::npos ? left_.size() : end);
  }
  bool take(char c) noexcept {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) noexcept {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }
  bool take_digits() noexcept {
    std::size_t count = 0;
    while (count < left_.size() && is_digit(left_[count])) ++count;
    left_.remove_prefix(count);
    return count > 0;
  }
  bool take_number() noexcept {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return take_digits();
    }
    return true;
  }
  bool take_string() noexcept {
    if (!take('"')) return false;
    while (!left_.empty()) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\' && !take_escape()) return false;
    }
    return false;
  }
  // A value that holds no others.
  bool take_scalar() noexcept {
    switch (peek()) {
      case '"':
        return take_string();
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return take_number();
    }
  }

 private:
  bool take_escape() noexcept {
    const char c = peek();
    if (left_.empty()) return false;
    left_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    if (left_.size() < 4) return false;
    for (std::size_t i = 0; i < 4; ++i) {
      if (!is_hex_digit(left_[i])) return false;
    }
    left_.remove_prefix(4);
    return true;
  }

  std::string_view left_;
};

// The brackets that are open.
class Nesting {
 public:
  bool empty() const noexcept { return depth_ == 0; }
  bool in_object() const noexcept { return closers_[depth_ - 1] == '}'; }
  char closer() const noexcept { return closers_[depth_ - 1]; }
  bool open(char closer) noexcept {
    if (depth_ == closers_.size()) return false;
    closers_[depth_++] = closer;
    return true;
  }
  void close() noexcept { --depth_; }

 private:
  std::array<char, json_depth_max> closers_{};
  std::size_t depth_ = 0;
};

// Inside an object: a key and its colon. Elsewhere: nothing.
bool take_key(Scanner& scanner, const Nesting& nesting) noexcept {
  if (nesting.empty() || !nesting.in_object()) return true;
  scanner.skip_space();
  if (!scanner.take_string()) return false;
  scanner.skip_space();
  return scanner.take(':');
}

// After a value: the brackets that close here, and the comma that announces another value.
bool take_end(Scanner& scanner, Nesting& nesting) noexcept {
  for (; !nesting.empty(); nesting.close()) {
    scanner.skip_space();
    if (scanner.take(',')) return true;
    if (!scanner.take(nesting.closer())) return false;
  }
  return true;
}

}  // namespace

bool is_json(std::string_view text) noexcept {
  Scanner scanner(text);
  Nesting nesting;
  do {
    if (!take_key(scanner, nesting)) return false;
    scanner.skip_space();
    if (scanner.peek() == '{' || scanner.peek() == '[') {
      const char closer = scanner.take('{') ? '}' : ']';
      if (closer == ']') scanner.take('[');
      if (!nesting.open(closer)) return false;
      scanner.skip_space();
      if (scanner.peek() != closer) continue;
    } else if (!scanner.take_scalar()) {
      return false;
    }
    if (!take_end(scanner, nesting)) return false;
  } while (!nesting.empty());
  scanner.skip_space();
  return scanner.at_end();
}

bool is_json_number(std::string_view text) noexcept {
  Scanner scanner(text);
  return scanner.take_number() && scanner.at_end();
}

}  // namespace penstock::cli
