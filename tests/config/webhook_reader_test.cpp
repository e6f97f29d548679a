// SPDX-License-Identifier: Apache-2.0
#include "config/webhook_reader.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "config/tree_reader.hpp"
#include "config_support.hpp"

namespace penstock::config {
namespace {

using namespace std::chrono_literals;

WebhookOptions read_options(std::string_view yaml) {
  Report report("test.yml");
  const TreePtr node = read_tree(yaml, test_environment, report);
  if (!node) return {};
  WebhookOptions options = read_webhook(Section(*node, report));
  EXPECT_EQ(text_of(report.take()), "");
  return options;
}

// The errors of a webhook sink with these keys, each in a line of its own; the first is line 5.
std::string errors_of_keys(const std::string& keys) {
  std::string yaml = "logging:\n  sinks:\n  - name: hook\n    type: webhook\n";
  std::size_t at = 0;
  while (at < keys.size()) {
    const std::size_t end = std::min(keys.find('\n', at), keys.size());
    yaml += "    " + keys.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return errors_of(yaml);
}

TEST(WebhookReader, SetsEveryOption) {
  const WebhookOptions options = read_options(R"(
url: https://hooks.example.com/T0/${SINK}
method: PUT
payload: json
per: event
compression: gzip
connect_timeout: 1s
timeout: 5s
user: me
password: ${file:/run/secrets/password}
headers: {X-Team: orders, X-Key: "key ${env:KEY}"}
signing_secret: ${env:SIGNING}
retry_codes: [429, 503]
proxy: http://proxy:3128
ca_file: /etc/ssl/own.pem
allow_private: true
allow_plain_http: true
)");
  EXPECT_EQ(options.url, Secret::literal("https://hooks.example.com/T0/from_env"));
  EXPECT_EQ(options.method, "PUT");
  EXPECT_EQ(options.payload, WebhookPayload::json);
  EXPECT_EQ(options.per, WebhookPer::event);
  EXPECT_EQ(options.compression, WebhookCompression::gzip);
  EXPECT_EQ(options.connect_timeout, 1s);
  EXPECT_EQ(options.timeout, 5s);
  EXPECT_EQ(options.user, "me");
  EXPECT_EQ(options.password, Secret("${file:/run/secrets/password}"));
  ASSERT_EQ(options.headers.size(), 2U);
  EXPECT_EQ(options.headers[0].name, "X-Team");
  EXPECT_EQ(options.headers[0].value, Secret::literal("orders"));
  EXPECT_EQ(options.headers[1].value, Secret("key ${env:KEY}"));
  EXPECT_EQ(options.signing_secret, Secret("${env:SIGNING}"));
  EXPECT_EQ(options.retry_codes, (std::vector<std::uint32_t>{429, 503}));
  EXPECT_EQ(options.proxy, "http://proxy:3128");
  EXPECT_EQ(options.ca_file, "/etc/ssl/own.pem");
  EXPECT_TRUE(options.allow_private);
  EXPECT_TRUE(options.allow_plain_http);
}

TEST(WebhookReader, KnowsEveryWordForAPayload) {
  const auto payload = [](const std::string& rest) {
    return read_options("{url: 'https://h/', payload: " + rest + "}").payload;
  };
  EXPECT_EQ(payload("json"), WebhookPayload::json);
  EXPECT_EQ(payload("ndjson"), WebhookPayload::ndjson);
  EXPECT_EQ(payload("slack"), WebhookPayload::slack);
  EXPECT_EQ(payload("discord"), WebhookPayload::discord);
  EXPECT_EQ(payload("template, body: '{message}'"), WebhookPayload::from_body);
}

TEST(WebhookReader, LeavesTheDefaultsAlone) {
  const WebhookOptions options = read_options("{url: 'https://h/', bearer: x}");
  const WebhookOptions defaults;
  EXPECT_EQ(options.bearer, Secret::literal("x"));
  EXPECT_EQ(options.method, defaults.method);
  EXPECT_EQ(options.payload, defaults.payload);
  EXPECT_EQ(options.timeout, defaults.timeout);
  EXPECT_EQ(options.connect_timeout, defaults.connect_timeout);
  EXPECT_FALSE(options.per || options.retry_codes);
  EXPECT_FALSE(options.allow_private || options.allow_plain_http);
}

TEST(WebhookReader, MakesTheFormatFitThePayload) {
  const auto format_of = [](const std::string& rest) {
    const auto options =
        load("logging: {sinks: [{name: a, type: webhook, url: 'https://h/'" + rest + "}]}");
    EXPECT_TRUE(options.ok()) << text_of(options.errors());
    return options->sinks.at(0).format;
  };
  EXPECT_EQ(format_of("").type, FormatType::json);
  EXPECT_EQ(format_of(", payload: ndjson, format: json").type, FormatType::json);
  EXPECT_EQ(format_of(", payload: slack").type, FormatType::text);
  EXPECT_EQ(format_of(", payload: slack").pattern, "{level} {logger}: {message}{fields}");
  EXPECT_EQ(format_of(", payload: discord, format: logfmt").type, FormatType::logfmt);
  EXPECT_EQ(errors_of_keys("url: https://h/\nformat: text"),
            "6:13: 'format' of a webhook sink is json, unless its 'payload' is slack or discord");
}

TEST(WebhookReader, MakesBatchesSmallThatGoOutEventByEvent) {
  const auto events_of = [](const std::string& rest) {
    const auto options =
        load("logging: {sinks: [{name: a, type: webhook, url: 'https://h/'" + rest + "}]}");
    EXPECT_TRUE(options.ok()) << text_of(options.errors());
    return options->sinks.at(0).batch.max_events;
  };
  const std::uint32_t usual = BatchOptions{}.max_events;
  EXPECT_EQ(events_of(""), usual);
  EXPECT_EQ(events_of(", per: batch"), usual);
  EXPECT_EQ(events_of(", payload: ndjson"), usual);
  EXPECT_EQ(events_of(", per: event"), 20);
  EXPECT_EQ(events_of(", payload: slack"), 20);
  EXPECT_EQ(events_of(", payload: discord, batch: {linger: 1s}"), 20);
  EXPECT_EQ(events_of(", payload: template, body: '{message}'"), 20);
  EXPECT_EQ(events_of(", payload: slack, batch: {max_events: 500}"), 500);
}

TEST(WebhookReader, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(errors_of_keys("method: POST"), "3:5: missing key 'url' in a webhook sink");
  EXPECT_EQ(errors_of_keys("url: https://h/\ntimeout: 1h\npayload: slak\nper: batch"),
            "6:14: 'timeout' is '1h'; the range is 1ms .. 10m\n"
            "7:14: 'payload' cannot be 'slak' (did you mean 'slack'?); it is one of json, ndjson, "
            "slack, discord, template");
  EXPECT_EQ(errors_of_keys("url: http://h/\nmethod: GET"),
            "5:10: 'url' is http://, which everybody on the way can read; use https://, or set "
            "'allow_plain_http'\n"
            "6:13: 'method' must be POST, PUT or PATCH");
  EXPECT_EQ(errors_of_keys("url: https://h/\npayload: slack\nper: event\nbody: x"),
            "7:10: 'per' is for the payload json only\n"
            "8:11: 'body' is for the payload template only");
  EXPECT_EQ(errors_of_keys("url: https://h/\npayload: template\nbody: '{mesage}'"),
            "7:11: 'body' has the unknown name {mesage} (did you mean {message}?); the names are "
            "{message} {level} {logger} {time} {fields} {event_json}");
  EXPECT_EQ(errors_of_keys("url: https://h/\nretry_codes: [200, 401, x]"),
            "6:18: 'retry_codes' has 401, which has a meaning of its own\n"
            "6:19: 'retry_codes' is '200'; the range is 400 .. 599\n"
            "6:29: 'retry_codes' must be a whole number, not 'x'");
  EXPECT_EQ(errors_of_keys("url: https://h/\nuser: me"),
            "3:5: 'password' is missing: 'user' and 'password' belong together");
}

TEST(WebhookReader, ShowsNoSecrets) {
  for (const char* keys :
       {"url: https://me:CANARY@h/", "url: ftp://h/CANARY", "url: CANARY_",
        "url: https://h/\nproxy: CANARY:pw@h", "url: https://h/\nheaders: CANARY",
        "url: https://h/\nheaders: {'X Y': CANARY}", "url: https://h/\nheaders: {X-A: [CANARY]}",
        "url: https://h/\nbearer: \"CANARY\\n\"", "url: https://h/\nsigning_secret: [CANARY]",
        "url: https://h/\nbearer: CANARY\nuser: me", "url: https://h/\nberer: CANARY",
        "url: https://h/\npassword: {a: CANARY}", "url: https://h:99999/CANARY"}) {
    const std::string errors = errors_of_keys(keys);
    EXPECT_NE(errors, "") << keys;
    EXPECT_EQ(errors.find("CANARY"), std::string::npos) << errors;
  }
}

TEST(WebhookReader, KeepsReferencesToSecretsOutOfAllOtherKeys) {
  const std::string refused =
      " cannot refer to a secret; ${NAME} puts in an environment variable, and $${ is a literal ${";
  EXPECT_EQ(errors_of_keys("url: https://h/\nmethod: ${env:X}"), "6:13: 'method'" + refused);
  EXPECT_EQ(errors_of_keys("url: https://h/\ntimeout: ${file:/x}"), "6:14: 'timeout'" + refused);
  EXPECT_EQ(errors_of("logging: {sinks: [{name: a, type: file, path: '${file:/x}'}]}"),
            "1:47: 'path'" + refused);
  EXPECT_EQ(errors_of("logging: {sinks: [{name: a, type: console, '${env:X}': 1}]}"),
            "1:44: a key cannot refer to a secret");
  EXPECT_EQ(errors_of(with_triggers("  - {event: a, details: {extra: {x: ['${env:X}']}}}")),
            "3:38: 'x'" + refused);
}

TEST(WebhookReader, MixesReferencesToSecretsWithNothingElse) {
  EXPECT_EQ(errors_of_keys("url: https://h/\nbearer: '${SINK} ${env:X}'"),
            "6:13: a text that refers to secrets (${env:..}, ${file:..}) cannot hold another ${");
  EXPECT_EQ(read_options("{url: 'https://h/', bearer: '$${env:X}'}").bearer,
            Secret::literal("${env:X}"));
}

TEST(WebhookReader, MakesASinkOfTheFile) {
  const auto options = load(R"(
logging:
  sinks:
    - name: hook
      type: webhook
      url: https://example.com/x
      bearer: ${env:NOT_SET_AND_NOT_ASKED_FOR_YET}
      level: CRITICAL
triggers:
  - {event: e, details: {destinations: [hook]}}
)");
  ASSERT_TRUE(options.ok()) << text_of(options.errors());
  EXPECT_EQ(options->sinks.at(0).type, "webhook");
  EXPECT_TRUE(options->left_out.empty());
  EXPECT_NE(options->sinks.at(0).make(), nullptr);
}

}  // namespace
}  // namespace penstock::config
