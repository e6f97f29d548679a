// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <array>
#include <limits>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/words.hpp"

namespace penstock::base {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kibi = 1024;
constexpr std::array<Unit, 10> size_units = {{
    {"TiB", kibi* kibi* kibi* kibi},
    {"GiB", kibi* kibi* kibi},
    {"MiB", kibi* kibi},
    {"KiB", kibi},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"kB", 1'000},
    {"KB", 1'000},
    {"B", 1},
}};
constexpr std::array<Unit, 7> duration_units = {{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

// What a quantity is, for messages.
struct Measure {
  std::string_view noun;      // "a size such as 64MiB"
  std::string_view smallest;  // "bytes"
  std::span<const Unit> units;
  std::uint64_t max;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  Wide value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

std::string without_leading_zeros(std::string_view text) {
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
  return std::string(text);
}

// The problems that all numbers share: no number at all, a sign, a leading zero.
std::string number_problem(std::string_view text, std::string_view noun) {
  if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) {
    return fmt::format("cannot be negative: {}", in_quotes(text));
  }
  if (text.empty() || !is_digit(text[0])) {
    return fmt::format("must be {}, not {}", noun, in_quotes(text));
  }
  if (text.size() > 1 && text[0] == '0' && is_digit(text[1])) {
    return fmt::format("has a leading zero in {}; write {}", in_quotes(text),
                       without_leading_zeros(text.substr(0, 40)));
  }
  return {};
}

std::string unit_problem(std::string_view unit, std::string_view text, const Measure& measure) {
  std::vector<std::string_view> names;
  for (const Unit& known : measure.units) names.push_back(known.name);
  return fmt::format("has the unknown unit {} in {}{}; units are {}", in_quotes(unit),
                     in_quotes(text), did_you_mean(unit, names), listed(names));
}

// digits[.digits] * factor, exactly.
Parsed<std::uint64_t> scale(std::string_view whole, std::string_view fraction, std::uint64_t factor,
                            const Measure& measure) {
  using Result = Parsed<std::uint64_t>;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  const std::optional<std::uint64_t> units = number(whole);
  if (!units || Wide{*units} * factor > measure.max) return Result::failed("is too large: ");
  Wide divisor = 1;
  for (std::size_t i = 0; i < fraction.size() && i < 18; ++i) divisor *= 10;
  const Wide parts = fraction.size() > 18 ? 1 : Wide{number(fraction).value_or(0)} * factor;
  if (fraction.size() > 18 || parts % divisor != 0) {
    return Result::failed(fmt::format("is not a whole number of {}: ", measure.smallest));
  }
  const Wide total = Wide{*units} * factor + parts / divisor;
  if (total > measure.max) return Result::failed("is too large: ");
  return Result::of(static_cast<std::uint64_t>(total));
}

Parsed<std::uint64_t> parse_quantity(std::string_view text, const Measure& measure) {
  using Result = Parsed<std::uint64_t>;
  if (std::string problem = number_problem(text, measure.noun); !problem.empty()) {
    return Result::failed(std::move(problem));
  }
  std::string_view rest = text;
  const std::string_view whole = take_digits(rest);
  std::string_view fraction;
  if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const bool is_zero = whole == "0" && fraction.empty();
  const bool bytes = measure.units.back().name == "B";
  std::uint64_t factor = rest.empty() && (bytes || is_zero) ? 1 : 0;
  for (const Unit& unit : measure.units) {
    if (unit.name == rest) factor = unit.factor;
  }
  if (factor == 0 && rest.empty()) {
    return Result::failed(
        fmt::format("needs a unit: write {0}ms, {0}s, or another of ns, us, ms, s, m, h, d",
                    text.substr(0, 40)));
  }
  if (factor == 0) return Result::failed(unit_problem(rest, text, measure));
  Result result = scale(whole, fraction, factor, measure);
  if (!result.value) result.problem += in_quotes(text);
  return result;
}

std::string format_quantity(std::uint64_t value, std::span<const Unit> units) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return fmt::format("{}", value);
}

}  // namespace

Parsed<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, {"a size such as 64MiB or 10485760", "bytes", size_units,
                               std::numeric_limits<std::int64_t>::max()});
}

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  Parsed<std::uint64_t> result =
      parse_quantity(text, {"a duration such as 5ms", "nanoseconds", duration_units,
                            std::numeric_limits<std::int64_t>::max() - 1});
  if (!result.value) return {std::nullopt, std::move(result.problem)};
  return {std::chrono::nanoseconds(static_cast<std::int64_t>(*result.value)), {}};
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
  using Result = Parsed<std::uint64_t>;
  if (std::string problem = number_problem(text, "a whole number"); !problem.empty()) {
    return Result::failed(std::move(problem));
  }
  std::string_view rest = text;
  const std::optional<std::uint64_t> value = number(take_digits(rest));
  if (!rest.empty()) return Result::failed("must be a whole number, not " + in_quotes(text));
  if (!value) return Result::failed("is too large: " + in_quotes(text));
  return Result::of(*value);
}

Parsed<Rate> parse_rate(std::string_view text) {
  using Result = Parsed<Rate>;
  const std::size_t slash = text.find('/');
  std::string_view amount = text.substr(0, slash);
  while (amount.ends_with(' ')) amount.remove_suffix(1);
  const bool of_bytes = amount.find_first_not_of("0123456789.-") != std::string_view::npos;
  const Parsed<std::uint64_t> parsed = of_bytes ? parse_size(amount) : parse_count(amount);
  if (!parsed.value) {
    // What is no number at all is told what a rate looks like.
    const bool is_number = !amount.empty() && is_digit(amount.front());
    return Result::failed(is_number
                              ? parsed.problem
                              : "must be a rate such as 1000/s or 10MiB/s, not " + in_quotes(text));
  }
  if (slash == std::string_view::npos) {
    return Result::failed(fmt::format("is per second: write {}/s", amount));
  }
  std::string_view unit = text.substr(slash + 1);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit != "s") {
    return Result::failed(
        fmt::format("is per second, not {}: write {}/s", in_quotes(text), amount));
  }
  return Result::of({*parsed.value, of_bytes});
}

Parsed<std::uint64_t> parse_sample(std::string_view text) {
  using Result = Parsed<std::uint64_t>;
  if (!text.starts_with("1/")) {
    return Result::failed("must be one in so many, such as 1/100, not " + in_quotes(text));
  }
  return parse_count(text.substr(2));
}

Parsed<std::uint64_t> parse_percent(std::string_view text) {
  using Result = Parsed<std::uint64_t>;
  if (text == "0") return Result::of(0);
  const bool has_sign = text.ends_with('%');
  Result result = parse_count(has_sign ? text.substr(0, text.size() - 1) : text);
  if (!result.value) {
    return Result::failed("must be a percentage such as 10%, not " + in_quotes(text));
  }
  if (!has_sign) return Result::failed(fmt::format("needs a percent sign: write {}%", text));
  return result;
}

Parsed<std::uint64_t> parse_mode(std::string_view text) {
  using Result = Parsed<std::uint64_t>;
  std::string_view digits = text;
  if (digits.starts_with("0o")) digits.remove_prefix(2);
  std::uint64_t value = 0;
  bool good = digits.size() >= 3 && digits.size() <= 4;
  for (const char c : digits) {
    good = good && c >= '0' && c <= '7';
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  if (!good || value > 0777) {
    return Result::failed("must be octal permission bits from 0000 to 0777, not " +
                          in_quotes(text));
  }
  return Result::of(value);
}

std::string format_size(std::uint64_t bytes) {
  const std::span<const Unit> binary(size_units.data(), 4);
  return bytes % kibi == 0 ? format_quantity(bytes, binary) : fmt::format("{}B", bytes);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration == std::chrono::nanoseconds::max()) return "forever";
  if (duration.count() < 0) return fmt::format("{}ns", duration.count());
  return format_quantity(static_cast<std::uint64_t>(duration.count()), duration_units);
}

}  // namespace penstock::base
