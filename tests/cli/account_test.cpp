// SPDX-License-Identifier: Apache-2.0
#include "cli/account.hpp"

#include <limits>
#include <signal.h>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/report.hpp"

namespace penstock::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SinkStats sink(std::string name, std::int64_t delivered, std::int64_t filtered) {
  SinkStats stats;
  stats.name = std::move(name);
  stats.delivered = delivered;
  stats.filtered = filtered;
  stats.state = SinkState::stopped;
  return stats;
}

Outcome all_well() {
  Outcome outcome;
  outcome.stats.accepted = 1'234'567;
  outcome.stats.sinks = {sink("console", 4, 1'234'563), sink("file", 1'234'567, 0)};
  outcome.lines = {.lines = 1'234'567, .empty = 0, .malformed = 0};
  outcome.complete = true;
  outcome.elapsed = std::chrono::milliseconds(500);
  return outcome;
}

Outcome with_losses() {
  Outcome outcome = all_well();
  outcome.stats.accepted = 10;
  outcome.stats.sinks = {sink("stuck", 1, 2)};
  outcome.stats.sinks[0].dropped[static_cast<std::size_t>(DropReason::queue_full)] = 3;
  outcome.stats.sinks[0].in_queue = 3;
  outcome.stats.sinks[0].in_flight = 1;
  outcome.stats.sinks[0].last_error = "no space";
  outcome.stats.sinks[0].figures = {{"queued \"now\"", 12}, {"round_trip_ms", 0.5}};
  outcome.stats.unknown_destination = 2;
  outcome.stats.unknown_destination_names = {"nowhere", "no\"body"};
  outcome.stats.left_out = {{"hook", "type 'webhook' is not available"}};
  outcome.stats.refused_after_stop = 5;
  outcome.lines = {.lines = 12, .empty = 1, .malformed = 1};
  outcome.complete = false;
  outcome.stop_signal = SIGTERM;
  return outcome;
}

TEST(Account, NumbersAreReadable) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(-123456), "-123,456");
  EXPECT_EQ(with_commas(std::numeric_limits<std::int64_t>::max()), "9,223,372,036,854,775,807");
  EXPECT_EQ(rate_text(812), "812");
  EXPECT_EQ(rate_text(45'200), "45.2 k");
  EXPECT_EQ(rate_text(3'214'000), "3.21 M");
}

TEST(Account, IsAnAlignedTable) {
  EXPECT_EQ(account_text(all_well(), false),
            "penstock: 1,234,567 lines, 1,234,567 events accepted, in 0.50 s (2.47 M lines/s)\n"
            "  sink     delivered   filtered  dropped\n"
            "  console          4  1,234,563        0\n"
            "  file     1,234,567          0        0\n"
            "  everything that was accepted was delivered or filtered\n");
}

TEST(Account, TellsApartWhatLimitsHeldBack) {
  Outcome outcome = all_well();
  auto& console = outcome.stats.sinks[0].filtered_by;
  console[static_cast<std::size_t>(FilterReason::not_wanted)] = 1'234'000;
  console[static_cast<std::size_t>(FilterReason::sampled)] = 500;
  console[static_cast<std::size_t>(FilterReason::duplicate)] = 63;
  EXPECT_EQ(account_text(outcome, true),
            "penstock: 1,234,567 lines, 1,234,567 events accepted, in 0.50 s (2.47 M lines/s)\n"
            "\x1b[1m  sink     delivered   filtered  sampled  duplicate  dropped\x1b[0m\n"
            "  console          4  1,234,563      500         63        0\n"
            "  file     1,234,567          0        0          0        0\n"
            "\x1b[32m  everything that was accepted was delivered or filtered\x1b[0m\n")
      << "no loss, and so nothing red";
}

TEST(Account, NamesAllThatIsOutOfTheOrdinary) {
  const std::string text = account_text(with_losses(), false);
  EXPECT_THAT(text, HasSubstr("stopped by SIGTERM"));
  EXPECT_THAT(text, HasSubstr("delivered  filtered  dropped  queue_full  in_queue  in_flight\n"));
  EXPECT_THAT(text, HasSubstr("malformed lines: 1"));
  EXPECT_THAT(text, HasSubstr("empty lines: 1"));
  EXPECT_THAT(text, HasSubstr("unknown destinations: 2 (nowhere, no\"body)"));
  EXPECT_THAT(text, HasSubstr("not accepted any more: 5"));
  EXPECT_THAT(text, HasSubstr("sink 'hook' was left out: type 'webhook'"));
  EXPECT_THAT(text, HasSubstr("sink 'stuck': no space"));
  EXPECT_THAT(text, HasSubstr("4 events could not be delivered within --stop-timeout"));
}

TEST(Account, IsNotSteeredByTheInput) {
  Outcome outcome = with_losses();
  outcome.stats.unknown_destination_names = {"\x1b[31mred\nforged", std::string(5000, 'x')};
  outcome.stats.left_out[0].reason = "a\x1b]0;title\x07";
  outcome.stats.sinks[0].last_error =
      "b\x9b"
      "2J";
  outcome.input_errors = {"cannot read \r\x1b[2K"};
  const std::string text = account_text(outcome, false);
  EXPECT_EQ(text.find_first_of("\x1b\x07\x9b\r"), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("(\\x1b[31mred\\nforged, xxx"));
  EXPECT_THAT(text, Not(HasSubstr(std::string(100, 'x'))));
}

TEST(Account, WarnsOfWhatWasCut) {
  Outcome outcome = all_well();
  outcome.stats.truncated = 3;
  EXPECT_THAT(account_text(outcome, false),
              HasSubstr("warning: longer than max_event_bytes: 3, cut there and marked\n"));
}

TEST(Account, TheVerdictMentionsSinksThatAreLeftOut) {
  Outcome outcome = all_well();
  outcome.stats.left_out = {{"hook", "not available"}};
  const std::string verdict = "everything that was accepted was delivered or filtered; ";
  EXPECT_THAT(account_text(outcome, false), HasSubstr(verdict + "1 sink was left out\n"));
  outcome.stats.left_out.push_back({"other", "not there"});
  EXPECT_THAT(account_text(outcome, false), HasSubstr(verdict + "2 sinks were left out\n"));
  EXPECT_TRUE(outcome.all_well());
}

TEST(Account, IsColouredOnlyWhenAsked) {
  EXPECT_THAT(account_text(with_losses(), false), Not(HasSubstr("\x1b")));
  EXPECT_THAT(account_text(with_losses(), true), HasSubstr("\x1b[31m"));
}

TEST(Account, OnlyFullDeliveryIsAllWell) {
  EXPECT_TRUE(all_well().all_well());
  EXPECT_FALSE(with_losses().all_well());
  Outcome outcome = all_well();
  outcome.complete = false;
  EXPECT_FALSE(outcome.all_well());
  outcome = all_well();
  outcome.stats.refused_after_stop = 1;
  EXPECT_FALSE(outcome.all_well());
  outcome = all_well();
  outcome.input_errors = {"cannot read on"};
  EXPECT_FALSE(outcome.all_well());
  outcome = all_well();
  outcome.lines.malformed = 3;  // forwarded, all the same
  EXPECT_TRUE(outcome.all_well());
}

TEST(Report, HasEveryFigure) {
  Outcome outcome = with_losses();
  outcome.stats.sinks[0].filtered_by = {1, 1, 0, 0};
  const auto report = nlohmann::json::parse(report_json(outcome));
  EXPECT_EQ(report["accepted"], 10);
  EXPECT_EQ(report["malformed_lines"], 1);
  EXPECT_EQ(report["conservation_error"], 0);
  EXPECT_EQ(report["dropped"]["unknown_destination"], 2);
  const auto& stuck = report["sinks"]["stuck"];
  EXPECT_EQ(stuck["delivered"], 1);
  EXPECT_EQ(stuck["filtered"], 2);
  EXPECT_EQ(stuck["filtered_by"], nlohmann::json({{"not_wanted", 1}, {"rate_limited", 1}}));
  EXPECT_EQ(stuck["dropped"], nlohmann::json({{"queue_full", 3}}));
  EXPECT_EQ(stuck["dead_lettered"], 0);
  EXPECT_EQ(stuck["in_queue"], 3);
  EXPECT_EQ(stuck["in_spool"], 0);
  EXPECT_EQ(stuck["in_flight"], 1);
  EXPECT_EQ(stuck["figures"], nlohmann::json({{"queued \"now\"", 12}, {"round_trip_ms", 0.5}}));
  EXPECT_EQ(report["unknown_destinations"], nlohmann::json({"nowhere", "no\"body"}));
  EXPECT_EQ(report["left_out"]["hook"], "type 'webhook' is not available");
  EXPECT_EQ(report["refused"], 5);
  EXPECT_EQ(report["complete"], false);
}

TEST(Report, IsJsonWithoutSinksToo) { EXPECT_TRUE(nlohmann::json::accept(report_json(Outcome{}))); }

}  // namespace
}  // namespace penstock::cli
