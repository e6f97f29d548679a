// SPDX-License-Identifier: Apache-2.0
// time_text.hpp: times as RFC 3339 in UTC: "2026-01-02T03:04:05.123456Z".
//
// Threads  one at a time: the text of the last second is kept
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "event/digits.hpp"

namespace penstock::event {

inline constexpr std::size_t time_room = 40;

class TimeText {
 public:
  TimeText() noexcept { set_second(0); }

  // `digits` of the second's fraction: 0, 3, 6 or 9. Cut, not rounded. Needs time_room bytes at
  // `to`; gives the end of what it wrote.
  template <int digits>
  char* put(char* to, std::int64_t time_ns) noexcept {
    auto fraction = static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(second_ns_);
    if (fraction >= 1'000'000'000) [[unlikely]] {
      time_ns = set_second(time_ns);
      fraction = static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(second_ns_);
    }
    std::memcpy(to, text_, sizeof text_);
    to += 19;
    if constexpr (digits != 0) ++to;  // the point
    if constexpr (digits == 9) {
      *to = static_cast<char>('0' + fraction / ten_to_8);
      to = put_8(to + 1, fraction % ten_to_8);
    } else if constexpr (digits == 6) {
      to = put_6(to, fraction / 1'000);
    } else if constexpr (digits == 3) {
      const std::uint64_t milliseconds = fraction / 1'000'000;
      *to = static_cast<char>('0' + milliseconds / 100);
      to = put_2(to + 1, milliseconds % 100);
    }
    *to = 'Z';
    return to + 1;
  }

 private:
  // Gives the time that is shown: in 1677 there is a second whose beginning has no number.
  std::int64_t set_second(std::int64_t time_ns) noexcept;

  std::int64_t second_ns_;  // of the last second that was shown, and
  char text_[20];           // "2026-01-02T03:04:05."
};

}  // namespace penstock::event
