// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

namespace kafka {
namespace {

using namespace std::chrono_literals;
using penstock::Value;
using penstock::plugin::Config;
using penstock::plugin::Template;

Template template_of(const std::string& option, const std::string& text) {
  try {
    return Template(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("'" + option + "': " + error.what());
  }
}

// What stands in a secret is looked up each time that there is a new producer.
bool is_secret(std::string_view property) {
  constexpr std::array<std::string_view, 5> secrets = {"sasl.password", "ssl.key.password",
                                                       "ssl.keystore.password", "ssl.key.pem",
                                                       "sasl.oauthbearer.client.secret"};
  return std::find(secrets.begin(), secrets.end(), property) != secrets.end();
}

std::string property_text(const Value& value) {
  switch (value.type()) {
    case Value::Type::boolean:
      return value.boolean() ? "true" : "false";
    case Value::Type::i64:
      return std::to_string(value.i64());
    case Value::Type::u64:
      return std::to_string(value.u64());
    case Value::Type::f64:
      return std::to_string(value.f64());
    case Value::Type::text:
      break;
  }
  return std::string(value.text());
}

void read_headers(const Config& config, Settings& settings) {
  for (std::size_t i = 0; i < config.count("headers"); ++i) {
    const std::string name(config.key("headers", i));
    const std::string option = "headers." + name;
    const std::optional<Value> value = config.get(option);
    if (name.empty() || !value || value->type() != Value::Type::text) {
      throw std::invalid_argument("'" + option + "' must be a text, such as \"{logger}\"");
    }
    settings.headers.emplace_back(name, template_of(option, std::string(value->text())));
  }
}

void add_if_given(const Config& config, const char* option, const char* property,
                  Properties& properties) {
  if (std::string text = config.text(option); !text.empty()) {
    properties.emplace_back(property, std::move(text));
  }
}

void read_security(const Config& config, Settings& settings) {
  const bool tls = config.boolean("tls.enabled");
  const std::string mechanism = config.text("sasl.mechanism");
  Properties& properties = settings.properties;
  if (tls || !mechanism.empty()) {
    properties.emplace_back("security.protocol", mechanism.empty() ? "ssl"
                                                 : tls             ? "sasl_ssl"
                                                                   : "sasl_plaintext");
  }
  if (tls) {
    add_if_given(config, "tls.ca", "ssl.ca.location", properties);
    add_if_given(config, "tls.certificate", "ssl.certificate.location", properties);
    add_if_given(config, "tls.key", "ssl.key.location", properties);
    if (!config.boolean("tls.verify", true)) {
      properties.emplace_back("enable.ssl.certificate.verification", "false");
    }
  }
  if (mechanism.empty()) return;
  properties.emplace_back("sasl.mechanism", mechanism);
  add_if_given(config, "sasl.username", "sasl.username", properties);
}

// HOST or HOST:PORT, where HOST may be [an IPv6 address].
bool is_broker(std::string_view text) {
  if (text.empty() || text.find_first_of(", \t\r\n/@") != std::string_view::npos) return false;
  const std::size_t host = text.front() == '[' ? text.find(']') : 0;
  const std::size_t colon = host == text.npos ? text.npos : text.find(':', host);
  if (host == text.npos || colon == 0) return false;
  if (colon == text.npos) return true;
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  return read.ec == std::errc() && read.ptr == end && port >= 1 && port <= 65535;
}

std::string brokers_of(const Config& config) {
  std::string all;
  for (const std::string& broker : config.texts("brokers")) {
    if (!is_broker(broker)) {
      throw std::invalid_argument("'brokers' names '" + broker +
                                  "', which is no broker: write one HOST:PORT for each item; how "
                                  "they are spoken to is for 'tls' and 'sasl' to say");
    }
    all += (all.empty() ? "" : ",") + broker;
  }
  return all;
}

// The library waits for tokens of the application's own, for ever, unless it is told how to get
// them.
void expect_tokens(const Properties& properties) {
  if (last_of(properties, "sasl.mechanism") != "OAUTHBEARER" &&
      last_of(properties, "sasl.mechanisms") != "OAUTHBEARER") {
    return;
  }
  if (last_of(properties, "sasl.oauthbearer.method") == "oidc" ||
      last_of(properties, "enable.sasl.oauthbearer.unsecure.jwt") == "true") {
    return;
  }
  throw std::invalid_argument(
      "'sasl.mechanism' is OAUTHBEARER, and nothing says where its tokens come from: set "
      "'options.sasl.oauthbearer.method' to oidc, with what belongs to it, if this librdkafka (" +
      library_version() + ") has that, or take another mechanism");
}

// What holds unless `options` says otherwise.
void add_defaults(const Config& config, Settings& settings) {
  Properties& properties = settings.properties;
  const std::string brokers = brokers_of(config);
  const std::int64_t mock = config.integer("mock.brokers");
  if (brokers.empty() == (mock == 0)) {
    throw std::invalid_argument(mock == 0
                                    ? "'brokers' is missing: name one HOST:PORT of the cluster "
                                      "at least"
                                    : "there are 'brokers' and 'mock': take one of them away");
  }
  if (!brokers.empty()) properties.emplace_back("bootstrap.servers", brokers);
  if (mock != 0) properties.emplace_back("test.mock.num.brokers", std::to_string(mock));
  properties.emplace_back("client.id", "penstock");
  properties.emplace_back("enable.idempotence", "true");
  properties.emplace_back("message.timeout.ms", "0");
  properties.emplace_back("queue.buffering.max.messages", "500000");
  properties.emplace_back("socket.nagle.disable", "true");
  properties.emplace_back("socket.keepalive.enable", "true");
  properties.emplace_back("reconnect.backoff.max.ms", "2000");
  properties.emplace_back("compression.codec", config.text("compression", "zstd"));
  properties.emplace_back("partitioner", config.text("partitioner", "murmur2_random"));
  const auto interval = config.duration("statistics_interval", std::chrono::seconds(1));
  if (interval != interval.zero() && (interval < 1ms || interval > 24h)) {
    throw std::invalid_argument("'statistics_interval' must be 1ms .. 24h, or 0 for never");
  }
  properties.emplace_back("statistics.interval.ms", std::to_string(interval / 1ms));
}

}  // namespace

std::string last_of(const Properties& properties, std::string_view name) {
  std::string value;
  for (const auto& [property, text] : properties) {
    if (property == name) value = text;
  }
  return value;
}

// As Kafka has it.
std::string flaw_of_topic(std::string_view name) {
  constexpr std::size_t longest = 249;
  const auto is_taken = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= longest && name != "." && name != ".." &&
      std::all_of(name.begin(), name.end(), is_taken)) {
    return {};
  }
  std::string flaw = "'";
  flaw += name.substr(0, longest);
  flaw += "' is no name of a topic: it has up to 249 letters, digits, '.', '_' and '-'";
  return flaw;
}

Settings read_settings(const Config& config) {
  Settings settings{.topic = template_of("topic", config.text("topic"))};
  if (settings.topic.is_constant()) {
    const std::string flaw = flaw_of_topic(settings.topic.of({}));
    if (!flaw.empty()) throw std::invalid_argument("'topic': " + flaw);
  }
  if (const std::string key = config.text("key"); !key.empty()) {
    settings.key = template_of("key", key);
  }
  read_headers(config, settings);
  settings.message_only = config.text("payload") == "message";
  settings.compresses = config.text("compression", "zstd") != "none";
  settings.mock_address_file = config.text("mock.address_file");
  add_defaults(config, settings);
  read_security(config, settings);
  for (std::size_t i = 0; i < config.count("options"); ++i) {
    const std::string name(config.key("options", i));
    if (is_secret(name)) continue;
    const std::optional<Value> value = config.get("options." + name);
    if (!value) throw std::invalid_argument("'options." + name + "' has no value");
    settings.properties.emplace_back(name, property_text(*value));
    if (name.starts_with("compression.") && name != "compression.level") {
      settings.compresses = settings.properties.back().second != "none";
    }
  }
  expect_tokens(settings.properties);
  // What cannot be sent for good ends the producer, so that nothing behind it overtakes it.
  const bool is_idempotent = last_of(settings.properties, "enable.idempotence") == "true";
  if (is_idempotent && last_of(settings.properties, "enable.gapless.guarantee").empty()) {
    settings.properties.emplace_back("enable.gapless.guarantee", "true");
  }
  // Each event needs its report; a host's rand() is its own, as is its standard error.
  settings.properties.emplace_back("delivery.report.only.error", "false");
  settings.properties.emplace_back("enable.random.seed", "false");
  settings.properties.emplace_back("log.queue", "true");
  check(settings.properties);
  return settings;
}

Properties read_secrets(const Config& config) {
  Properties secrets;
  const auto add = [&](const std::string& option, const std::string& property) {
    if (std::string text = config.secret(option); !text.empty()) {
      secrets.emplace_back(property, std::move(text));
    }
  };
  add("sasl.password", "sasl.password");
  add("tls.key_password", "ssl.key.password");
  for (std::size_t i = 0; i < config.count("options"); ++i) {
    const std::string name(config.key("options", i));
    if (is_secret(name)) add("options." + name, name);
  }
  return secrets;
}

}  // namespace kafka
