// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "penstock/options.hpp"

namespace penstock::base {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadSizes) {
  EXPECT_EQ(parse_size("0").value, 0U);
  EXPECT_EQ(parse_size("10485760").value, 10'485'760U);
  EXPECT_EQ(parse_size("7B").value, 7U);
  EXPECT_EQ(parse_size("10MB").value, 10'000'000U);
  EXPECT_EQ(parse_size("3kB").value, 3'000U);
  EXPECT_EQ(parse_size("3KB").value, 3'000U);
  EXPECT_EQ(parse_size("512KiB").value, 512 * KiB);
  EXPECT_EQ(parse_size("64 MiB").value, 64 * MiB);
  EXPECT_EQ(parse_size("1.5GiB").value, 1536 * MiB);
  EXPECT_EQ(parse_size("0.5KiB").value, 512U);
  EXPECT_EQ(parse_size("2.50TB").value, 2'500'000'000'000U);
  EXPECT_EQ(parse_size("9223372036854775807").value, 9'223'372'036'854'775'807U);
}

TEST(Units, RefuseSizesThatMeanNothingOrTwoThings) {
  for (const char* text : {"",
                           " 1",
                           "-1",
                           "+1",
                           "1.",
                           ".5",
                           "1e3",
                           "0x10",
                           "014",
                           "00",
                           "1_000",
                           "1M",
                           "1mib",
                           "1 MiB B",
                           "MiB",
                           "1,5MiB",
                           "1.5B",
                           "0.0001KiB",
                           "9223372036854775808",
                           "99999999999999999999999",
                           "8388608TiB",
                           "0.1234567890123456789KiB",
                           "lots"}) {
    const auto parsed = parse_size(text);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_FALSE(parsed.problem.empty()) << text;
  }
}

TEST(Units, ReadDurations) {
  EXPECT_EQ(parse_duration("0").value, 0ns);
  EXPECT_EQ(parse_duration("0s").value, 0ns);
  EXPECT_EQ(parse_duration("7ns").value, 7ns);
  EXPECT_EQ(parse_duration("100us").value, 100us);
  EXPECT_EQ(parse_duration("5ms").value, 5ms);
  EXPECT_EQ(parse_duration("2 s").value, 2s);
  EXPECT_EQ(parse_duration("1.5s").value, 1500ms);
  EXPECT_EQ(parse_duration("0.000000001s").value, 1ns);
  EXPECT_EQ(parse_duration("1m").value, 60s);
  EXPECT_EQ(parse_duration("1h").value, 1h);
  EXPECT_EQ(parse_duration("1d").value, 24h);
  EXPECT_EQ(parse_duration("106751d").value, 106751 * 24h);
}

TEST(Units, RefuseDurationsThatMeanNothingOrTooMuch) {
  for (const char* text : {"", "5", "0.5", "-1s", "5 minutes", "1M", "1S", "05s", "1s500ms", "s",
                           "0.5ns", "106752d", "9223372036854775807ns", "forever"}) {
    const auto parsed = parse_duration(text);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_FALSE(parsed.problem.empty()) << text;
  }
}

TEST(Units, ReadCountsPercentagesAndModes) {
  EXPECT_EQ(parse_count("0").value, 0U);
  EXPECT_EQ(parse_count("18446744073709551615").value, std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(parse_count("18446744073709551616").value);
  EXPECT_FALSE(parse_count("014").value);
  EXPECT_FALSE(parse_count("1.0").value);
  EXPECT_EQ(parse_percent("0").value, 0U);
  EXPECT_EQ(parse_percent("10%").value, 10U);
  EXPECT_FALSE(parse_percent("10").value);
  EXPECT_FALSE(parse_percent("%").value);
  EXPECT_FALSE(parse_percent("10 %").value);
  EXPECT_EQ(parse_mode("0640").value, 0640U);
  EXPECT_EQ(parse_mode("640").value, 0640U);
  EXPECT_EQ(parse_mode("0o600").value, 0600U);
  EXPECT_FALSE(parse_mode("0689").value);
  EXPECT_FALSE(parse_mode("4755").value);
  EXPECT_FALSE(parse_mode("64").value);
  EXPECT_FALSE(parse_mode("u=rw").value);
}

TEST(Units, WriteTheLargestUnitThatIsExact) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(64 * MiB), "64MiB");
  EXPECT_EQ(format_size(1536), "1536B");
  EXPECT_EQ(format_size(3 * 1024 * MiB), "3GiB");
  EXPECT_EQ(format_duration(0ns), "0");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(48h), "2d");
  EXPECT_EQ(format_duration(-5ns), "-5ns");
  for (const std::uint64_t bytes : {1ULL, 1000ULL, 1024ULL, 5'000'000ULL, 1ULL << 40U}) {
    EXPECT_EQ(parse_size(format_size(bytes)).value, bytes);
  }
}

}  // namespace
}  // namespace penstock::base
