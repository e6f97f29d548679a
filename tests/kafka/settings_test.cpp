// SPDX-License-Identifier: Apache-2.0
// What the options mean for librdkafka, and which are refused, when and how.
#include "settings.hpp"

#include <cstdio>
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka_support.hpp"

namespace kafka::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Settings settings_of(const std::string& json) {
  return read_settings(penstock::plugin::Config(options_of(json)->c()));
}
std::map<std::string, std::string> properties_of(const std::string& json) {
  std::map<std::string, std::string> last;
  for (const auto& [name, value] : settings_of(json).properties) last[name] = value;
  return last;
}
std::string refusal_of(const std::string& json) {
  try {
    settings_of(json);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(Settings, LoseNothingUnlessTheyAreToldTo) {
  const auto properties = properties_of(R"({"topic": "t", "brokers": ["a:1", "b:2"]})");
  EXPECT_THAT(properties, Contains(Pair("bootstrap.servers", "a:1,b:2")));
  EXPECT_THAT(properties, Contains(Pair("enable.idempotence", "true")));
  EXPECT_THAT(properties, Contains(Pair("message.timeout.ms", "0")));
  EXPECT_THAT(properties, Contains(Pair("compression.codec", "zstd")));
  EXPECT_THAT(properties, Contains(Pair("partitioner", "murmur2_random")));
  EXPECT_THAT(properties, Contains(Pair("statistics.interval.ms", "1000")));
  EXPECT_FALSE(properties.contains("security.protocol"));
}

TEST(Settings, PassPropertiesOnOfAnyType) {
  const auto properties = properties_of(R"({"topic": "t", "brokers": ["a:1"], "options": {
    "linger.ms": 0.5, "socket.keepalive.enable": false, "client.id": "me", "acks": -1,
    "batch.size": 5000}})");
  EXPECT_THAT(properties, Contains(Pair("linger.ms", "0.500000")));
  EXPECT_THAT(properties, Contains(Pair("socket.keepalive.enable", "false")));
  EXPECT_THAT(properties, Contains(Pair("client.id", "me")));
  EXPECT_THAT(properties, Contains(Pair("batch.size", "5000")));
}

TEST(Settings, RefuseUnknownPropertiesWithTheNearestName) {
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "options": {"linger.mss": 5}})"),
              AllOf(HasSubstr("unknown key 'linger.mss' in 'options'"), HasSubstr("'linger.ms'")));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "options": {"linger.ms": -1}})"),
              HasSubstr("'options.linger.ms' must be at least 0"));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "options":
                             {"compression.codec": "zst"}})"),
              HasSubstr("'zstd'"));
}

TEST(Settings, SayWhatIsMissingOrTooMuch) {
  EXPECT_THAT(refusal_of(R"({"topic": "t"})"), HasSubstr("'brokers' is missing"));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1,b:2"]})"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "mock": {"brokers": 1}})"),
              HasSubstr("take one of them away"));
  EXPECT_THAT(refusal_of(R"({"topic": "{feld.x}", "brokers": ["a:1"]})"),
              AllOf(HasSubstr("'topic'"), HasSubstr("there is no {feld.x}")));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "headers": {"a": 5}})"),
              HasSubstr("'headers.a' must be a text"));
  EXPECT_THAT(refusal_of(R"({"topic": "t", "brokers": ["a:1"], "options":
                             {"partitioner": "round"}})"),
              HasSubstr("librdkafka"));
}

TEST(Settings, RefuseBrokersThatAreNone) {
  const auto refusal = [](const std::string& broker) {
    return refusal_of(R"({"topic": "t", "brokers": [")" + broker + "\"]}");
  };
  for (const char* broker :
       {"http://localhost:1", "a:99999999", "a b", "a:", "a,b", ":9092", "[::1"}) {
    EXPECT_THAT(refusal(broker), HasSubstr(std::string("'") + broker + "', which is no broker"));
  }
  for (const char* broker : {"kafka-1:9093", "10.0.0.1", "[::1]:9092"}) {
    EXPECT_EQ(refusal(broker), "");
  }
}

TEST(Settings, RefuseTokensThatComeFromNowhere) {
  const std::string options =
      R"({"topic": "t", "brokers": ["a"], "sasl": {"mechanism": "OAUTHBEARER"})";
  EXPECT_THAT(refusal_of(options + "}"), HasSubstr("where its tokens come from"));
  EXPECT_EQ(refusal_of(options + R"(, "options": {"enable.sasl.oauthbearer.unsecure.jwt": true}})"),
            "");
}

TEST(Settings, HaveABoundForTheirInterval) {
  for (const char* interval : {"10us", "100h"}) {
    EXPECT_THAT(
        refusal_of(std::string(R"({"topic": "t", "brokers": ["a"], "statistics_interval": ")") +
                   interval + "\"}"),
        HasSubstr("1ms .. 24h"));
  }
}

// Where the password stands, and who has it, does not matter.
TEST(Settings, SayWhatHoldsOfThoseThatAreGivenTwice) {
  const Settings settings = settings_of(R"({"topic": "t", "brokers": ["a:1"],
    "sasl": {"mechanism": "PLAIN", "username": "one"}, "options": {"sasl.username": "two"}})");
  EXPECT_EQ(last_of(settings.properties, "sasl.username"), "two");
  EXPECT_EQ(last_of(settings.properties, "sasl.password"), "");
}

TEST(Settings, RefuseATopicThatThereCannotBeUnlessEventsSayIt) {
  EXPECT_THAT(refusal_of(R"({"topic": "my topic", "brokers": ["a:1"]})"),
              AllOf(HasSubstr("'topic': 'my topic' is no name of a topic"), HasSubstr("249")));
  EXPECT_THAT(refusal_of(R"({"topic": "..", "brokers": ["a:1"]})"), HasSubstr("no name"));
  EXPECT_FALSE(settings_of(R"({"topic": "{logger}", "brokers": ["a:1"]})").topic.is_constant());
}

TEST(Settings, HaveHeadersOfTheUsersOwnInPlaceOfTheUsualOnes) {
  const Settings usual = settings_of(R"({"topic": "t", "brokers": ["a:1"]})");
  ASSERT_EQ(usual.headers.size(), 3u);
  EXPECT_EQ(usual.headers[0].first, "level");
  const Settings own =
      settings_of(R"({"topic": "t", "brokers": ["a:1"], "headers": {"x.y": "{field.z}"}})");
  ASSERT_EQ(own.headers.size(), 1u);
  EXPECT_EQ(own.headers[0].first, "x.y");
  EXPECT_THAT(settings_of(R"({"topic": "t", "brokers": ["a:1"], "headers": {}})").headers,
              IsEmpty());
}

TEST(Settings, SpeakTlsAndSasl) {
  EXPECT_THAT(properties_of(R"({"topic": "t", "brokers": ["a:1"], "tls": {}})"),
              Contains(Pair("security.protocol", "ssl")));
  const std::string both = R"({"topic": "t", "brokers": ["a:1"],
    "tls": {"ca": "/ca.pem", "verify": false},
    "sasl": {"mechanism": "SCRAM-SHA-512", "username": "me", "password": "secret"},
    "options": {"ssl.keystore.password": "other"}})";
  const auto properties = properties_of(both);
  EXPECT_THAT(properties, Contains(Pair("security.protocol", "sasl_ssl")));
  EXPECT_THAT(properties, Contains(Pair("ssl.ca.location", "/ca.pem")));
  EXPECT_THAT(properties, Contains(Pair("enable.ssl.certificate.verification", "false")));
  EXPECT_THAT(properties, Contains(Pair("sasl.username", "me")));
  EXPECT_FALSE(properties.contains("sasl.password"));
  EXPECT_FALSE(properties.contains("ssl.keystore.password"));
  const auto options = options_of(both);
  const Properties secrets = read_secrets(penstock::plugin::Config(options->c()));
  EXPECT_THAT(secrets, ::testing::UnorderedElementsAre(Pair("sasl.password", "secret"),
                                                       Pair("ssl.keystore.password", "other")));
}

// As rd_kafka_conf_properties_show() has them: name and C, P or *.
std::map<std::string, std::string> properties_of_library() {
  std::FILE* const file = std::tmpfile();
  rd_kafka_conf_properties_show(file);
  std::rewind(file);
  std::map<std::string, std::string> all;
  std::array<char, 8192> line{};
  while (std::fgets(line.data(), line.size(), file) != nullptr) {
    const std::string_view text(line.data());
    const std::size_t bar = text.find('|');
    if (bar == text.npos || bar + 4 > text.size()) continue;
    const std::string_view use = text.substr(bar + 1, text.find('|', bar + 1) - bar - 1);
    const std::size_t at = use.find_first_not_of(' ');
    if (at == use.npos || std::string_view("CP*").find(use[at]) == std::string_view::npos) continue;
    all[std::string(text.substr(0, text.find_first_of(" |")))] = use[at];
  }
  std::fclose(file);
  return all;
}

// `penstock check` says of a property what the library would say of it.
TEST(Settings, KnowThePropertiesOfTheLibrary) {
  const auto library = properties_of_library();
  ASSERT_GT(library.size(), 100u);
  const auto* options = config_schema().find("options");
  ASSERT_NE(options, nullptr);
  std::set<std::string> known;
  for (const auto& property : options->schema.properties) known.insert(property.name);
  for (const std::string& name : known) {
    if (name == "test.mock.num.brokers") continue;  // is not shown
    EXPECT_TRUE(library.contains(name)) << name << " is unknown to " << library_version();
  }
  if (library_version() != "2.0.2") GTEST_SKIP() << "the manifest was made for another version";
  std::size_t not_known = 0;
  for (const auto& [name, use] : library) not_known += use != "C" && !known.contains(name) ? 1 : 0;
  EXPECT_LT(not_known, 46u) << "run make_manifest.py";
}

}  // namespace
}  // namespace kafka::test
