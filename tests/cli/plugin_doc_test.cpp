// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_doc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/manifest.hpp"

namespace penstock::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Of a plugin with these options.
std::string reference(const std::string& properties, const std::string& more = "") {
  const auto manifest = plugin::parse_manifest(
      R"({"schema":1,"id":"org.example.kafka","name":"Kafka","version":"1.4.0","license":"MIT",)"
      R"("abi":{"major":1,"minor":0},)" +
      more +
      R"("provides":[{"point":"penstock.sink/1","name":"kafka","summary":"Sends events",)"
      R"("config_schema":{"type":"object","additionalProperties":false,"required":["url"],)"
      R"("properties":{"url":{"type":"string","description":"The broker"})" +
      properties + "}}}]}");
  if (manifest) return reference_of(*manifest);
  ADD_FAILURE() << plugin::to_string(manifest.refusal());
  return {};
}

TEST(PluginReference, HasATableOfTheOptionsAndAnExample) {
  const std::string page = reference(
      R"(,"acks":{"type":"string","enum":["all","one"],"default":"all"},)"
      R"("tries":{"type":"integer","minimum":1,"maximum":9,"default":3},)"
      R"("name_":{"type":"string","minLength":2,"maxLength":8},)"
      R"("wait":{"type":"string","format":"duration","default":"5ms"},)"
      R"("token":{"type":"string","format":"secret"},)"
      R"("brokers":{"type":"array","items":{"type":"object","additionalProperties":false,)"
      R"("properties":{"port":{"type":"integer","minimum":1}}}})");
  EXPECT_THAT(page, HasSubstr("# Kafka\n"));
  EXPECT_THAT(page, HasSubstr("| id | `org.example.kafka` |"));
  EXPECT_THAT(page, HasSubstr("| license | MIT |"));
  EXPECT_THAT(page, HasSubstr("## Sink type `kafka`"));
  EXPECT_THAT(page, HasSubstr("| `url` | string | required |  | The broker |"));
  EXPECT_THAT(page, HasSubstr(R"(| `acks` | string | `"all"` | `"all"`, `"one"` |  |)"));
  EXPECT_THAT(page, HasSubstr("| `tries` | integer | `3` | at least 1; at most 9 |  |"));
  EXPECT_THAT(page, HasSubstr("2 characters or more; 8 characters at most"));
  EXPECT_THAT(page, HasSubstr("| `wait` | duration |"));
  EXPECT_THAT(page, HasSubstr("| `token` | secret | none |"));
  EXPECT_THAT(page, HasSubstr("| `brokers` | list of object |"));
  EXPECT_THAT(page, HasSubstr("| `brokers[].port` | integer | none | at least 1 |"));
  EXPECT_THAT(page, HasSubstr("    - name: kafka\n      type: kafka\n      url: \"...\"\n"));
  EXPECT_THAT(page, HasSubstr("      # tries: 3\n"));
}

TEST(PluginReference, SaysWhatThePluginUses) {
  const std::string more = R"("permissions":{"network":["tcp:9092"],"exec":true},)"
                           R"("requires":{"needed":["librdkafka.so.1"]},)";
  EXPECT_THAT(reference("", more),
              AllOf(HasSubstr("- network: `tcp:9092`"), HasSubstr("- runs other programs"),
                    HasSubstr("- libraries: `librdkafka.so.1`")));
  EXPECT_THAT(reference(""), Not(HasSubstr("## What it uses")));
}

TEST(PluginReference, TextOfAStrangerIsNoMarkup) {
  EXPECT_EQ(in_markdown("plain text, with (brackets) - and 1.5 s."),
            "plain text, with (brackets) - and 1.5 s.");
  EXPECT_EQ(in_markdown("<script>alert(1)</script>"), "\\<script\\>alert(1)\\</script\\>");
  EXPECT_EQ(in_markdown("[x](javascript:y)"), "\\[x\\](javascript\\:y)");
  EXPECT_EQ(in_markdown("a | b\n# c"), "a \\| b \\# c");
  EXPECT_EQ(in_markdown("www.example.com"), "www\\.example\\.com");
  EXPECT_EQ(in_markdown("1. one"), "1\\. one");
  EXPECT_EQ(in_markdown("- one"), "\\- one");
  EXPECT_EQ(in_markdown("\x1b[2J").find('\x1b'), std::string::npos);
  EXPECT_EQ(as_code("a`|``b"), "```a`\\|``b```");
  EXPECT_EQ(as_code("`"), "`` ` ``");
  EXPECT_EQ(as_code(""), "`  `");
}

TEST(PluginReference, NothingInAManifestEndsAFenceOrATableOrReachesTheTerminal) {
  const std::string page = reference(
      R"(,"x":{"type":"string","default":"\n```\n<b>|${HOME}\u001b\u009b\u007f","description":"a\n| b |"})");
  EXPECT_THAT(page, HasSubstr("| a \\| b \\| |\n"));
  EXPECT_THAT(page, HasSubstr("\n````yaml\n"));
  EXPECT_THAT(page, HasSubstr("$${HOME}"));
  for (const char* const control : {"\x1b", "\x7f", "\xc2\x9b"}) {
    EXPECT_EQ(page.find(control), std::string::npos);
  }
}

}  // namespace
}  // namespace penstock::cli
