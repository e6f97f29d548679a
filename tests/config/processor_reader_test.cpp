// SPDX-License-Identifier: Apache-2.0
// The key `processors` of a sink.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Provides the processors `redact` and `tag`, and knows why there is no `broken`.
class Types final : public PluginTypes {
 public:
  std::vector<std::string> names() const override { return {}; }
  std::optional<Answer> find(const SinkOptions&, const Written&, Report&) override {
    return std::nullopt;
  }
  std::vector<std::string> processor_names() const override { return {"redact", "tag"}; }
  std::optional<ProcessorAnswer> find_processor(const std::string& type, const TreeNode&,
                                                const std::vector<const Member*>& own,
                                                Report& report) override {
    if (type == "broken") return ProcessorAnswer{{}, "its file is a link"};
    if (type != "redact" && type != "tag") return std::nullopt;
    for (const Member* member : own) {
      if (member->key != "fields") report.add(member->at, "unknown key '" + member->key + "'");
    }
    return ProcessorAnswer{[] { return Result<std::unique_ptr<Processor>>(Error{}); }, {}};
  }
};

Result<PipelineOptions> load_with_types(const std::string& sinks, const std::string& root = "") {
  const auto find = [](const PluginOptions&) { return std::make_unique<Types>(); };
  return load_text(root + "logging:\n  sinks:\n" + sinks, "test.yml", test_environment, find);
}

std::string errors_with_types(const std::string& sinks, const std::string& root = "") {
  return text_of(load_with_types(sinks, root).errors());
}

std::vector<std::string> types_of(const SinkOptions& sink) {
  std::vector<std::string> types;
  for (const ProcessorOptions& each : sink.processors) types.push_back(each.type);
  return types;
}

constexpr const char* with_plugins = "plugins: {directories: [/p]}\n";

TEST(ProcessorReader, ReadsThemInTheirOrder) {
  const auto options = load_with_types(
      "    - {name: a, type: console, processors: [{type: tag}, {type: redact, fields: [x]}]}\n");
  ASSERT_TRUE(options) << text_of(options.errors());
  EXPECT_THAT(types_of(options->sinks[0]), ElementsAre("tag", "redact"));
}

TEST(ProcessorReader, SaysWhereAMistakeIs) {
  EXPECT_EQ(errors_with_types(
                "    - {name: a, type: console, processors: [{type: redact, feilds: [x]}]}\n"),
            "3:60: unknown key 'feilds'");
  EXPECT_THAT(errors_with_types("    - {name: a, type: console, processors: [{type: redct}]}\n"),
              AllOf(StartsWith("3:52: "), HasSubstr("did you mean 'redact'?")));
  EXPECT_THAT(errors_with_types("    - {name: a, type: console, processors: [{}]}\n"),
              HasSubstr("missing key 'type' in a processor"));
  EXPECT_THAT(errors_with_types("    - {name: a, type: console, processors: [redact]}\n"),
              HasSubstr("'processors[0]'"));
  EXPECT_THAT(errors_with_types("    - {name: a, type: console, processors: {type: redact}}\n"),
              HasSubstr("'processors'"));
}

TEST(ProcessorReader, TakesSixteenAndNoMore) {
  const auto sink = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += "{type: tag}, ";
    return "    - {name: a, type: console, processors: [" + all + "]}\n";
  };
  EXPECT_THAT(errors_with_types(sink(16)), IsEmpty());
  EXPECT_THAT(errors_with_types(sink(17)),
              HasSubstr("17 processors are more than the 16 that one sink can have"));
}

// Without one that it should have, what it gets would not be what it is to get.
TEST(ProcessorReader, ASinkThatMissesOneIsLeftOut) {
  const auto options = load_with_types(
      "    - {name: a, type: console, processors: [{type: broken}]}\n"
      "    - {name: b, type: console, processors: [{type: elsewhere}]}\n"
      "    - {name: c, type: console}\n",
      with_plugins);
  ASSERT_TRUE(options) << text_of(options.errors());
  ASSERT_EQ(options->sinks.size(), 1u);
  EXPECT_EQ(options->sinks[0].name, "c");
  ASSERT_EQ(options->left_out.size(), 2u);
  EXPECT_EQ(options->left_out[0].name, "a");
  EXPECT_EQ(options->left_out[0].reason, "its file is a link");
  EXPECT_EQ(options->left_out[1].name, "b");
  EXPECT_THAT(options->left_out[1].reason,
              HasSubstr("no plugin provides the processor type 'elsewhere'"));
}

TEST(ProcessorReader, OneThatIsMissingIsAnErrorWhereTheSinkIsRequired) {
  EXPECT_EQ(errors_with_types(
                "    - {name: a, type: console, required: true, processors: [{type: broken}]}\n",
                with_plugins),
            "4:68: its file is a link");
  EXPECT_THAT(
      errors_with_types(
          "    - {name: a, type: console, required: true, processors: [{type: elsewhere}]}\n",
          with_plugins),
      HasSubstr("no plugin provides the processor type 'elsewhere'"));
}

TEST(ProcessorReader, OneThatNobodyKnowsIsAnErrorInAFileWithoutPlugins) {
  EXPECT_THAT(errors_of("logging:\n  sinks:\n    - {name: a, type: console, "
                        "processors: [{type: redact}]}\n"),
              HasSubstr("no plugin provides the processor type 'redact'"));
}

TEST(ProcessorReader, WantsToKnowWhatDeadLettersMayShow) {
  const std::string source =
      "    - {name: a, type: console, dead_letter: b, processors: [{type: redact}]}\n";
  EXPECT_THAT(errors_with_types(source + "    - {name: b, type: console}\n"),
              AllOf(StartsWith("3:45: "), HasSubstr("give 'b' 'processors' too, or 'processors: "
                                                    "[]' if it may see them like that")));
  EXPECT_THAT(errors_with_types(source + "    - {name: b, type: console, processors: []}\n"),
              IsEmpty());
  EXPECT_THAT(
      errors_with_types(source + "    - {name: b, type: console, processors: [{type: tag}]}\n"),
      IsEmpty());
}

// b may see all; whether c may is another question.
TEST(ProcessorReader, WantsToKnowItOfEverySinkThatTheDeadLettersMayReach) {
  const std::string two =
      "    - {name: a, type: console, dead_letter: b, processors: [{type: redact}]}\n"
      "    - {name: b, type: console, dead_letter: c, processors: []}\n";
  EXPECT_THAT(errors_with_types(two + "    - {name: c, type: console}\n"),
              AllOf(StartsWith("4:45: "), HasSubstr("the 'processors' of 'a'; give 'c'")));
  EXPECT_THAT(errors_with_types(two + "    - {name: c, type: console, processors: []}\n"),
              IsEmpty());
  // What b changes, c may see.
  const std::string changed =
      "    - {name: a, type: console, dead_letter: b, processors: [{type: redact}]}\n"
      "    - {name: b, type: console, dead_letter: c, processors: [{type: tag}]}\n"
      "    - {name: c, type: console, processors: []}\n";
  EXPECT_THAT(errors_with_types(changed), IsEmpty());
}

}  // namespace
}  // namespace penstock::config
