// SPDX-License-Identifier: Apache-2.0
// What a webhook is made of, without a network: signatures, URLs, answers, bodies, secrets.
#include <cstdlib>
#include <type_traits>

#include <nlohmann/json.hpp>
#include <openssl/hmac.h>

#include "gunzip.hpp"
#include "sinks/webhook_answer.hpp"
#include "sinks/webhook_gzip.hpp"
#include "sinks/webhook_payload.hpp"
#include "sinks/webhook_signature.hpp"
#include "sinks/webhook_url.hpp"
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using AnswerKind = Answer::Kind;

// ---- signatures

TEST(WebhookSignature, IsThatOfTheConventionsExample) {
  const auto key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, IsTheSameByOpenSslsOlderFunctions) {
  const std::string key(32, '\xAB');
  const std::string text = "msg_1.1700000000.[{}]";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  EXPECT_EQ(signature(key, "msg_1", 1'700'000'000, "[{}]"),
            "v1," + base64({reinterpret_cast<const char*>(digest), size}));
}

TEST(WebhookSignature, TakesKeysOfTheRightFormOnly) {
  EXPECT_EQ(signing_key("whsec_" + base64(std::string(24, 'k'))), std::string(24, 'k'));
  EXPECT_EQ(signing_key("whsec_" + base64(std::string(25, 'k'))), std::string(25, 'k'));
  EXPECT_EQ(signing_key("whsec_" + base64(std::string(64, '\0'))), std::string(64, '\0'));
  EXPECT_FALSE(signing_key("whsec_" + base64(std::string(23, 'k'))).has_value());
  EXPECT_FALSE(signing_key("whsec_" + base64(std::string(65, 'k'))).has_value());
  EXPECT_FALSE(signing_key("").has_value());
  EXPECT_FALSE(signing_key("whsec_").has_value());
  EXPECT_FALSE(signing_key(base64(std::string(24, 'k'))).has_value());
  EXPECT_FALSE(signing_key("whsec_" + std::string(32, '!')).has_value());
  EXPECT_FALSE(signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS").has_value());
  EXPECT_FALSE(signing_key("whsec_=" + std::string(31, 'A')).has_value());
}

TEST(WebhookBase64, IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

// ---- gzip

TEST(WebhookGzip, IsReadByZlib) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(300'000, 'x')}) {
    EXPECT_EQ(gunzip(gzip(text)), text);
  }
}

// ---- URLs

TEST(WebhookUrl, IsReadAsLibcurlReadsIt) {
  const auto url = parse_url("HTTPS://Hooks.Example.com:8443/T/secret?x=1");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->origin, "https://" + url->host + ":8443");
  EXPECT_EQ(parse_url("https://[2001:db8::1]/")->host, "2001:db8::1");
}

TEST(WebhookUrl, IsRefusedWithoutShowingWhatMayBeSecret) {
  for (const char* text : {"",
                           "example.com/T0/SECRET",
                           "ftp://h/SECRET",
                           "file:///SECRET",
                           "https://",
                           "https:///x",
                           "http://",
                           "//example.com/SECRET",
                           "gopher://h/SECRET",
                           " https://h/SECRET",
                           "https://user:SECRET@h/",
                           "https://SECRET@h/",
                           "https://@h/",
                           "https://:@h/",
                           "https://h:99999/SECRET",
                           "https://h/SEC RET",
                           "https://h\n/SECRET",
                           "https://a b/SECRET",
                           "javascript:SECRET",
                           "SECRET",
                           "SECRET://h/",
                           "SECRET:pw@h",
                           "hooks.slack.com/services/SECRET",
                           "https://h:port/SECRET"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.errors()[0].message.find("SEC"), std::string::npos) << url.errors()[0].message;
  }
}

TEST(WebhookUrl, NamesItsHostInAscii) {
  for (const char* text : {"https://b\xC3\xBC"
                           "cher.example/",
                           "https://b%C3%BCcher.example/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.errors()[0].message,
              "names a host with characters that are not ASCII; write it as xn--...");
  }
  EXPECT_TRUE(parse_url("https://xn--bcher-kva.example/").ok());
}

// ---- answers

Answer answer_to(long status, const RetryCodes& codes = {}) {
  return judge({.status = status, .complete = true}, codes, "https://h", 0);
}

TEST(WebhookAnswer, FollowsFromEveryStatus) {
  for (long status = 200; status < 300; ++status) EXPECT_EQ(answer_to(status).kind, AnswerKind::ok);
  for (long status = 300; status < 400; ++status) {
    EXPECT_EQ(answer_to(status).kind, AnswerKind::retry) << status;
    EXPECT_TRUE(answer_to(status).alarm) << status;
  }
  for (long status = 400; status < 600; ++status) {
    const bool plain = status == 408 || status == 425 || status == 429 ||
                       (status >= 500 && status != 501 && status != 505);
    const bool credentials = status == 401 || status == 403 || status == 407;
    const Answer answer = answer_to(status);
    EXPECT_EQ(answer.kind, plain || credentials ? AnswerKind::retry : AnswerKind::reject) << status;
    EXPECT_EQ(answer.alarm, credentials) << status;
    EXPECT_EQ(answer.credentials, credentials) << status;
    EXPECT_NE(answer.reason.find(std::to_string(status)), std::string::npos);
  }
  EXPECT_EQ(answer_to(407).reason, "https://h answered 407; the proxy wants credentials");
  for (const long status : {600L, 700L, 999L}) EXPECT_EQ(answer_to(status).kind, AnswerKind::retry);
}

TEST(WebhookAnswer, FollowsFromTheCodesThatAreSet) {
  const RetryCodes codes = std::vector<std::uint32_t>{404, 501};
  EXPECT_EQ(answer_to(404, codes).kind, AnswerKind::retry);
  EXPECT_EQ(answer_to(501, codes).kind, AnswerKind::retry);
  EXPECT_EQ(answer_to(429, codes).kind, AnswerKind::reject);
  EXPECT_EQ(answer_to(503, codes).kind, AnswerKind::reject);
  EXPECT_EQ(answer_to(401, codes).kind, AnswerKind::retry);
  EXPECT_EQ(answer_to(413, codes).kind, AnswerKind::reject);
  EXPECT_EQ(answer_to(503, std::vector<std::uint32_t>{}).kind, AnswerKind::reject);
}

TEST(WebhookAnswer, IsRetryWhenAnAnswerBreaksOffUnlessItRefuses) {
  const auto broken = [](long status) {
    return judge({.status = status, .error = "reset"}, {}, "https://h", 0);
  };
  EXPECT_EQ(broken(0).kind, AnswerKind::retry);
  EXPECT_EQ(broken(0).reason, "https://h: reset");
  EXPECT_FALSE(broken(0).alarm);
  EXPECT_EQ(broken(100).kind, AnswerKind::retry);
  EXPECT_EQ(broken(200).kind, AnswerKind::retry);
  EXPECT_EQ(broken(413).kind, AnswerKind::reject);
  EXPECT_EQ(broken(503).kind, AnswerKind::retry);
}

TEST(WebhookAnswer, WaitsAsLongAsRetryAfterSaysUpToAnHour) {
  const std::int64_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" 120 \r\n", now), 120s);
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("3601", now), 1h);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), 1h);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), 60s);
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:50:37 GMT", now), 1h);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);
  for (const char* text : {"", " ", "soon", "-5", "1.5x", "0x10", "Sun, 99 Foo 1994"}) {
    EXPECT_EQ(parse_retry_after(text, now), 0s) << text;
  }
}

// ---- bodies

std::string body_of(const WebhookOptions& options, const WebhookBatch& batch,
                    std::size_t index = 0) {
  WebhookPayloadWriter writer(options);
  base::Buffer memory;
  const std::size_t end = writer.is_per_event() ? index + 1 : batch.batch().size();
  return std::string(writer.write(batch.batch(), {index, end}, memory));
}

TEST(WebhookPayloads, AreAnArrayLinesOrOneObject) {
  const WebhookBatch batch({"a", "b"});
  EXPECT_EQ(body_of({.payload = WebhookPayload::json}, batch),
            R"([{"message":"a"},{"message":"b"}])");
  EXPECT_EQ(body_of({.payload = WebhookPayload::ndjson}, batch),
            "{\"message\":\"a\"}\n{\"message\":\"b\"}\n");
  EXPECT_EQ(body_of({.payload = WebhookPayload::json}, batch, 1), R"([{"message":"b"}])");
  EXPECT_EQ(body_of({.payload = WebhookPayload::ndjson}, batch, 1), "{\"message\":\"b\"}\n");
  EXPECT_EQ(body_of({.payload = WebhookPayload::json, .per = WebhookPer::event}, batch, 1),
            R"({"message":"b"})");
}

TEST(WebhookPayloads, AreRefusedWhenTheFormatIsNotJson) {
  const WebhookBatch batch = WebhookBatch::of_lines({"INFO a"});
  EXPECT_THROW(body_of({}, batch), std::runtime_error);
  EXPECT_THROW(body_of({.payload = WebhookPayload::ndjson}, batch), std::runtime_error);
}

TEST(WebhookPayloads, ForSlackAreEscapedAndCut) {
  const WebhookOptions slack{.payload = WebhookPayload::slack};
  const auto text_of = [&](const std::string& line) {
    const std::string body = body_of(slack, WebhookBatch::of_lines({line}));
    return nlohmann::json::parse(body).at("text").get<std::string>();
  };
  EXPECT_EQ(text_of("<!channel> a & b > \"c\" \\"), "&lt;!channel&gt; a &amp; b &gt; \"c\" \\");
  EXPECT_EQ(text_of(std::string(40'000, 'x')), std::string(40'000, 'x'));
  EXPECT_EQ(text_of(std::string(40'001, 'x')), std::string(39'999, 'x') + "…");
  EXPECT_EQ(text_of(std::string(39'998, 'x') + "&&"), std::string(39'998, 'x') + "…");
  EXPECT_EQ(text_of("caf\xE9"), "caf\uFFFD");
}

TEST(WebhookPayloads, ForDiscordPingNobodyAndAreCutAtCharacters) {
  const WebhookOptions discord{.payload = WebhookPayload::discord};
  const auto json_of = [&](const std::string& line) {
    return nlohmann::json::parse(body_of(discord, WebhookBatch::of_lines({line})));
  };
  EXPECT_EQ(json_of("@everyone").at("allowed_mentions"), nlohmann::json::parse(R"({"parse":[]})"));
  std::string long_text;
  for (int i = 0; i < 2'001; ++i) long_text += "é";
  EXPECT_EQ(json_of(long_text).at("content"), long_text.substr(0, 1'999 * 2) + "…");
  EXPECT_EQ(json_of(long_text.substr(2)).at("content"), long_text.substr(2));
}

TEST(WebhookPayloads, FromATemplateHoldEscapedValues) {
  WebhookOptions options{.payload = WebhookPayload::from_body};
  options.body = R"({"m": "{message}", "l": "{level}", "n": "{logger}", "t": "{time}",)"
                 R"( "f": "{fields}", "e": {event_json}, "deep": {"a": {}}})";
  const auto json =
      nlohmann::json::parse(body_of(options, WebhookBatch({"say \\\"hi\\\" {level}"})));
  EXPECT_EQ(json.at("m"), "say \\\"hi\\\" {level}");
  EXPECT_EQ(json.at("l"), "WARNING");
  EXPECT_EQ(json.at("n"), "orders.book");
  EXPECT_EQ(json.at("t"), "2021-02-25T15:02:10.123456Z");
  EXPECT_EQ(json.at("f"), R"(venue="X \"1\"" qty=7)");
  EXPECT_EQ(json.at("e").at("message"), "say \"hi\" {level}");
  EXPECT_EQ(json.at("deep"), nlohmann::json::parse(R"({"a": {}})"));
}

TEST(WebhookPayloads, AskForWhatTheyNeedOnly) {
  const auto needs = [](const WebhookOptions& options) {
    const Sink::Needs is = WebhookPayloadWriter(options).needs();
    return std::pair(is.events, is.encoded);
  };
  EXPECT_EQ(needs({}), std::pair(false, true));
  EXPECT_EQ(needs({.payload = WebhookPayload::slack}), std::pair(false, true));
  EXPECT_EQ(needs({.payload = WebhookPayload::from_body, .body = "{message}"}),
            std::pair(true, false));
  EXPECT_EQ(needs({.payload = WebhookPayload::from_body, .body = "{event_json}"}),
            std::pair(true, true));
}

// ---- secrets

TEST(Secrets, AreLookedUpWhenTheyAreAskedFor) {
  const TemporaryDirectory folder;
  const std::string path = folder / "token";
  ::setenv("PENSTOCK_TEST_SECRET", "from env", 1);
  write_file(path, "from file\r\n\n");
  EXPECT_EQ(*Secret("plain").reveal(), "plain");
  EXPECT_EQ(*Secret("a ${env:PENSTOCK_TEST_SECRET} b ${file:" + path + "} c").reveal(),
            "a from env b from file c");
  write_file(path, "changed");
  EXPECT_EQ(*Secret("${file:" + path + "}").reveal(), "changed");
  EXPECT_EQ(*Secret::literal("${env:PENSTOCK_TEST_SECRET}").reveal(),
            "${env:PENSTOCK_TEST_SECRET}");
  ::unsetenv("PENSTOCK_TEST_SECRET");
}

TEST(Secrets, FailWithTheirPlaceAndNotTheirText) {
  const TemporaryDirectory folder;
  const auto error_of = [](const Secret& secret) {
    const Result<std::string> value = secret.reveal();
    return value ? "no error" : value.errors().front().message;
  };
  EXPECT_EQ(error_of("${env:PENSTOCK_NOT_SET}"),
            "environment variable 'PENSTOCK_NOT_SET' is not set");
  EXPECT_EQ(error_of("${file:" + folder.path() + "}"),
            "cannot read the secret in '" + folder.path() + "': it is not a regular file");
  EXPECT_EQ(error_of("${file:" + (folder / "none") + "}"),
            "cannot read the secret in '" + (folder / "none") + "': No such file or directory");
  write_file(folder / "empty", "\n");
  EXPECT_EQ(error_of("${file:" + (folder / "empty") + "}"),
            "cannot read the secret in '" + (folder / "empty") + "': it is empty");
  write_file(folder / "long", std::string(70'000, 's'));
  EXPECT_EQ(error_of("${file:" + (folder / "long") + "}"),
            "cannot read the secret in '" + (folder / "long") + "': it is longer than 64 KiB");
  write_file(folder / "lines", "secret\r\nInjected: yes");
  EXPECT_EQ(error_of("${file:" + (folder / "lines") + "}"), "a secret holds a control character");
  EXPECT_EQ(error_of("secret\n"), "a secret holds a control character");
  EXPECT_EQ(error_of("${file:}"), "${file:} names nothing");
  EXPECT_EQ(error_of("${env:X"), "${env: has no closing }");
}

static_assert(!std::is_convertible_v<Secret, std::string> &&
              !std::is_convertible_v<Secret, std::string_view> &&
              !fmt::is_formattable<Secret>::value);

}  // namespace
}  // namespace penstock::sinks::testing
