// SPDX-License-Identifier: Apache-2.0
#include "config/scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "config/words.hpp"

namespace penstock::config {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_one_of(std::string_view text, std::string_view a, std::string_view b, std::string_view c) {
  return text == a || text == b || text == c;
}

Parsed<Value> out_of_range(std::string_view text) {
  return Parsed<Value>::failed(
      fmt::format("is out of range: {}; quote it if it is text", in_quotes(text)));
}

Parsed<Value> parse_whole(std::string_view digits, int base, bool negative, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  constexpr auto signed_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc() || (negative && value > signed_max + 1)) return out_of_range(text);
  if (negative) return Parsed<Value>::of(static_cast<std::int64_t>(0 - value));
  if (value <= signed_max) return Parsed<Value>::of(static_cast<std::int64_t>(value));
  return Parsed<Value>::of(value);
}

// [0-9]*[.[0-9]*][(e|E)[+-][0-9]+], with at least one digit before the exponent.
bool looks_like_number(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view digits = text.substr(exponent + 1);
    if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
    if (!all_digits(digits)) return false;
  }
  const std::size_t dot = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, dot);
  const std::string_view fraction =
      dot == std::string_view::npos ? std::string_view() : mantissa.substr(dot + 1);
  return (whole.empty() || all_digits(whole)) && (fraction.empty() || all_digits(fraction)) &&
         !(whole.empty() && fraction.empty());
}

Parsed<Value> parse_plain(std::string_view text) {
  using Result = Parsed<Value>;
  if (is_one_of(text, "true", "True", "TRUE")) return Result::of(true);
  if (is_one_of(text, "false", "False", "FALSE")) return Result::of(false);
  if (is_one_of(text, ".nan", ".NaN", ".NAN")) return Result::of(std::nan(""));
  if (text.starts_with("0x") && text.size() > 2 && is_hex(text.substr(2))) {
    return parse_whole(text.substr(2), 16, false, text);
  }
  if (text.starts_with("0o") && all_digits(text.substr(2)) &&
      text.find_first_of("89") == std::string_view::npos) {
    return parse_whole(text.substr(2), 8, false, text);
  }
  std::string_view number = text;
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  if (is_one_of(number, ".inf", ".Inf", ".INF")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return Result::of(negative ? -infinity : infinity);
  }
  if (all_digits(number)) {
    if (number.size() > 1 && number[0] == '0') {
      return Result::failed(
          fmt::format("has a leading zero in {}, which is octal to some; quote it if it is text",
                      in_quotes(text)));
    }
    return parse_whole(number, 10, negative, text);
  }
  if (!looks_like_number(number)) return Result::of(Value());
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc()) return out_of_range(text);
  return Result::of(negative ? -value : value);
}

}  // namespace

Parsed<Value> parse_scalar(const TreeNode& scalar) {
  return scalar.plain ? parse_plain(scalar.text) : Parsed<Value>::of(Value());
}

}  // namespace penstock::config
