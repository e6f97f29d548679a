// SPDX-License-Identifier: Apache-2.0
// validate(WebhookOptions): every problem, and no secret.
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

WebhookOptions good() {
  WebhookOptions options;
  options.url = "https://hooks.example.com/T0/SECRET";
  return options;
}

std::string errors_of(const WebhookOptions& options) { return to_string(validate(options)); }

TEST(WebhookOptions, AreGoodAsTheyAreButForTheUrl) {
  EXPECT_EQ(errors_of(good()), "");
  EXPECT_EQ(errors_of({}), "webhook: 'url' is not set\n");
}

TEST(WebhookOptions, NeedAReasonForPlainHttp) {
  WebhookOptions options = good();
  options.url = "http://hooks.example.com/T0/SECRET";
  EXPECT_EQ(errors_of(options),
            "webhook: 'url' is http://, which everybody on the way can read; use https://, or set "
            "'allow_plain_http'\n");
  options.allow_plain_http = true;
  EXPECT_EQ(errors_of(options), "");
  options.allow_plain_http = false;
  options.allow_private = true;
  EXPECT_EQ(errors_of(options), "");
}

TEST(WebhookOptions, HaveRanges) {
  WebhookOptions options = good();
  options.timeout = 0s;
  options.connect_timeout = 11min;
  options.method = "GET";
  options.retry_codes = std::vector<std::uint32_t>{399, 401, 404, 407, 413, 600};
  EXPECT_EQ(errors_of(options),
            "webhook: 'method' must be POST, PUT or PATCH\n"
            "webhook: 'connect_timeout' is 660000000000ns; the range is 1ms .. 10m\n"
            "webhook: 'timeout' is 0ns; the range is 1ms .. 10m\n"
            "webhook: 'retry_codes' has 399; the range is 400 .. 599\n"
            "webhook: 'retry_codes' has 401, which has a meaning of its own\n"
            "webhook: 'retry_codes' has 407, which has a meaning of its own\n"
            "webhook: 'retry_codes' has 413, which has a meaning of its own\n"
            "webhook: 'retry_codes' has 600; the range is 400 .. 599\n");
}

TEST(WebhookOptions, BelongToTheirPayload) {
  WebhookOptions options = good();
  options.body = "{message}";
  EXPECT_EQ(errors_of(options), "webhook: 'body' is for the payload template only\n");
  options.payload = WebhookPayload::from_body;
  EXPECT_EQ(errors_of(options), "");
  options.per = WebhookPer::event;
  EXPECT_EQ(errors_of(options), "webhook: 'per' is for the payload json only\n");
  options.per.reset();
  options.body = "{mesage} {x}";
  EXPECT_EQ(
      errors_of(options),
      "webhook: 'body' has the unknown name {mesage} (did you mean {message}?); the names are "
      "{message} {level} {logger} {time} {fields} {event_json}\n"
      "webhook: 'body' has the unknown name {x}; the names are {message} {level} {logger} "
      "{time} {fields} {event_json}\n");
  options.body.clear();
  EXPECT_EQ(errors_of(options), "webhook: 'body' is not set\n");
  options.payload = static_cast<WebhookPayload>(99);
  EXPECT_EQ(errors_of(options), "webhook: 'payload' is none of its values\n");
}

TEST(WebhookOptions, HaveOneCredential) {
  WebhookOptions options = good();
  options.user = "me";
  EXPECT_EQ(errors_of(options),
            "webhook: 'password' is missing: 'user' and 'password' belong together\n");
  options.password = "p";
  EXPECT_EQ(errors_of(options), "");
  options.headers = {{"AUTHORIZATION", "x"}};
  EXPECT_EQ(errors_of(options),
            "webhook: there can be one of 'bearer', 'user' and a header Authorization only\n");
}

TEST(WebhookOptions, KeepHeadersInTheirLines) {
  WebhookOptions options = good();
  options.headers = {{"X-Good_1", "v"},       {"", "v"},
                     {"X Bad", "v"},          {"X-Bad:", "v"},
                     {"X-Bad\r\nA", "v"},     {"x-good_1", "v"},
                     {"Content-Length", "1"}, {"webhook-ID", "1"},
                     {"X-Empty", ""},         {"X-Lines", Secret("SECRET\r\nA: b")}};
  const std::string bad_name =
      "webhook: 'headers': a name can hold letters, digits and !#$%&'*+-.^_`|~ only\n";
  EXPECT_EQ(errors_of(options), bad_name + bad_name + bad_name + bad_name +
                                    "webhook: 'headers': x-good_1 is there twice\n"
                                    "webhook: 'headers': the sink sets Content-Length itself\n"
                                    "webhook: 'headers': the sink sets webhook-ID itself\n"
                                    "webhook: 'headers': X-Empty is empty\n"
                                    "webhook: 'headers': X-Lines: a secret holds a control "
                                    "character\n");
}

TEST(WebhookOptions, NameAProxyWithoutAPassword) {
  WebhookOptions options = good();
  for (const char* proxy : {"http://proxy:3128", "https://proxy.example.com:8080/"}) {
    options.proxy = proxy;
    EXPECT_EQ(errors_of(options), "");
  }
  options.proxy = "proxy:3128";
  const std::string refused = "webhook: 'proxy' must begin with http:// or https://";
  EXPECT_EQ(errors_of(options), refused + "\n");
  options.proxy = "SECRET:SECRET@proxy";
  EXPECT_EQ(errors_of(options), refused + "\n");
  options.proxy = "SECRET://proxy";
  EXPECT_EQ(errors_of(options), refused + "\n");
  options.proxy = "http://u:SECRET@proxy";
  EXPECT_EQ(errors_of(options), "webhook: 'proxy' cannot hold a user or a password\n");
  options.proxy = "socks5://proxy:1080";
  EXPECT_EQ(errors_of(options), refused + ", not 'socks5'\n");
}

TEST(WebhookOptions, FailTheOpeningWhenTheyAreWrong) {
  WebhookOptions options = good();
  options.timeout = 0s;
  WebhookContext context;
  const Status status = webhook_sink(options)()->open(context);
  EXPECT_EQ(to_string(status.errors()), errors_of(options));
}

}  // namespace
}  // namespace penstock::sinks::testing
