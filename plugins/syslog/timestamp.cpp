// SPDX-License-Identifier: Apache-2.0
#include "timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>

namespace penstock::syslog {
namespace {

constexpr std::uint64_t ns_per_second = 1'000'000'000;
constexpr std::size_t to_the_second = std::string_view("2026-01-31T12:00:00.").size();
constexpr std::size_t rfc5424_bytes = to_the_second + std::string_view("000001Z").size();

std::int64_t second_of(std::int64_t time_ns) noexcept {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(time_ns)).count();
}

void put_two_digits(char* to, std::uint32_t number) noexcept {
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
}

}  // namespace

// Without signs, for the first second that there is begins before the first nanosecond; behind the
// last one they begin again.
std::uint64_t Timestamp::into_second(std::int64_t time_ns) const noexcept {
  return static_cast<std::uint64_t>(time_ns) - begin_ns_;
}

bool Timestamp::is_new_second(std::int64_t time_ns) noexcept {
  const bool is_before_1970 = time_ns < 0;
  if (!text_.empty() && is_before_1970 == is_before_1970_ && into_second(time_ns) < ns_per_second) {
    return false;
  }
  is_before_1970_ = is_before_1970;
  begin_ns_ = static_cast<std::uint64_t>(second_of(time_ns)) * ns_per_second;
  return true;
}

void Timestamp::append_rfc5424(Bytes& out, std::int64_t time_ns) {
  if (is_new_second(time_ns)) {
    using namespace std::chrono;
    const sys_seconds time{seconds(second_of(time_ns))};
    const year_month_day day(floor<days>(time));
    const hh_mm_ss clock(time - floor<days>(time));
    std::array<char, 64> text{};
    // 64 bits of nanoseconds end in 2262 and begin in 1677: four digits always.
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.",
                  static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                  static_cast<unsigned>(day.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    text_.assign(text.data(), to_the_second);
  }
  const auto us = static_cast<std::uint32_t>(into_second(time_ns) / 1000);
  char* const to = out.room(rfc5424_bytes);
  std::memcpy(to, text_.data(), to_the_second);
  put_two_digits(to + to_the_second, us / 10'000);
  put_two_digits(to + to_the_second + 2, us / 100 % 100);
  put_two_digits(to + to_the_second + 4, us % 100);
  to[rfc5424_bytes - 1] = 'Z';
  out.add(rfc5424_bytes);
}

void Timestamp::append_rfc3164(Bytes& out, std::int64_t time_ns) {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (is_new_second(time_ns)) {
    const auto time = static_cast<std::time_t>(second_of(time_ns));
    std::tm local{};
    ::localtime_r(&time, &local);
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), " %2d %02d:%02d:%02d", local.tm_mday,
                                   local.tm_hour, local.tm_min, local.tm_sec);
    text_ = months.substr(static_cast<std::size_t>(local.tm_mon) * 3, 3);
    text_.append(text.data(), static_cast<std::size_t>(size));
  }
  out += text_;
}

}  // namespace penstock::syslog
