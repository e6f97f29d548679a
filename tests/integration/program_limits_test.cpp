// SPDX-License-Identifier: Apache-2.0
// Limits, from YAML to the report, through the program.
#include "program_support.hpp"

namespace penstock::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ProgramLimits : public ProgramTest {};

TEST_F(ProgramLimits, WhatTheyHoldBackIsInTheReportAndInTheAccount) {
  const std::string config = configure(R"(logging:
  sinks:
    - name: sampled
      type: file
      path: "{DIR}/sampled.json"
      format: json
      limits: {sample: 1/10}
    - name: unique
      type: file
      path: "{DIR}/unique.json"
      format: json
      limits: {deduplicate: 1h, exempt: never}
    - name: slow
      type: file
      path: "{DIR}/slow.json"
      format: json
      limits: {rate_limit: {events: 1/s, events_burst: 5}}
)");
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "{\"message\": \"again\", \"n\": 1}\n";
  for (int i = 0; i < 10; ++i) lines += "{\"message\": \"loud\", \"level\": \"ERROR\"}\n";
  Program program({.arguments = {"run", "-c", config, "--report", path("report.json")},
                   .input_file = write("input", lines),
                   .error_file = path("err")});
  EXPECT_EQ(program.wait(), 0) << "what is filtered is no loss";
  const json account = report();
  expect_exact_account(account);
  EXPECT_EQ(account["sinks"]["sampled"]["filtered_by"], json({{"sampled", 90}}));
  EXPECT_EQ(account["sinks"]["sampled"]["delivered"], 10 + 10) << "errors are exempt";
  EXPECT_EQ(account["sinks"]["unique"]["filtered_by"], json({{"duplicate", 98 + 8}}));
  EXPECT_EQ(account["sinks"]["unique"]["filtered"], 98 + 8);
  const json& slow = account["sinks"]["slow"];
  EXPECT_EQ(slow["filtered_by"]["rate_limited"], slow["filtered"]);
  EXPECT_GE(slow["delivered"], 5 + 10);
  EXPECT_THAT(read("err"), HasSubstr("rate_limited  sampled  duplicate"));

  const auto unique = json_of("unique.json");
  ASSERT_EQ(unique.size(), 4u);
  EXPECT_FALSE(unique[0]["fields"].contains("repeated"));
  EXPECT_EQ(unique[2]["message"], "again");
  EXPECT_EQ(unique[2]["fields"]["repeated"], 99);
  EXPECT_EQ(unique[2]["fields"]["n"], 1);
  EXPECT_EQ(unique[3]["message"], "loud");
  EXPECT_EQ(unique[3]["fields"]["repeated"], 9);
}

}  // namespace
}  // namespace penstock::test
