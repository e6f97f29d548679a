// SPDX-License-Identifier: Apache-2.0
#include "cli/timestamp.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>

namespace penstock::cli {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads what has fixed places; stops for good at the first that does not fit.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) noexcept : left_(text) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return left_.empty(); }

  // Exactly `count` digits, for a number between `least` and `most`.
  int number(std::size_t count, int least, int most) noexcept {
    int value = 0;
    ok_ = ok_ && left_.size() >= count;
    for (std::size_t i = 0; ok_ && i < count; ++i) {
      ok_ = is_digit(left_[i]);
      value = value * 10 + (left_[i] - '0');
    }
    ok_ = ok_ && value >= least && value <= most;
    if (ok_) left_.remove_prefix(count);
    return value;
  }
  // One of these characters; gives the one that stood there.
  char one_of(std::string_view choices) noexcept {
    ok_ = ok_ && !left_.empty() && choices.find(left_.front()) != std::string_view::npos;
    if (!ok_) return '\0';
    const char c = left_.front();
    left_.remove_prefix(1);
    return c;
  }
  bool take(char c) noexcept {
    if (!ok_ || left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  // Any number of digits, at least one, after the point; in nanoseconds.
  std::int64_t fraction() noexcept {
    std::int64_t value = 0;
    std::int64_t unit = ns_per_second / 10;
    std::size_t count = 0;
    for (; count < left_.size() && is_digit(left_[count]); ++count, unit /= 10) {
      value += unit * (left_[count] - '0');
    }
    ok_ = ok_ && count > 0;
    if (ok_) left_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

int days_in_month(int year, int month) noexcept {
  constexpr int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// Since 1970-01-01, in the Gregorian calendar. Years are counted from March, so that leap days come
// last, and in eras of 400.
std::int64_t days_since_1970(int year, int month, int day) noexcept {
  const int shifted_year = month <= 2 ? year - 1 : year;
  const int era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  const int year_of_era = shifted_year - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

// Of the local time, to be subtracted; in seconds.
std::int64_t read_offset(FieldReader& reader) noexcept {
  const char sign = reader.one_of("Zz+-");
  if (sign == 'Z' || sign == 'z') return 0;
  const int hours = reader.number(2, 0, 23);
  reader.take(':');
  const int minutes = reader.number(2, 0, 59);
  return (sign == '-' ? -1 : 1) * (hours * std::int64_t{3600} + minutes * std::int64_t{60});
}

std::optional<std::int64_t> join(std::int64_t seconds, std::int64_t ns) noexcept {
  std::int64_t whole = 0;
  if (__builtin_mul_overflow(seconds, ns_per_second, &whole)) return std::nullopt;
  if (__builtin_add_overflow(whole, ns, &whole)) return std::nullopt;
  return whole;
}

// The nanoseconds of a unit in which numbers of this size are most likely written.
std::int64_t likely_unit_ns(double magnitude) noexcept {
  if (magnitude < 1e11) return ns_per_second;
  if (magnitude < 1e14) return 1'000'000;
  if (magnitude < 1e17) return 1'000;
  return 1;
}

std::optional<std::int64_t> parse_scientific(std::string_view number) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  const double ns = std::round(value * static_cast<double>(likely_unit_ns(std::fabs(value))));
  constexpr double limit = 9.2233720368547e18;  // a little less than 2^63
  if (!(ns > -limit && ns < limit)) return std::nullopt;
  return static_cast<std::int64_t>(ns);
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
  FieldReader reader(text);
  const int year = reader.number(4, 0, 9999);
  reader.one_of("-");
  const int month = reader.number(2, 1, 12);
  reader.one_of("-");
  const int day = reader.number(2, 1, reader.ok() ? days_in_month(year, month) : 0);
  reader.one_of("Tt ");
  const int hour = reader.number(2, 0, 23);
  reader.one_of(":");
  const int minute = reader.number(2, 0, 59);
  reader.one_of(":");
  const int second =
      reader.number(2, 0, 60);  // 60: a leap second, the same as the next minute's 00
  const std::int64_t fraction = reader.take('.') ? reader.fraction() : 0;
  const std::int64_t offset = read_offset(reader);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  const std::int64_t seconds = days_since_1970(year, month, day) * 86'400 +
                               hour * std::int64_t{3600} + minute * std::int64_t{60} + second -
                               offset;
  // Before 1970 the fraction still counts forwards; the last step must not overflow half way.
  if (seconds < 0 && fraction > 0) return join(seconds + 1, fraction - ns_per_second);
  return join(seconds, fraction);
}

std::optional<std::int64_t> parse_epoch(std::string_view number) noexcept {
  if (number.find_first_of("eE") != std::string_view::npos) return parse_scientific(number);
  const bool negative = number.starts_with('-');
  std::string_view digits = number.substr(negative ? 1 : 0);
  const std::size_t point = digits.find('.');
  std::uint64_t whole = 0;
  const char* const stop =
      digits.data() + (point == std::string_view::npos ? digits.size() : point);
  const auto [end, error] = std::from_chars(digits.data(), stop, whole);
  if (error != std::errc{} || end != stop) return std::nullopt;
  if (whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  std::int64_t fraction = 0;  // in billionths of the unit
  if (point != std::string_view::npos) {
    FieldReader reader(digits.substr(point + 1));
    fraction = reader.fraction();
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
  }
  const std::int64_t unit = likely_unit_ns(static_cast<double>(whole));
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(whole), unit, &ns)) return std::nullopt;
  if (__builtin_add_overflow(ns, fraction / (ns_per_second / unit), &ns)) return std::nullopt;
  return negative ? -ns : ns;
}

}  // namespace penstock::cli
