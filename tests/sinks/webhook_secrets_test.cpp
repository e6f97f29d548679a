// SPDX-License-Identifier: Apache-2.0
// Credentials of a webhook: how they are sent, found again, and never shown.
#include <cstdlib>

#include "sinks/webhook_signature.hpp"
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;

class WebhookSecrets : public WebhookTest {
 protected:
  std::string token_file(const std::string& text) {
    write_file(folder_ / "token", text);
    return "${file:" + (folder_ / "token") + "}";
  }

  HttpServer server_{};
  TemporaryDirectory folder_{};
};

TEST_F(WebhookSecrets, AreSentAsBearerBasicOrHeader) {
  ::setenv("PENSTOCK_TEST_SECRET", "swordfish", 1);
  WebhookOptions bearer = to(server_.url());
  bearer.bearer = "${env:PENSTOCK_TEST_SECRET}";
  open(bearer);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  WebhookOptions basic = to(server_.url());
  basic.user = "me";
  basic.password = "${env:PENSTOCK_TEST_SECRET}";
  open(basic);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  WebhookOptions header = to(server_.url());
  header.headers = {{"X-Api-Key", "key ${env:PENSTOCK_TEST_SECRET}"}};
  open(header);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  ::unsetenv("PENSTOCK_TEST_SECRET");
  const auto requests = server_.requests();
  EXPECT_EQ(requests.at(0).header("authorization"), "Bearer swordfish");
  EXPECT_EQ(requests.at(1).header("authorization"), "Basic " + base64("me:swordfish"));
  EXPECT_EQ(requests.at(2).header("x-api-key"), "key swordfish");
}

TEST_F(WebhookSecrets, AreReadAgainWhenTheyAreRefused) {
  WebhookOptions options = to(server_.url());
  options.bearer = token_file("old");
  server_.otherwise([](const HttpRequest& request) {
    return HttpReply{.status = request.header("authorization") == "Bearer new" ? 200 : 401};
  });
  open(options);
  WriteResult result = write({"a"});  // not rotated yet: nothing is lost
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_NE(context_.problem().find("answered 401; it does not take the credentials"),
            std::string::npos);
  EXPECT_EQ(server_.requests().size(), 1U);
  token_file("new");
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);  // tried with the old one, then with the new one
  EXPECT_EQ(context_.problem(), "");
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(WebhookSecrets, AreReadAgainOnceForEachRequestOnly) {
  WebhookOptions options = to(server_.url());
  options.bearer = token_file("old");
  int count = 0;
  server_.otherwise([&](const HttpRequest&) {
    token_file("number " + std::to_string(++count));
    return HttpReply{.status = 403};
  });
  open(options);
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(WebhookSecrets, AreReadAgainAtReopenAndKeptWhenTheyCannotBe) {
  WebhookOptions options = to(server_.url());
  options.bearer = token_file("old");
  open(options);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  token_file("new");
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  sink_->control(SinkControl::reopen);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  std::filesystem::remove(folder_ / "token");
  sink_->control(SinkControl::reopen);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  const auto requests = server_.requests();
  EXPECT_EQ(requests.at(1).header("authorization"), "Bearer old");
  EXPECT_EQ(requests.at(2).header("authorization"), "Bearer new");
  EXPECT_EQ(requests.at(3).header("authorization"), "Bearer new");
  const auto reports = context_.reports();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0], "webhook: bearer: cannot read the secret in '" + (folder_ / "token") +
                            "': No such file or directory");
  EXPECT_EQ(reports[1], "");
}

TEST_F(WebhookSecrets, ThatCannotBeReadFailTheOpening) {
  WebhookOptions options = to(server_.url());
  options.bearer = "${env:PENSTOCK_NOT_SET}";
  options.signing_secret = "${file:" + (folder_ / "none") + "}";
  options.headers = {{"X-Key", "${file:" + (folder_ / "none") + "}"}};
  sink_ = webhook_sink(options)();
  const Status status = sink_->open(context_);
  sink_ = nullptr;
  const std::string why =
      "cannot read the secret in '" + (folder_ / "none") + "': No such file or directory\n";
  EXPECT_EQ(to_string(status.errors()),
            "webhook: bearer: environment variable 'PENSTOCK_NOT_SET' is not set\n"
            "webhook: header 'X-Key': " +
                why + "webhook: signing_secret: " + why);
}

TEST_F(WebhookSecrets, AreMoreThanBlanks) {
  for (const char* blanks : {" ", "   "}) {
    const Result<std::string> text = Secret(token_file(blanks)).reveal();
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.errors().front().message, "a secret is only blanks");
  }
  EXPECT_EQ(Secret(" a ").reveal().value(), " a ");
}

TEST_F(WebhookSecrets, CanHoldTheWholeUrl) {
  write_file(folder_ / "url", server_.url("/services/T0/B0/SECRET") + "\n");
  WebhookOptions options = to("${file:" + (folder_ / "url") + "}");
  open(options);
  server_.script({{.status = 503}});
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.reason(), fmt::format("http://127.0.0.1:{} answered 503", server_.port()));
  EXPECT_EQ(server_.requests().at(0).target, "/services/T0/B0/SECRET");
  write_file(folder_ / "url", "ftp://SECRET/SECRET");
  sink_->close();
  const Status status = sink_->open(context_);
  EXPECT_EQ(to_string(status.errors()),
            "webhook: 'url' must begin with http:// or https://, not 'ftp'\n");
  write_file(folder_ / "url", "SECRET");
  EXPECT_EQ(to_string(sink_->open(context_).errors()),
            "webhook: 'url' must begin with http:// or https://\n");
}

// Everything that can go wrong, with a mark in every secret: it shows nowhere.
TEST_F(WebhookSecrets, AreNeverShown) {
  const std::string mark = "CANARY";
  std::string all;
  const auto keep = [&](const WriteResult& result) { all += result.reason() + "\n"; };
  WebhookOptions options = to(server_.url("/" + mark + "?" + mark));
  options.headers = {{"X-A", Secret(mark)}, {"X-B", Secret("a " + mark + " b")}};
  options.bearer = mark + mark;
  options.signing_secret = "whsec_CANARY" + base64(std::string(24, 'k')).substr(6);
  options.timeout = 50ms;
  open(options);
  for (int status = 300; status < 600; ++status) {
    server_.script({{.status = status, .headers = {"X-Echo: " + mark}, .body = mark + mark}});
    keep(write({"a"}));
  }
  using Manner = HttpReply::Manner;
  for (const Manner manner : {Manner::reset, Manner::silent, Manner::close, Manner::dribble}) {
    server_.script({{.status = 200, .body = mark + mark, .manner = manner}});
    keep(write({"a"}));
  }
  server_.stop();
  keep(write({"a"}));
  options.proxy = server_.url("");
  options.allow_plain_http = true;
  open(options);
  keep(write({"a"}));
  options.proxy.clear();
  options.allow_plain_http = false;
  for (const std::string& url :
       {"http://" + mark + ":" + mark + "@127.0.0.1/", std::string("ftp://h/") + mark,
        "http://h:99999/" + mark, "http://[::1/" + mark, "http://h/\n" + mark}) {
    options.url = url;
    all += to_string(validate(options));
  }
  options.url = server_.url();
  options.signing_secret = mark;
  options.headers = {{"X-A", Secret(mark + "\n")}, {"Content-Length", Secret(mark)}};
  options.password = mark;
  all += to_string(validate(options));
  for (const std::string& report : context_.reports()) all += report + "\n";
  EXPECT_GT(all.size(), 10'000U);
  EXPECT_EQ(all.find(mark), std::string::npos) << all.substr(all.find(mark) - 200, 400);
}

}  // namespace
}  // namespace penstock::sinks::testing
