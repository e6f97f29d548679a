// SPDX-License-Identifier: Apache-2.0
#include "timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace penstock::syslog {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

std::int64_t second_of(std::int64_t time_ns) noexcept {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(time_ns)).count();
}

}  // namespace

void Timestamp::append_rfc5424(std::string& out, std::int64_t time_ns) {
  const std::int64_t second = second_of(time_ns);
  if (second != second_) {
    using namespace std::chrono;
    const sys_seconds time{seconds(second)};
    const year_month_day day(floor<days>(time));
    const hh_mm_ss clock(time - floor<days>(time));
    std::array<char, 64> text{};
    // 64 bits of nanoseconds end in 2262 and begin in 1677: four digits always.
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.", static_cast<int>(day.year()),
        static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    text_.assign(text.data(), static_cast<std::size_t>(size));
    second_ = second;
  }
  out += text_;
  const std::int64_t ns = (time_ns % ns_per_second + ns_per_second) % ns_per_second;
  auto us = static_cast<std::uint32_t>(ns / 1000);
  std::array<char, 7> digits{};
  for (std::size_t i = 6; i-- > 0; us /= 10) digits[i] = static_cast<char>('0' + us % 10);
  digits[6] = 'Z';
  out.append(digits.data(), digits.size());
}

void Timestamp::append_rfc3164(std::string& out, std::int64_t time_ns) {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::int64_t second = second_of(time_ns);
  if (second != second_) {
    const auto time = static_cast<std::time_t>(second);
    std::tm local{};
    ::localtime_r(&time, &local);
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), " %2d %02d:%02d:%02d", local.tm_mday,
                                   local.tm_hour, local.tm_min, local.tm_sec);
    text_ = months.substr(static_cast<std::size_t>(local.tm_mon) * 3, 3);
    text_.append(text.data(), static_cast<std::size_t>(size));
    second_ = second;
  }
  out += text_;
}

}  // namespace penstock::syslog
