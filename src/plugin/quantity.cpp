// SPDX-License-Identifier: Apache-2.0
#include "plugin/quantity.hpp"

#include <array>
#include <limits>
#include <span>

namespace penstock::plugin {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 10> size_units = {{{"B", 1},
                                              {"kB", 1'000},
                                              {"KB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"TB", 1'000'000'000'000},
                                              {"KiB", 1ull << 10},
                                              {"MiB", 1ull << 20},
                                              {"GiB", 1ull << 30},
                                              {"TiB", 1ull << 40}}};
constexpr std::array<Unit, 7> duration_units = {{{"ns", 1},
                                                 {"us", 1'000},
                                                 {"ms", 1'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"d", 86'400'000'000'000}}};

constexpr std::size_t digits_max = 20;  // more are too many for 64 bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

Wide number(std::string_view digits) {
  Wide value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::uint64_t factor_of(std::string_view name, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return 0;
}

// whole.fraction * factor, when that is a whole number and at most `max`.
std::optional<std::uint64_t> scale(std::string_view whole, std::string_view fraction,
                                   std::uint64_t factor, std::uint64_t max) {
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  constexpr std::size_t fraction_digits_max = 18;
  if (whole.size() > digits_max || fraction.size() > fraction_digits_max) return std::nullopt;
  Wide divisor = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) divisor *= 10;
  const Wide parts = number(fraction) * factor;
  const Wide units = number(whole);
  if (parts % divisor != 0 || units > max) return std::nullopt;
  const Wide total = units * factor + parts / divisor;
  return total > max ? std::nullopt : std::optional(static_cast<std::uint64_t>(total));
}

struct Parts {
  std::string_view whole;
  std::string_view fraction;
  std::string_view unit;
};

std::optional<Parts> split(std::string_view text) {
  Parts parts;
  parts.whole = take_digits(text);
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole[0] == '0')) return std::nullopt;
  if (text.size() > 1 && text[0] == '.' && is_digit(text[1])) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  parts.unit = text;
  return parts;
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max() - 1;  // max is "for ever"
  const std::optional<Parts> parts = split(text);
  if (!parts) return std::nullopt;
  if (parts->unit.empty()) {
    const bool is_zero = parts->whole == "0" && parts->fraction.empty();
    return is_zero ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  const std::uint64_t factor = factor_of(parts->unit, duration_units);
  return factor == 0 ? std::nullopt : scale(parts->whole, parts->fraction, factor, max);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  const std::optional<Parts> parts = split(text);
  if (!parts) return std::nullopt;
  const std::uint64_t factor = parts->unit.empty() ? 1 : factor_of(parts->unit, size_units);
  return factor == 0 ? std::nullopt : scale(parts->whole, parts->fraction, factor, max);
}

}  // namespace penstock::plugin
