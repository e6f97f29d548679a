// SPDX-License-Identifier: Apache-2.0
#include "plugin/manifest.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf_builder.hpp"
#include "plugin/json.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin_support.hpp"
#include "signing/plugin_id.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The least manifest with one member set to this JSON, or taken away.
Checked<Manifest> with(std::string_view key, std::string_view json) {
  Value manifest = *parse_json(minimal_manifest());
  auto& members = std::get<Value::Object>(manifest.data);
  std::erase_if(members, [&](const Member& member) { return member.key == key; });
  if (!json.empty()) members.push_back({std::string(key), *parse_json(json)});
  return parse_manifest(json_text(manifest));
}

std::string reason(const Checked<Manifest>& manifest) {
  return manifest ? "" : manifest.refusal().reason;
}

TEST(Manifest, OfABuiltPluginIsReadWhole) {
  const auto file = read(bytes_of(fixture("good")));
  ASSERT_TRUE(file);
  const auto manifest = read_manifest(*file);
  ASSERT_TRUE(manifest) << to_string(manifest.refusal());
  EXPECT_EQ(manifest->id, "org.example.print");
  EXPECT_EQ(manifest->version.text(), "1.2.3");
  EXPECT_EQ(manifest->license, "Apache-2.0");
  EXPECT_EQ(manifest->abi.major, 1u);
  ASSERT_EQ(manifest->provides.size(), 1u);
  const Component& component = manifest->provides[0];
  EXPECT_EQ(component.point, "penstock.sink/1");
  EXPECT_EQ(component.name, "print");
  EXPECT_EQ(component.concurrency, 1u);
  EXPECT_EQ(component.delivery, Component::Delivery::at_least_once);
  EXPECT_FALSE(component.async);
  ASSERT_TRUE(component.config_schema);
  EXPECT_EQ(component.config_schema->properties.size(), 3u);
  EXPECT_THAT(manifest->services, ElementsAre("penstock.log/1"));
  EXPECT_THAT(manifest->permissions.files, ElementsAre("/var/log"));
  EXPECT_EQ(manifest->isolation, Manifest::Isolation::any);
  EXPECT_EQ(manifest->build.compiler, "gcc 12.2");
}

TEST(Manifest, TheLeastIsEnough) {
  const auto manifest = parse_manifest(minimal_manifest());
  ASSERT_TRUE(manifest) << to_string(manifest.refusal());
  EXPECT_FALSE(manifest->provides[0].config_schema);
}

TEST(Manifest, EachMandatoryKeyIsMissed) {
  for (const std::string key : {"schema", "id", "name", "version", "abi", "provides"}) {
    const auto manifest = with(key, "");
    ASSERT_FALSE(manifest) << key;
    EXPECT_EQ(manifest.refusal().code, "manifest-key");
    EXPECT_THAT(reason(manifest), HasSubstr("'" + key + "' is missing"));
  }
  EXPECT_THAT(reason(with("provides", R"([{"point":"penstock.sink/1"}])")),
              HasSubstr("'provides[0].name' is missing"));
  EXPECT_THAT(reason(with("provides", R"([{"name":"a"}])")),
              HasSubstr("'provides[0].point' is missing"));
  EXPECT_THAT(reason(with("abi", R"({"minor":0})")), HasSubstr("'abi.major' is missing"));
  EXPECT_THAT(reason(with("provides", "[]")), HasSubstr("'provides' is empty"));
}

TEST(Manifest, AWrongTypeOrValueNamesKeyValueAndWhatIsExpected) {
  EXPECT_THAT(reason(with("schema", "2")), HasSubstr("'schema' must be at most 1, not 2"));
  EXPECT_THAT(reason(with("schema", "\"1\"")),
              HasSubstr("'schema' must be a whole number, not '1'"));
  EXPECT_THAT(reason(with("id", "\"print\"")),
              HasSubstr("'id' must be a name such as org.example.kafka"));
  EXPECT_THAT(reason(with("name", "\"\"")), HasSubstr("'name' must not be empty"));
  EXPECT_THAT(reason(with("version", "\"1.2\"")),
              HasSubstr("'version' must be a semantic version such as 1.4.0, not '1.2'"));
  EXPECT_THAT(reason(with("abi", "1")), HasSubstr("'abi' must be a mapping, not 1"));
  EXPECT_THAT(reason(with("abi", R"({"major":1,"minor":-1})")), HasSubstr("'abi.minor'"));
  EXPECT_THAT(reason(with("abi", R"({"major":1,"minor":1,"min_host_minor":2})")),
              HasSubstr("'abi.min_host_minor' must be at most 'abi.minor' (1), not 2"));
  EXPECT_THAT(reason(with("isolation", "\"proces\"")), HasSubstr("(did you mean 'process'?)"));
  EXPECT_THAT(reason(with("requires", R"({"needed":["../evil.so"]})")),
              HasSubstr("'requires.needed[0]'"));
  EXPECT_THAT(reason(with("permissions", R"({"exec":"no"})")),
              HasSubstr("'permissions.exec' must be true or false, not 'no'"));
  EXPECT_THAT(reason(with("license", "7")), HasSubstr("'license' must be a string"));
  EXPECT_THAT(reason(parse_manifest("[]")), HasSubstr("must be a mapping"));
}

TEST(Manifest, TellsAllThatIsWrong) {
  EXPECT_THAT(reason(parse_manifest(R"({"schema":1,"id":"Org.X","name":5})")),
              AllOf(HasSubstr("'id' must be"), HasSubstr("'name' must be"),
                    HasSubstr("'version' is missing"), HasSubstr("'abi' is missing")));
}

TEST(Manifest, PointsAndNamesAreChecked) {
  const auto provides = [](std::string_view point, std::string_view name) {
    return with("provides", R"([{"point":")" + std::string(point) + R"(","name":")" +
                                std::string(name) + R"("}])");
  };
  EXPECT_TRUE(provides("penstock.sink/1", "kafka-2_x"));
  for (const std::string_view point :
       {"sink/1", "penstock.sink", "penstock.sink/", "penstock.sink/0", "penstock.sink/01",
        "penstock.sink/1x", "Penstock.sink/1", "penstock..sink/1", ".sink/1",
        "penstock.sink/99999"}) {
    EXPECT_FALSE(provides(point, "kafka")) << point;
  }
  for (const std::string_view name : {"", "Kafka", "1a", "a b", "-a", "a.b", "\xC3\xA4"}) {
    EXPECT_FALSE(provides("penstock.sink/1", name)) << name;
  }
  EXPECT_THAT(reason(with("provides", R"([{"point":"penstock.sink/1","name":"a"},
                                          {"point":"penstock.sink/1","name":"a"}])")),
              HasSubstr("'provides[1]' provides 'a' a second time"));
}

TEST(Manifest, IdsAreReverseDomainNames) {
  for (const std::string_view id : {"org.example.kafka", "a.b", "org.x-1.y", "0.1"}) {
    EXPECT_TRUE(signing::is_plugin_id(id)) << id;
  }
  for (const std::string_view id : {"", ".", "org", "org.", ".org", "a..b", "Org.x", "org.x_y",
                                    "org.x/", "org.x ", "org.-x", "org.x-", "../a.b"}) {
    EXPECT_FALSE(signing::is_plugin_id(id)) << id;
  }
}

TEST(Manifest, UnknownKeysAreIgnored) {
  EXPECT_TRUE(with("later", R"({"any":[1,2]})"));
  EXPECT_TRUE(with("abi", R"({"major":1,"minor":0,"later":true})"));
}

TEST(Manifest, TheHostMinorIsAsOldAsTheHeadersUnlessItSays) {
  EXPECT_EQ(with("abi", R"({"major":1,"minor":3})")->abi.min_host_minor, 3u);
  EXPECT_EQ(with("abi", R"({"major":1,"minor":3,"min_host_minor":1})")->abi.min_host_minor, 1u);
}

TEST(Manifest, WhatIsNotJsonIsRefused) {
  for (const std::string_view json : {"", "{", "{\"a\":1,\"a\":2}", "\"\xFF\"", "schema: 1"}) {
    const auto manifest = parse_manifest(json);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.refusal().code, "manifest-json");
  }
}

TEST(Manifest, TextCannotForgeALineOfAListing) {
  EXPECT_THAT(reason(with("name", R"("a\nb")")), HasSubstr("'name' must be text without control"));
  EXPECT_THAT(reason(with("summary", R"("\u001b[2J")")), HasSubstr("'summary'"));
  EXPECT_THAT(reason(with("permissions", R"({"network":["\u009b"]})")),
              HasSubstr("'permissions.network[0]'"));
  const auto refused = with("name", R"("a\nb")");
  EXPECT_EQ(to_string(refused.refusal()).find('\n'), std::string::npos);
}

TEST(Manifest, ABadSchemaOfOptionsNamesThePluginAndTheKey) {
  const auto manifest = with(
      "provides",
      R"([{"point":"penstock.sink/1","name":"a","config_schema":{"type":"object","oneOf":[]}}])");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.refusal().stage, Stage::schema);
  EXPECT_EQ(manifest.refusal().code, "config-schema");
  EXPECT_EQ(manifest.refusal().plugin, "org.example.print");
  EXPECT_THAT(reason(manifest), HasSubstr("'provides[0].config_schema' has the unknown keyword"));
  EXPECT_FALSE(with(
      "provides", R"([{"point":"penstock.sink/1","name":"a","config_schema":{"type":"string"}}])"));
}

TEST(Refusal, IsOneLineWithEverythingInIt) {
  const Refusal refusal{.plugin = "org.x.y",
                        .file = "/p/a\nb.so",
                        .stage = Stage::handshake,
                        .code = "abi",
                        .reason = "it is old",
                        .fix = "get a newer one"};
  EXPECT_EQ(to_string(refusal),
            "/p/a\\nb.so (org.x.y): handshake: abi: it is old; get a newer one");
}

}  // namespace
}  // namespace penstock::plugin::test
