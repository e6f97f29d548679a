// SPDX-License-Identifier: Apache-2.0
// What a webhook sends, over real connections, and what it answers.
#include <cstdlib>
#include <set>

#include <nlohmann/json.hpp>

#include "gunzip.hpp"
#include "sinks/webhook_signature.hpp"
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;

class WebhookSinks : public WebhookTest {
 protected:
  HttpServer server_{};
};

TEST_F(WebhookSinks, PostABatchAsOneArray) {
  open(to(server_.url("/hook?x=1")));
  EXPECT_EQ(write({"a", "b"}).kind(), Kind::ok);
  const HttpRequest request = server_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?x=1");
  EXPECT_EQ(request.body, R"([{"message":"a"},{"message":"b"}])");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("user-agent"), "penstock/0.1.0");
  EXPECT_EQ(request.header("webhook-timestamp"), "1614265330");
  EXPECT_EQ(request.header("webhook-signature"), "");
  EXPECT_EQ(request.header("expect"), "");
  EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(WebhookSinks, PostLinesOrEventsOrWithAnotherMethod) {
  WebhookOptions options = to(server_.url());
  options.payload = WebhookPayload::ndjson;
  options.method = "PUT";
  options.headers = {{"X-Team", "orders"}, {"Content-Type", "text/plain"}};
  open(options);
  EXPECT_EQ(write({"a", "b"}).kind(), Kind::ok);
  const HttpRequest request = server_.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.body, "{\"message\":\"a\"}\n{\"message\":\"b\"}\n");
  EXPECT_EQ(request.header("x-team"), "orders");
  EXPECT_EQ(request.header("content-type"), "text/plain");
}

TEST_F(WebhookSinks, PostTheEventsOfABatchInOrderOneByOne) {
  WebhookOptions options = to(server_.url());
  options.per = WebhookPer::event;
  open(options);
  const WebhookBatch batch({"a", "b", "c"}, 77, 4);
  EXPECT_EQ(write(batch).kind(), Kind::ok);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  const std::string prefix = requests[0].header("webhook-id").substr(0, 4 + 16);
  EXPECT_TRUE(prefix.starts_with("msg_"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(requests[i].body, fmt::format(R"({{"message":"{}"}})", "abc"[i]));
    EXPECT_EQ(requests[i].header("webhook-id"), fmt::format("{}_77_{}", prefix, 4 + i));
  }
}

TEST_F(WebhookSinks, SettleTheFrontWhenALaterEventCannotBeDelivered) {
  WebhookOptions options = to(server_.url());
  options.per = WebhookPer::event;
  open(options);
  server_.script({{.status = 200}, {.status = 400}, {.status = 204}, {.status = 503}});
  const WriteResult result = write({"a", "b", "c", "d", "e"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.settled(), 3U);
  EXPECT_EQ(result.positions(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(server_.requests().size(), 4U);
}

TEST_F(WebhookSinks, NameTheEventsThatWereRefusedOneByOne) {
  WebhookOptions options = to(server_.url());
  options.payload = WebhookPayload::discord;
  open(options);
  server_.script({{.status = 204}, {.status = 400}, {.status = 204}, {.status = 413}});
  const WriteResult result = write({"a", "b", "c", "d"});
  EXPECT_EQ(result.kind(), Kind::reject);
  EXPECT_EQ(result.positions(), (std::vector<std::uint32_t>{1, 3}));
}

TEST_F(WebhookSinks, RejectABatchWithoutPositions) {
  open(to(server_.url()));
  for (const int status : {400, 404, 410, 422, 501, 505}) {
    server_.script({{.status = status}});
    const WriteResult result = write({"a", "b"});
    EXPECT_EQ(result.kind(), Kind::reject) << status;
    EXPECT_TRUE(result.positions().empty());
    EXPECT_NE(result.reason().find(std::to_string(status)), std::string::npos);
  }
  EXPECT_TRUE(context_.reports().empty());
}

TEST_F(WebhookSinks, SendABatchThatIsTooLargeInParts) {
  open(to(server_.url()));
  server_.otherwise([](const HttpRequest& request) {
    const bool has_poison = request.body.find("poison") != std::string::npos;
    return HttpReply{.status = request.body.size() > 50 ? 413 : has_poison ? 400 : 200};
  });
  const WebhookBatch batch({"a", "b", "poison", "d", std::string(100, 'e'), "f", "g"}, 9);
  const WriteResult result = write(batch);
  EXPECT_EQ(result.kind(), Kind::reject);
  EXPECT_EQ(result.positions(), (std::vector<std::uint32_t>{2, 4}));
  std::string taken;
  std::set<std::string> ids;
  for (const HttpRequest& request : server_.requests()) {
    const bool good = request.body.size() <= 50 && request.body.find("poison") == std::string::npos;
    if (good) taken += request.body;
    EXPECT_TRUE(ids.insert(request.header("webhook-id")).second);
  }
  EXPECT_EQ(taken, R"([{"message":"a"},{"message":"b"}][{"message":"d"}])"
                   R"([{"message":"f"},{"message":"g"}])");
}

TEST_F(WebhookSinks, SettleThePartsThatWereTaken) {
  open(to(server_.url()));
  server_.script({{.status = 413}, {.status = 200}, {.status = 503}});
  const WriteResult result = write({"a", "b", "c", "d"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.settled(), 2U);
  EXPECT_TRUE(result.positions().empty());
  EXPECT_EQ(server_.requests().at(2).body, R"([{"message":"c"},{"message":"d"}])");
}

TEST_F(WebhookSinks, RetryWhatMayPass) {
  open(to(server_.url()));
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 507, 599}) {
    server_.script({{.status = status}});
    const WriteResult result = write({"a"});
    EXPECT_EQ(result.kind(), Kind::retry) << status;
    EXPECT_EQ(result.after(), 0ns);
    EXPECT_EQ(result.settled(), 0U);
  }
  EXPECT_TRUE(context_.reports().empty());
}

TEST_F(WebhookSinks, ObeyTheCodesThatAreSet) {
  WebhookOptions options = to(server_.url());
  options.retry_codes = std::vector<std::uint32_t>{404};
  open(options);
  server_.script({{.status = 404}, {.status = 503}});
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_EQ(write({"a"}).kind(), Kind::reject);
}

TEST_F(WebhookSinks, ObeyRetryAfterInBothFormsUpToAnHour) {
  open(to(server_.url()));
  server_.script({{.status = 429, .headers = {"Retry-After: 7"}},
                  {.status = 503, .headers = {"retry-after: Thu, 25 Feb 2021 15:03:10 GMT"}},
                  {.status = 503, .headers = {"Retry-After: 86400"}},
                  {.status = 503, .headers = {"Retry-After: whenever"}}});
  EXPECT_EQ(write({"a"}).after(), 7s);
  EXPECT_EQ(write({"a"}).after(), 60s);
  EXPECT_EQ(write({"a"}).after(), 1h);
  EXPECT_EQ(write({"a"}).after(), 0ns);
}

TEST_F(WebhookSinks, DoNotFollowRedirections) {
  const HttpServer elsewhere;
  open(to(server_.url()));
  for (const int status : {301, 302, 303, 307, 308, 304}) {
    server_.script({{.status = status, .headers = {"Location: " + elsewhere.url("/x")}}});
    EXPECT_EQ(write({"a"}).kind(), Kind::retry) << status;
    EXPECT_NE(context_.problem().find("redirections are not followed"), std::string::npos);
  }
  EXPECT_EQ(elsewhere.connections(), 0U);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(context_.problem(), "");  // and the alarm is over
}

TEST_F(WebhookSinks, KeepTheConnection) {
  open(to(server_.url()));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(server_.requests().size(), 50U);
  EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(WebhookSinks, UseANewConnectionAfterReopen) {
  open(to(server_.url()));
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  sink_->control(SinkControl::reopen);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(server_.connections(), 2U);
}

TEST_F(WebhookSinks, UseNewConnectionsOnlyAfterReopenThoughSomeAreBusy) {
  penstock::test::Signal go;
  open(to(server_.url()));
  const WebhookBatch a({"a"});
  const WebhookBatch b({"b"});
  const WebhookBatch c({"c"});
  const WebhookBatch d({"d"});
  server_.script({{.wait_for = &go}, {}});
  EXPECT_EQ(sink_->write(a.batch()).kind(), Kind::pending);
  ASSERT_TRUE(server_.wait_for_requests(1));
  EXPECT_EQ(write(b).kind(), Kind::ok);
  EXPECT_EQ(server_.connections(), 2U);
  sink_->control(SinkControl::reopen);
  penstock::test::Signal go_on;
  server_.script({{.wait_for = &go_on}, {.wait_for = &go_on}});
  for (const WebhookBatch* batch : {&c, &d}) {
    EXPECT_EQ(sink_->write(batch->batch()).kind(), Kind::pending);
  }
  ASSERT_TRUE(server_.wait_for_requests(4));
  go.set();
  EXPECT_EQ(context_.wait(a.token()).kind(), Kind::ok);  // what was under way is not disturbed
  go_on.set();
  for (const WebhookBatch* batch : {&c, &d}) {
    EXPECT_EQ(context_.wait(batch->token()).kind(), Kind::ok);
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(write({"e"}).kind(), Kind::ok);
  EXPECT_EQ(server_.connections(), 4U);
  const auto requests = server_.requests();
  for (std::size_t i = 2; i < requests.size(); ++i) EXPECT_GE(requests[i].connection, 2U) << i;
}

TEST_F(WebhookSinks, GoOnWhenTheServerEndsAnIdleConnection) {
  open(to(server_.url()));
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  server_.stop();
  server_.start();
  EXPECT_EQ(write({"b"}).kind(), Kind::ok);
}

TEST_F(WebhookSinks, CompressWhatTheySignUncompressed) {
  WebhookOptions options = to(server_.url());
  options.compression = WebhookCompression::gzip;
  options.signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  open(options);
  const std::vector<std::string> events(1000, "the same again and again");
  EXPECT_EQ(write(events).kind(), Kind::ok);
  const HttpRequest request = server_.requests().at(0);
  EXPECT_EQ(request.header("content-encoding"), "gzip");
  EXPECT_LT(request.body.size(), 2'000U);
  const std::string body = gunzip(request.body);
  EXPECT_EQ(nlohmann::json::parse(body).size(), 1000U);
  EXPECT_EQ(request.header("webhook-signature"),
            signature(*signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                      request.header("webhook-id"), 1'614'265'330, body));
}

TEST_F(WebhookSinks, GiveEachBatchAnIdThatStaysOverRetriesAndReopening) {
  open(to(server_.url()));
  const WebhookBatch batch({"a"});
  server_.script({{.status = 503}});
  EXPECT_EQ(write(batch).kind(), Kind::retry);
  sink_->close();
  ASSERT_TRUE(sink_->open(context_).ok());
  context_.now += 5 * second;
  const WebhookBatch again({"a"}, batch.id());
  EXPECT_EQ(write(again).kind(), Kind::ok);
  EXPECT_EQ(write({"b"}).kind(), Kind::ok);
  open(to(server_.url()));  // another sink
  const WebhookBatch other({"a"}, batch.id());
  EXPECT_EQ(write(other).kind(), Kind::ok);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
  EXPECT_EQ(requests[1].header("webhook-timestamp"), "1614265335");
  EXPECT_NE(requests[1].header("webhook-id"), requests[2].header("webhook-id"));
  EXPECT_NE(requests[0].header("webhook-id"), requests[3].header("webhook-id"));
}

TEST_F(WebhookSinks, HaveSeveralBatchesPendingAndFlushWaitsForNone) {
  penstock::test::Signal go;
  open(to(server_.url()));
  server_.script({{.wait_for = &go}, {.wait_for = &go}, {.wait_for = &go}});
  const WebhookBatch a({"a"});
  const WebhookBatch b({"b"});
  const WebhookBatch c({"c"});
  for (const WebhookBatch* batch : {&a, &b, &c}) {
    EXPECT_EQ(sink_->write(batch->batch()).kind(), Kind::pending);
  }
  ASSERT_TRUE(server_.wait_for_requests(3));
  EXPECT_TRUE(sink_->flush().ok());
  EXPECT_FALSE(context_.is_settled(a.token()));
  go.set();
  for (const WebhookBatch* batch : {&a, &b, &c}) {
    EXPECT_EQ(context_.wait(batch->token()).kind(), Kind::ok);
  }
}

TEST_F(WebhookSinks, IgnoreProxiesOfTheEnvironment) {
  const HttpServer proxy;
  const std::string url = proxy.url("");
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, url.c_str(), 1);
  }
  open(to(server_.url()));
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
  EXPECT_EQ(proxy.connections(), 0U);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(WebhookSinks, UseTheProxyThatIsSetWhateverTheEnvironmentExempts) {
  const HttpServer proxy;
  ::setenv("no_proxy", "*", 1);
  WebhookOptions options = to("http://hooks.example.com/hook");
  options.proxy = proxy.url("");
  EXPECT_EQ(validate(options).size(), 1U);  // where the proxy connects to may be public
  options.allow_plain_http = true;
  open(options);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  ::unsetenv("no_proxy");
  ASSERT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(proxy.requests()[0].target, "http://hooks.example.com/hook");
}

TEST_F(WebhookSinks, TakeARefusalOfTheProxyForNoAnswer) {
  HttpServer proxy;
  WebhookOptions options = to("https://hooks.example.com/hook");
  options.proxy = proxy.url("");
  options.bearer = "swordfish";
  open(options);
  for (const int status : {400, 403, 404, 407, 502}) {
    proxy.script({{.status = status}});
    EXPECT_EQ(write({"a"}).kind(), Kind::retry) << status;
    const bool is_told = context_.problem().find("the proxy wants cred") != std::string::npos;
    EXPECT_EQ(is_told, status == 407 || status == 502)
        << status;  // it stays until one is delivered
  }
  ASSERT_EQ(proxy.requests().size(), 5U);
  for (const HttpRequest& request : proxy.requests()) {
    EXPECT_EQ(request.method, "CONNECT");
    EXPECT_EQ(request.header("authorization"), "");
  }
}

TEST_F(WebhookSinks, SayThatTheFormatDoesNotFit) {
  open(to(server_.url()));
  const WebhookBatch batch = WebhookBatch::of_lines({"INFO a"});
  const WriteResult result = write(batch);
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_NE(result.reason().find("the 'format' of this webhook sink must be json"),
            std::string::npos);
  EXPECT_EQ(context_.problem(), result.reason());
  EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(WebhookSinks, AreNotOpenBeforeOpenAndAfterClose) {
  sink_ = webhook_sink(to(server_.url()))();
  EXPECT_EQ(write({"a"}).kind(), Kind::fatal);
  EXPECT_FALSE(sink_->flush().ok());
  ASSERT_TRUE(sink_->open(context_).ok());
  sink_->close();
  EXPECT_EQ(write({"a"}).kind(), Kind::fatal);
}

}  // namespace
}  // namespace penstock::sinks::testing
