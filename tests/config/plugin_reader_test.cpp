// SPDX-License-Identifier: Apache-2.0
// The section `plugins`, as those who look for plugins get it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_support.hpp"
#include "penstock/sinks.hpp"

namespace penstock::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

PluginOptions read(const std::string& plugins) {
  PluginOptions options;
  const auto keep = [&](const PluginOptions& found) -> std::unique_ptr<PluginTypes> {
    options = found;
    return nullptr;
  };
  const auto loaded = load_text(plugins + "\nlogging: {sinks: [{name: a, type: console}]}\n",
                                "test.yml", test_environment, keep);
  EXPECT_TRUE(loaded) << text_of(loaded.errors());
  return options;
}

TEST(PluginReader, WarnsOfWhatIsNotSignedUnlessTheFileSaysOtherwise) {
  const PluginOptions options = read("");
  EXPECT_EQ(options.signature, SignatureRule::warn);
  EXPECT_EQ(options.trust, "/etc/penstock/trust.d");
  EXPECT_EQ(options.revoked, "");
  EXPECT_EQ(options.state, "");
  EXPECT_TRUE(options.pins.empty());
  EXPECT_TRUE(options.allow_unsigned.empty());
  EXPECT_EQ(options.isolation, Isolation::none);
  EXPECT_EQ(options.process_max_bytes, 1024 * MiB);
  EXPECT_FALSE(options.is_written);
}

TEST(PluginReader, ReadsEveryKey) {
  const std::string digits(64, 'A');
  const PluginOptions options = read(
      "plugins: {directories: [/a, '/${SINK}'], signature: enforce, trust: /b, revoked: /c, "
      "state: /d, pins: {org.example.a: 'sha256:" +
      digits +
      "'}, allow_unsigned: [org.example.b], isolation: process, process_max_bytes: 64MiB}");
  EXPECT_THAT(options.directories, ElementsAre("/a", "/from_env"));
  EXPECT_EQ(options.signature, SignatureRule::enforce);
  EXPECT_EQ(options.trust, "/b");
  EXPECT_EQ(options.revoked, "/c");
  EXPECT_EQ(options.state, "/d");
  // As the hash of a file is written.
  EXPECT_THAT(options.pins, ElementsAre(Pair("org.example.a", "sha256:" + std::string(64, 'a'))));
  EXPECT_THAT(options.allow_unsigned, ElementsAre("org.example.b"));
  EXPECT_EQ(options.isolation, Isolation::process);
  EXPECT_EQ(options.process_max_bytes, 64 * MiB);
  EXPECT_TRUE(options.is_written);
}

// ---- where the sinks of a plugin run

// Provides the type `there`, and keeps what a sink of it says.
class Seen final : public PluginTypes {
 public:
  explicit Seen(std::vector<std::optional<Isolation>>& isolations) : isolations_(isolations) {}
  std::vector<std::string> names() const override { return {"there"}; }
  std::optional<Answer> find(const SinkOptions&, const Written& written, Report&) override {
    EXPECT_TRUE(written.own.empty());  // `isolation` is no key of the plugin
    isolations_.push_back(written.isolation);
    return Answer{.make = null_sink()};
  }
  std::vector<std::string> processor_names() const override { return {}; }
  std::optional<ProcessorAnswer> find_processor(const std::string&, const TreeNode&,
                                                const std::vector<const Member*>&,
                                                Report&) override {
    return std::nullopt;
  }

 private:
  std::vector<std::optional<Isolation>>& isolations_;
};

// What is wrong with it; empty: nothing.
std::string read_sink(const std::string& keys, std::vector<std::optional<Isolation>>& isolations) {
  const auto find = [&](const PluginOptions&) { return std::make_unique<Seen>(isolations); };
  const auto loaded = load_text("plugins: {}\nlogging: {sinks: [{name: a, " + keys + "}]}\n",
                                "test.yml", test_environment, find);
  return loaded ? "" : text_of(loaded.errors());
}

TEST(PluginReader, TakesTheIsolationOfOneSink) {
  std::vector<std::optional<Isolation>> isolations;
  EXPECT_EQ(read_sink("type: there", isolations), "");
  EXPECT_EQ(read_sink("type: there, isolation: none", isolations), "");
  EXPECT_EQ(read_sink("type: there, isolation: process", isolations), "");
  EXPECT_THAT(isolations, ElementsAre(std::nullopt, Isolation::none, Isolation::process));
}

TEST(PluginReader, RefusesAnIsolationThatThereIsNot) {
  std::vector<std::optional<Isolation>> isolations;
  EXPECT_THAT(read_sink("type: there, isolation: thread", isolations),
              HasSubstr("'isolation' cannot be 'thread'; it is one of none, process"));
  EXPECT_THAT(read_sink("type: there, isolation: '${SINK}'", isolations),
              HasSubstr("the environment does not say what a plugin may do"));
}

TEST(PluginReader, KnowsNoIsolationOfBuiltInSinks) {
  std::vector<std::optional<Isolation>> isolations;
  EXPECT_THAT(read_sink("type: console, isolation: process", isolations),
              HasSubstr("unknown key 'isolation' in a console sink; it belongs to 'plugins' or "
                        "a sink of a plugin"));
}

}  // namespace
}  // namespace penstock::config
