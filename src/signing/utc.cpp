// SPDX-License-Identifier: Apache-2.0
#include "signing/utc.hpp"

#include <fmt/format.h>

#include "signing/scan.hpp"

namespace penstock::signing {
namespace {

constexpr std::string_view form = "dddd-dd-ddTdd:dd:ddZ";

bool has_form(std::string_view text) noexcept {
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return false;
  }
  return true;
}

unsigned number(std::string_view text, std::size_t at, std::size_t size) noexcept {
  unsigned value = 0;
  for (const char digit : text.substr(at, size)) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  return value;
}

}  // namespace

std::optional<Time> parse_utc(std::string_view text) noexcept {
  using namespace std::chrono;
  if (!has_form(text)) return std::nullopt;
  const year_month_day date{year(static_cast<int>(number(text, 0, 4))), month(number(text, 5, 2)),
                            day(number(text, 8, 2))};
  const unsigned hour = number(text, 11, 2);
  const unsigned minute = number(text, 14, 2);
  const unsigned second = number(text, 17, 2);
  if (!date.ok() || date.year() < year(1970)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

std::string format_utc(Time time) {
  using namespace std::chrono;
  const sys_days midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace penstock::signing
