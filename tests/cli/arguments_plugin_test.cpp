// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/arguments.hpp"

namespace penstock::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Command = PluginArguments::Command;

Arguments parse_plugin(std::vector<const char*> words) {
  words.insert(words.begin(), {"penstock", "plugin"});
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

PluginArguments parsed(const std::vector<const char*>& words) {
  const Arguments arguments = parse_plugin(words);
  const auto* const plugin = std::get_if<PluginArguments>(&arguments);
  if (plugin != nullptr) return *plugin;
  ADD_FAILURE() << std::get<Answer>(arguments).text;
  return {};
}

std::string plugin_usage_error(const std::vector<const char*>& words) {
  const Arguments arguments = parse_plugin(words);
  const auto* const answer = std::get_if<Answer>(&arguments);
  if (answer == nullptr) return "no answer";
  EXPECT_EQ(answer->exit_code, exit_usage);
  return answer->text;
}

TEST(PluginArguments, EachCommandIsKnown) {
  EXPECT_EQ(parsed({"list"}).command, Command::list);
  EXPECT_EQ(parsed({"new", "n"}).command, Command::create);
  EXPECT_EQ(parsed({"why", "n"}).command, Command::why);
  EXPECT_EQ(parsed({"inspect", "f"}).command, Command::inspect);
  EXPECT_EQ(parsed({"doc", "f"}).command, Command::doc);
  EXPECT_EQ(parsed({"verify", "f"}).command, Command::verify);
  EXPECT_EQ(parsed({"keygen"}).command, Command::keygen);
  EXPECT_EQ(parsed({"sign", "f", "-s", "k"}).command, Command::sign);
  EXPECT_EQ(parsed({"trust", "add", "p"}).command, Command::trust_add);
  EXPECT_EQ(parsed({"trust", "list"}).command, Command::trust_list);
  EXPECT_EQ(parsed({"trust", "remove", "k"}).command, Command::trust_remove);
  EXPECT_EQ(parsed({"revoke", "--file", "f"}).command, Command::revoke);
}

TEST(PluginArguments, TheSystemsPlacesAreTheDefault) {
  EXPECT_EQ(parsed({"verify", "f"}).trust, "/etc/penstock/trust.d");
  EXPECT_EQ(parsed({"verify", "f"}).revoked, "/etc/penstock/revoked.yaml");
  EXPECT_EQ(parsed({"trust", "list", "--trust", "t"}).trust, "t");
}

TEST(PluginArguments, KeysHaveAPasswordUnlessItIsSaidTheyHaveNone) {
  EXPECT_TRUE(parsed({"keygen"}).has_password);
  EXPECT_FALSE(parsed({"keygen", "--no-password"}).has_password);
  EXPECT_EQ(parsed({"keygen", "-o", "release"}).prefix, "release");
  EXPECT_THAT(plugin_usage_error({"keygen", "--no-password", "--password-file", "f"}),
              HasSubstr("cannot go together"));
}

TEST(PluginArguments, ManyIdsAndOneRange) {
  EXPECT_THAT(parsed({"trust", "add", "p", "--ids", "a.b", "--ids", "c.*"}).ids,
              ElementsAre("a.b", "c.*"));
  EXPECT_THAT(parsed({"revoke", "--version", "a.b", "<1.0.0"}).versions,
              ElementsAre("a.b", "<1.0.0"));
}

TEST(PluginArguments, WhatIsMissingIsNamed) {
  EXPECT_THAT(plugin_usage_error({"new"}), HasSubstr("the name of the plugin is missing"));
  EXPECT_THAT(plugin_usage_error({"why"}), HasSubstr("what to look for is missing"));
  EXPECT_THAT(plugin_usage_error({"doc"}), HasSubstr("the plugin is missing"));
  EXPECT_THAT(plugin_usage_error({"sign", "-s", "k"}), HasSubstr("the plugin is missing"));
  EXPECT_THAT(plugin_usage_error({"sign", "f"}), AllOf(HasSubstr("the secret key is missing"),
                                                       HasSubstr("penstock plugin sign --help")));
  EXPECT_THAT(plugin_usage_error({"trust", "add"}), HasSubstr("the public key is missing"));
  EXPECT_THAT(plugin_usage_error({"trust", "remove"}), HasSubstr("the key's id is missing"));
  EXPECT_THAT(plugin_usage_error({"revoke"}), HasSubstr("one of --key, --file and --version"));
  EXPECT_THAT(plugin_usage_error({"revoke", "--key", "k", "--file", "f"}),
              HasSubstr("one of --key"));
}

TEST(PluginArguments, WhatIsUnknownIsAnsweredWithTheNearest) {
  EXPECT_THAT(plugin_usage_error({"veriyf", "f"}), HasSubstr("did you mean 'verify'?"));
  EXPECT_THAT(plugin_usage_error({"trust", "lst"}), HasSubstr("did you mean 'list'?"));
  EXPECT_THAT(plugin_usage_error({"sign", "f", "-s", "k", "--seril", "1"}),
              HasSubstr("unknown option '--seril'; did you mean '--serial'?"));
  EXPECT_THAT(plugin_usage_error({"sign", "f", "-s", "k", "g"}),
              HasSubstr("unexpected argument 'g'"));
  EXPECT_THAT(plugin_usage_error({"sign", "f", "-s", "k", "-s", "l"}),
              HasSubstr("--key is given 2 times"));
}

}  // namespace
}  // namespace penstock::cli
