// SPDX-License-Identifier: Apache-2.0
// The section `plugins`, as those who look for plugins get it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

using testing::ElementsAre;
using testing::Pair;

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
  EXPECT_FALSE(options.is_written);
}

TEST(PluginReader, ReadsEveryKey) {
  const std::string digits(64, 'A');
  const PluginOptions options = read(
      "plugins: {directories: [/a, '/${SINK}'], signature: enforce, trust: /b, revoked: /c, "
      "state: /d, pins: {org.example.a: 'sha256:" +
      digits + "'}, allow_unsigned: [org.example.b]}");
  EXPECT_THAT(options.directories, ElementsAre("/a", "/from_env"));
  EXPECT_EQ(options.signature, SignatureRule::enforce);
  EXPECT_EQ(options.trust, "/b");
  EXPECT_EQ(options.revoked, "/c");
  EXPECT_EQ(options.state, "/d");
  // As the hash of a file is written.
  EXPECT_THAT(options.pins, ElementsAre(Pair("org.example.a", "sha256:" + std::string(64, 'a'))));
  EXPECT_THAT(options.allow_unsigned, ElementsAre("org.example.b"));
  EXPECT_TRUE(options.is_written);
}

}  // namespace
}  // namespace penstock::config
