// SPDX-License-Identifier: Apache-2.0
#include "event/time_text.hpp"

#include <ctime>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event/random.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

template <int digits>
std::string text_of(TimeText& text, std::int64_t time_ns) {
  char room[time_room];
  return std::string(room, text.put<digits>(room, time_ns));
}

// By the C library.
std::string expected_text(std::int64_t time_ns) {
  std::int64_t second = time_ns / 1'000'000'000;
  std::int64_t rest = time_ns % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --second;
  }
  const std::time_t time = second;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char room[64];
  const std::size_t size = std::strftime(room, sizeof room, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:09}Z", std::string_view(room, size), rest);
}

TEST(TimeText, HasAllPrecisions) {
  TimeText text;
  EXPECT_EQ(text_of<0>(text, some_time_ns), "2026-01-02T03:04:05Z");
  EXPECT_EQ(text_of<3>(text, some_time_ns), "2026-01-02T03:04:05.123Z");
  EXPECT_EQ(text_of<6>(text, some_time_ns), "2026-01-02T03:04:05.123456Z");
  EXPECT_EQ(text_of<9>(text, some_time_ns), "2026-01-02T03:04:05.123456789Z");
  EXPECT_EQ(text_of<3>(text, 1'000'000), "1970-01-01T00:00:00.001Z");
}

TEST(TimeText, AgreesWithTheCLibrary) {
  Random random;
  TimeText text;
  std::int64_t time = 0;
  for (int i = 0; i < rounds(20000); ++i) {
    if (random.one_in(2)) {
      time = random.i64() / 2;
    } else {
      time += static_cast<std::int64_t>(random.below(400'000'000));
    }
    ASSERT_EQ(text_of<9>(text, time), expected_text(time)) << time;
  }
}

TEST(TimeText, KnowsTheEndsOfItsRange) {
  TimeText text;
  const std::int64_t first = std::numeric_limits<std::int64_t>::min() + 1'000'000'000;
  const std::int64_t last = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t time :
       {last, first, last, first + 1, std::int64_t{-1}, std::int64_t{0}}) {
    EXPECT_EQ(text_of<9>(text, time), expected_text(time));
  }
  EXPECT_EQ(text_of<9>(text, std::numeric_limits<std::int64_t>::min()), expected_text(first));
  EXPECT_EQ(text_of<9>(text, last), expected_text(last));
}

}  // namespace
}  // namespace penstock::event
