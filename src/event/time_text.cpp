// SPDX-License-Identifier: Apache-2.0
#include "event/time_text.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace penstock::event {

std::int64_t TimeText::set_second(std::int64_t time_ns) noexcept {
  using namespace std::chrono;
  constexpr std::int64_t ns_per_second = 1'000'000'000;
  time_ns = std::max(time_ns, std::numeric_limits<std::int64_t>::min() + ns_per_second);
  const sys_time<nanoseconds> time{nanoseconds{time_ns}};
  const auto second = floor<seconds>(time);
  const auto day = floor<days>(second);
  const year_month_day date{day};
  const hh_mm_ss clock{second - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 .. 2262
  char* to = put_2(put_2(text_, year / 100), year % 100);
  const auto put = [&to](char before, auto value) {
    *to = before;
    to = put_2(to + 1, static_cast<std::uint64_t>(value));
  };
  put('-', static_cast<unsigned>(date.month()));
  put('-', static_cast<unsigned>(date.day()));
  put('T', clock.hours().count());
  put(':', clock.minutes().count());
  put(':', clock.seconds().count());
  *to = '.';
  second_ns_ = second.time_since_epoch().count() * ns_per_second;
  return time_ns;
}

}  // namespace penstock::event
