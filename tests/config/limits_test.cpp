// SPDX-License-Identifier: Apache-2.0
// `limits:` of a sink, from a file and by hand.
#include <string>

#include <gtest/gtest.h>

#include "config/units.hpp"
#include "config_support.hpp"
#include "penstock/sinks.hpp"

namespace penstock::config {
namespace {

using namespace std::chrono_literals;

std::string with_limits(const std::string& limits) {
  return "logging:\n  sinks:\n    - name: a\n      type: console\n      limits: " + limits + "\n";
}

LimitOptions limits_of(const std::string& limits) {
  const auto options = load(with_limits(limits));
  EXPECT_TRUE(options.ok()) << text_of(options.errors());
  return options.ok() ? options.value().sinks.front().limits : LimitOptions{};
}

TEST(ConfigLimits, AreNoneByDefault) {
  const LimitOptions limits = limits_of("{}");
  EXPECT_EQ(limits.rate_limit.events, 0u);
  EXPECT_EQ(limits.rate_limit.bytes, 0u);
  EXPECT_EQ(limits.sample, 1u);
  EXPECT_EQ(limits.deduplicate, 0ns);
  EXPECT_EQ(limits.exempt, Level::warning);
}

TEST(ConfigLimits, AreReadInFull) {
  const LimitOptions limits = limits_of(
      "{rate_limit: 1000/s, sample: 1/100, deduplicate: 10s, max_keys: 50, exempt: ERROR}");
  EXPECT_EQ(limits.rate_limit.events, 1000u);
  EXPECT_EQ(limits.rate_limit.bytes, 0u);
  EXPECT_EQ(limits.sample, 100u);
  EXPECT_EQ(limits.deduplicate, 10s);
  EXPECT_EQ(limits.max_keys, 50u);
  EXPECT_EQ(limits.exempt, Level::error);
  EXPECT_EQ(limits_of("{exempt: never}").exempt, std::nullopt);
}

TEST(ConfigLimits, ARateIsOfEventsOrOfBytesOrOfBoth) {
  EXPECT_EQ(limits_of("{rate_limit: 10 MiB/s}").rate_limit.bytes, 10 * MiB);
  EXPECT_EQ(limits_of("{rate_limit: 512B / s}").rate_limit.bytes, 512u);
  const LimitOptions::RateLimit rate =
      limits_of("{rate_limit: {events: 5/s, events_burst: 20, bytes: 1.5kB/s, bytes_burst: 1MB}}")
          .rate_limit;
  EXPECT_EQ(rate.events, 5u);
  EXPECT_EQ(rate.events_burst, 20u);
  EXPECT_EQ(rate.bytes, 1'500u);
  EXPECT_EQ(rate.bytes_burst, 1'000'000u);
}

TEST(ConfigLimits, ErrorsNameThePlaceTheValueAndTheWayOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"5", "5:15: 'limits' must be a mapping, not '5'"},
      {"{rate: 5/s}",
       "5:16: unknown key 'rate' in 'limits'; valid keys are rate_limit, sample, "
       "deduplicate, max_keys, exempt"},
      {"{rate_limit: 1000}", "5:28: 'rate_limit' is per second: write 1000/s"},
      {"{rate_limit: 10MiB}", "5:28: 'rate_limit' is per second: write 10MiB/s"},
      {"{rate_limit: 1000/m}", "5:28: 'rate_limit' is per second, not '1000/m': write 1000/s"},
      {"{rate_limit: fast}",
       "5:28: 'rate_limit' must be a rate such as 1000/s or 10MiB/s, not 'fast'"},
      {"{rate_limit: /s}", "5:28: 'rate_limit' must be a rate such as 1000/s or 10MiB/s, not '/s'"},
      {"{rate_limit: [1/s]}",
       "5:28: 'rate_limit' must be a rate such as 1000/s or 10MiB/s, not a list"},
      {"{rate_limit: 0/s}", "5:28: 'rate_limit' is '0/s'; the range is 1 .. 1000000000"},
      {"{rate_limit: 9GiB/s}", "5:28: 'rate_limit' is '9GiB/s'; the range is 1B .. 8GiB"},
      {"{rate_limit: 5mib/s}",
       "5:28: 'rate_limit' has the unknown unit 'mib' in '5mib' (did you mean 'MiB'?); units are "
       "TiB, GiB, MiB, KiB, TB, GB, MB, kB, KB, B"},
      {"{rate_limit: {events: 1MiB/s}}",
       "5:37: 'events' is a rate of events, such as 1000/s; that of bytes is 'bytes'"},
      {"{rate_limit: {bytes: 5/s}}",
       "5:36: 'bytes' is a rate of bytes, such as 10MiB/s; that of events is 'events'"},
      {"{rate_limit: {events_burst: 5}}", "5:29: 'events_burst' needs 'events' beside it"},
      {"{rate_limit: {bytes_burst: 5}}", "5:29: 'bytes_burst' needs 'bytes' beside it"},
      {"{sample: 1%}", "5:24: 'sample' must be one in so many, such as 1/100, not '1%'"},
      {"{sample: 1/0}", "5:24: 'sample' is '1/0'; the range is 1 .. 1000000000"},
      {"{sample: 1/x}", "5:24: 'sample' must be a whole number, not 'x'"},
      {"{deduplicate: 10}",
       "5:29: 'deduplicate' needs a unit: write 10ms, 10s, or another of ns, us, ms, s, m, h, d"},
      {"{deduplicate: 2d}", "5:29: 'deduplicate' is '2d'; the range is 0, or 1ms .. 1d"},
      {"{max_keys: 0}", "5:26: 'max_keys' is '0'; the range is 1 .. 1000000"},
      {"{exempt: none}",
       "5:24: 'exempt' cannot be 'none'; it is one of TRACE, DEBUG, INFO, WARNING, ERROR, "
       "CRITICAL, never"},
      {"{exempt: [INFO]}", "5:24: 'exempt' must be a level, not a list"},
  };
  for (const auto& [limits, error] : cases) EXPECT_EQ(errors_of(with_limits(limits)), error);
}

TEST(ConfigLimits, AreValidatedWhenTheyAreBuiltByHand) {
  PipelineOptions options;
  options.sinks.push_back({.name = "a", .make = null_sink()});
  options.sinks[0].limits = {.rate_limit = {.events = 1'000'000'001,
                                            .events_burst = 1'000'000'001,
                                            .bytes = 9216 * MiB,
                                            .bytes_burst = 9216 * MiB},
                             .sample = 0,
                             .deduplicate = 1us,
                             .max_keys = 0,
                             .exempt = Level(9)};
  EXPECT_EQ(text_of(validate(options)),
            "sink 'a': limits.rate_limit.events is 1000000001; the range is 0, or 1 .. 1000000000\n"
            "sink 'a': limits.rate_limit.events_burst is 1000000001; the range is 0, or 1 .. "
            "1000000000\n"
            "sink 'a': limits.rate_limit.bytes is 9GiB; the range is 0, or 1B .. 8GiB\n"
            "sink 'a': limits.rate_limit.bytes_burst is 9GiB; the range is 0, or 1B .. 8GiB\n"
            "sink 'a': limits.sample is 0; the range is 1 .. 1000000000\n"
            "sink 'a': limits.deduplicate is 1us; the range is 0, or 1ms .. 1d\n"
            "sink 'a': limits.max_keys is 0; the range is 1 .. 1000000\n"
            "sink 'a': limits.exempt is 9, which is none of its values (0 .. 5)");
  options.sinks[0].limits = {.rate_limit = {.events_burst = 5, .bytes_burst = 10}};
  EXPECT_EQ(text_of(validate(options)),
            "sink 'a': limits.rate_limit.events_burst is 5, and its rate is not set\n"
            "sink 'a': limits.rate_limit.bytes_burst is 10B, and its rate is not set");
  options.sinks[0].limits = {.rate_limit = {.events = 5}, .sample = 7, .deduplicate = 10s};
  EXPECT_EQ(text_of(validate(options)), "");
}

TEST(ConfigLimits, RefuseRatesAndSamplesThatMeanNothing) {
  for (const char* text : {"", "/", "1/", "/s", "-1/s", "1//s", "1/s/s", "1e3/s", "01/s", "1.5/s",
                           "99999999999999999999/s", "99999999999TiB/s", " 1/s", "1/ss"}) {
    const auto rate = parse_rate(text);
    EXPECT_FALSE(rate.value) << text;
    EXPECT_FALSE(rate.problem.empty()) << text;
  }
  for (const char* text : {"", "1", "1/", "2/100", "1/-1", "1/01", "1/99999999999999999999"}) {
    EXPECT_FALSE(parse_sample(text).value) << text;
  }
}

}  // namespace
}  // namespace penstock::config
