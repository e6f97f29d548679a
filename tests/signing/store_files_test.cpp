// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/revocations.hpp"
#include "signing/scope.hpp"
#include "signing/store_yaml.hpp"
#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::at;
using testing::errors_of;
using ::testing::HasSubstr;

// ---- YAML

TEST(StoreYaml, KnowsTextListsAndMappings) {
  const auto root = read_yaml("a: 0x10\nb: [1, two]\nc: {d: 'e: f'}\ng:\n", "f.yaml");
  ASSERT_TRUE(root) << errors_of(root);
  EXPECT_EQ(YamlReader::find(*root, "a")->text, "0x10");
  EXPECT_EQ(YamlReader::find(*root, "b")->items[1].text, "two");
  EXPECT_EQ(YamlReader::find(*YamlReader::find(*root, "c"), "d")->text, "e: f");
  EXPECT_EQ(YamlReader::find(*root, "g")->kind, YamlNode::Kind::null);
  EXPECT_EQ(YamlReader::find(*root, "h"), nullptr);
  EXPECT_EQ(read_yaml("", "f")->kind, YamlNode::Kind::mapping);
  EXPECT_EQ(read_yaml("# nothing\n", "f")->kind, YamlNode::Kind::mapping);
}

TEST(StoreYaml, RefusesWhatIsClever) {
  const auto message = [](std::string_view text) { return errors_of(read_yaml(text, "f.yaml")); };
  EXPECT_THAT(message("a: 1\na: 2\n"), HasSubstr("f.yaml:2:1: the key 'a' is there twice"));
  EXPECT_THAT(message("a: &x 1\nb: *x\n"), HasSubstr("anchors"));
  EXPECT_THAT(message("a: !!binary aGVsbG8=\n"), HasSubstr("tags"));
  EXPECT_THAT(message("a: 1\n---\nb: 2\n"), HasSubstr("after the end of the document"));
  EXPECT_THAT(message("[a]: 1\n"), HasSubstr("a key must be text"));
  EXPECT_THAT(message("a: [1\n"), HasSubstr("cannot be read as YAML"));
  EXPECT_THAT(message("a: 'open\n"), HasSubstr("cannot be read as YAML"));
  EXPECT_THAT(message(std::string(100, '[')), HasSubstr("nested more than 8 deep"));
  EXPECT_THAT(message("a: \x01\n"), HasSubstr("control characters"));
  EXPECT_THAT(message("a: \"\\e[2J\"\n"), HasSubstr("must be one line"));
  EXPECT_THAT(message("\"a\\nb\": 1\n"), HasSubstr("must be one line"));
  EXPECT_THAT(message(std::string(yaml_bytes_max + 1, '#')), HasSubstr("larger than"));
  std::string many = "[";
  for (int i = 0; i < 10'001; ++i) many += "1,";
  EXPECT_THAT(message(many + "]"), HasSubstr("more than 10000 values"));
}

// ---- scopes

TEST(Scope, IsReadWithAllItsParts) {
  const auto scope = parse_scope(
      "label: Example Ltd\nids: [org.example.*, net.example.one]\npoints: [penstock.sink/1]\n"
      "not_before: 2026-01-01T00:00:00Z\nnot_after: 2027-01-01T00:00:00Z\n",
      "f.yaml");
  ASSERT_TRUE(scope) << errors_of(scope);
  EXPECT_EQ(scope->label, "Example Ltd");
  EXPECT_TRUE(scope->allows_id("org.example.kafka"));
  EXPECT_TRUE(scope->allows_id("net.example.one"));
  EXPECT_FALSE(scope->allows_id("net.example.two"));
  EXPECT_TRUE(scope->allows_point("penstock.sink/1"));
  EXPECT_FALSE(scope->allows_point("penstock.sink/2"));
  EXPECT_EQ(scope->not_before, at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(scope->not_after, at("2027-01-01T00:00:00Z"));
}

TEST(Scope, WithoutPointsAllowsAllOfThem) {
  const auto scope = parse_scope("ids: ['*']\n", "f.yaml");
  ASSERT_TRUE(scope) << errors_of(scope);
  EXPECT_TRUE(scope->allows_point("anything/9"));
  EXPECT_TRUE(scope->allows_id("org.example"));
  EXPECT_FALSE(scope->not_before || scope->not_after);
}

TEST(Scope, AMistakeDoesNotWidenIt) {
  const auto message = [](std::string_view text) { return errors_of(parse_scope(text, "f.yaml")); };
  EXPECT_THAT(message(""), HasSubstr("'ids' must list"));
  EXPECT_THAT(message("ids: []\n"), HasSubstr("'ids' must list"));
  EXPECT_THAT(message("ids: org.example.*\n"), HasSubstr("f.yaml:1:6: 'ids' must be a list"));
  EXPECT_THAT(message("ids: [org*]\n"), HasSubstr("'org*' is no plugin's id and no pattern"));
  EXPECT_THAT(message("ids: [{}]\n"), HasSubstr("'ids' must be text"));
  EXPECT_THAT(message("ids: ['*']\npoint: [penstock.sink/1]\n"),
              HasSubstr("2:1: unknown key 'point'"));
  EXPECT_THAT(message("ids: ['*']\npoints: []\n"), HasSubstr("leave it out"));
  EXPECT_THAT(message("ids: ['*']\npoints:\n"), HasSubstr("'points' must be a list"));
  EXPECT_THAT(message("ids: ['*']\nnot_after: 2027-01-01\n"), HasSubstr("must be a time such as"));
  EXPECT_THAT(message("ids: ['*']\nnot_after:\n"), HasSubstr("'not_after' must be text"));
  EXPECT_THAT(message("ids: ['*']\nnot_before: 2027-01-01T00:00:00Z\n"
                      "not_after: 2026-01-01T00:00:00Z\n"),
              HasSubstr("'not_after' is before 'not_before'"));
  EXPECT_THAT(message("- ids\n"), HasSubstr("must be a mapping"));
  EXPECT_THAT(message("ids: ['*']\nlabel: \"two\\nlines\"\n"), HasSubstr("must be one line"));
}

TEST(Scope, ComesBackFromItsText) {
  const std::string yaml =
      "label: 'Example''s: \"keys\" # all'\nids:\n  - 'org.example.*'\n  - '*'\n"
      "points:\n  - 'penstock.sink/1'\n"
      "not_before: 2026-01-01T00:00:00Z\nnot_after: 2027-01-01T00:00:00Z\n";
  const auto scope = parse_scope(yaml, "f.yaml");
  ASSERT_TRUE(scope) << errors_of(scope);
  EXPECT_EQ(scope->label, "Example's: \"keys\" # all");
  EXPECT_EQ(*format_scope(*scope), yaml);
  EXPECT_TRUE(format_scope(Scope::everything("any")));
  EXPECT_FALSE(format_scope(Scope{.label = "none"}));
  EXPECT_FALSE(format_scope(Scope::everything("two\nlines")));
}

TEST(Scope, AllThatIsWrongIsSaidAtOnce) {
  EXPECT_EQ(parse_scope("ids: [x]\nnot_after: y\nz: 1\n", "f.yaml").errors().size(), 3U);
}

// ---- revocations

const std::string sha256_text = to_hex(sha256(bytes_of("bad")));
const std::string blake2b_text = to_hex(blake2b_512(bytes_of("worse")));

TEST(Revocations, AreReadWithAllTheirParts) {
  const auto revoked = parse_revocations(
      "keys:\n  - F872FBC2FB54F7DF\n  - {id: AB8F7644E4497FF5, reason: lost laptop}\n"
      "files:\n  - sha256:" +
          sha256_text + "\n  - {id: 'blake2b:" + blake2b_text +
          "', reason: back door}\n"
          "versions:\n  - {id: org.example.kafka, from: 1.0.0, before: 1.2.3, reason: loses "
          "events}\n"
          "  - {id: org.bad.*}\n"
          "minimum_serials:\n  org.example.kafka: 12\n",
      "revoked.yaml");
  ASSERT_TRUE(revoked) << errors_of(revoked);
  EXPECT_EQ(*revoked->of_key(*parse_key_id("F872FBC2FB54F7DF")), "");
  EXPECT_EQ(*revoked->of_key(*parse_key_id("AB8F7644E4497FF5")), "lost laptop");
  EXPECT_EQ(revoked->of_key(KeyId{}), nullptr);
  EXPECT_EQ(*revoked->of_file(hash_content(bytes_of("bad"))), "");
  EXPECT_EQ(*revoked->of_file(hash_content(bytes_of("worse"))), "back door");
  EXPECT_EQ(revoked->of_file(hash_content(bytes_of("good"))), nullptr);
  EXPECT_EQ(*revoked->of_version("org.example.kafka", "1.0.0"), "loses events");
  EXPECT_NE(revoked->of_version("org.example.kafka", "1.2.3-rc.1"), nullptr);
  EXPECT_EQ(revoked->of_version("org.example.kafka", "1.2.3"), nullptr);
  EXPECT_EQ(revoked->of_version("org.example.kafka", "1.0.0-rc.1"), nullptr);
  EXPECT_EQ(revoked->of_version("org.example.other", "1.0.0"), nullptr);
  EXPECT_NE(revoked->of_version("org.bad.plugin", "9.9.9"), nullptr);
  EXPECT_NE(revoked->of_version("org.bad.plugin", "no version"), nullptr);
  EXPECT_NE(revoked->of_version("org.example.kafka", "no version"), nullptr) << "it may be any";
  EXPECT_EQ(revoked->minimum_serial("org.example.kafka"), 12U);
  EXPECT_EQ(revoked->minimum_serial("org.example.other"), 0U);
}

TEST(Revocations, MayBeNone) {
  const auto revoked = parse_revocations("", "revoked.yaml");
  ASSERT_TRUE(revoked) << errors_of(revoked);
  EXPECT_TRUE(revoked->keys.empty() && revoked->versions.empty());
}

TEST(Revocations, AMistakeIsAnError) {
  const auto message = [](const std::string& text) {
    return errors_of(parse_revocations(text, "r.yaml"));
  };
  EXPECT_THAT(message("key: []\n"), HasSubstr("unknown key 'key'"));
  EXPECT_THAT(message("keys: F872FBC2FB54F7DF\n"), HasSubstr("'keys' must be a list"));
  EXPECT_THAT(message("keys: [F872]\n"), HasSubstr("'F872' is no key's id"));
  EXPECT_THAT(message("keys: [{reason: x}]\n"), HasSubstr("lacks its 'id'"));
  EXPECT_THAT(message("keys: [{id: F872FBC2FB54F7DF, why: x}]\n"), HasSubstr("unknown key 'why'"));
  EXPECT_THAT(message("files: ['" + sha256_text + "']\n"), HasSubstr("sha256: and 64"));
  EXPECT_THAT(message("files: ['sha256:abc']\n"), HasSubstr("sha256: and 64"));
  EXPECT_THAT(message("versions: [{from: 1.0.0}]\n"), HasSubstr("needs an 'id'"));
  EXPECT_THAT(message("versions: [{id: a.b, from: '1'}]\n"), HasSubstr("'from' must be a version"));
  EXPECT_THAT(message("versions: [{id: a.b, from: 2.0.0, before: 1.0.0}]\n"),
              HasSubstr("no version between"));
  EXPECT_THAT(message("minimum_serials: [1]\n"), HasSubstr("must be a mapping"));
  EXPECT_THAT(message("minimum_serials: {a.b: 0}\n"), HasSubstr("must be a number from 1"));
  EXPECT_THAT(message("minimum_serials: {b: 1}\n"), HasSubstr("'b' is no plugin's id"));
}

}  // namespace
}  // namespace penstock::signing
