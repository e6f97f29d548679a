// SPDX-License-Identifier: Apache-2.0
// Whom a webhook trusts: real TLS, with certificates that are good and that are not.
#include <memory>

#include <gmock/gmock.h>

#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;

class WebhookTls : public WebhookTest {
 protected:
  WebhookTls() { write_file(ca_file_, authority_.pem()); }

  WebhookOptions to_tls(const HttpServer& server, const std::string& host = "localhost") {
    WebhookOptions options = to(server.url("/hook", host));
    options.ca_file = ca_file_;
    return options;
  }
  // A server with this certificate gets nothing, and the error says why.
  void expect_refused(const Identity& identity, const std::string& why) {
    const HttpServer server(&identity);
    open(to_tls(server));
    const WriteResult result = write({"secret"});
    EXPECT_EQ(result.kind(), Kind::retry);
    EXPECT_NE(result.reason().find(why), std::string::npos) << result.reason();
    EXPECT_EQ(context_.problem(), result.reason());
    EXPECT_TRUE(server.requests().empty());
    sink_->close();
    sink_ = nullptr;
  }

  const TemporaryDirectory folder_{};
  const std::string ca_file_ = folder_ / "ca.pem";
  const Identity authority_ = make_authority();
};

TEST_F(WebhookTls, GoesToAServerWithAGoodCertificateAndKeepsTheConnection) {
  const Identity good = make_identity(&authority_, "localhost");
  const HttpServer server(&good);
  open(to_tls(server));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(WebhookTls, RefusesAnExpiredCertificate) {
  expect_refused(make_identity(&authority_, "localhost", {.from = -30, .to = -1}),
                 "certificate has expired");
}

TEST_F(WebhookTls, RefusesACertificateOfTheFuture) {
  expect_refused(make_identity(&authority_, "localhost", {.from = 1, .to = 30}),
                 "certificate is not yet valid");
}

TEST_F(WebhookTls, RefusesTheCertificateOfAnotherHost) {
  const Identity other = make_identity(&authority_, "hooks.example.com");
  const HttpServer server(&other);
  open(to_tls(server));
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_NE(result.reason().find("subject name matches"), std::string::npos) << result.reason();
  EXPECT_EQ(context_.problem(), result.reason());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebhookTls, RefusesACertificateWhoseNameIsWrittenAsAnAddress) {
  const Identity good = make_identity(&authority_, "localhost");
  const HttpServer server(&good);
  open(to_tls(server, "127.0.0.1"));
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebhookTls, RefusesASelfSignedCertificate) {
  expect_refused(make_identity(nullptr, "localhost"), "self-signed certificate");
}

TEST_F(WebhookTls, RefusesAnAuthorityThatIsNotItsOwn) {
  const Identity other = make_authority("Another authority");
  expect_refused(make_identity(&other, "localhost"), "unable to get local issuer certificate");
  const Identity namesake = make_authority();
  expect_refused(make_identity(&namesake, "localhost"), "");
}

TEST_F(WebhookTls, TrustsTheSystemsAuthoritiesOnlyWhenNoFileIsSet) {
  const Identity good = make_identity(&authority_, "localhost");
  const HttpServer server(&good);
  open(to(server.url("/hook", "localhost")));
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebhookTls, TriesAgainWithoutTheFileOfAuthorities) {
  const Identity good = make_identity(&authority_, "localhost");
  const HttpServer server(&good);
  WebhookOptions options = to_tls(server);
  options.ca_file = folder_ / "none.pem";
  open(options);
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(context_.problem(), result.reason());
}

TEST_F(WebhookTls, RefusesPlainHttpOnAnHttpsPort) {
  const Identity good = make_identity(&authority_, "localhost");
  const HttpServer server(&good);
  WebhookOptions options = to(fmt::format("http://localhost:{}/hook", server.port()));
  open(options);
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebhookTls, RefusesAPlainServerOnAnHttpsUrlAndSaysThatItIsNoTls) {
  HttpServer server(nullptr, "HTTP/1.1 400 Bad Request\r\n\r\n");  // as such servers say at once
  open(to(fmt::format("https://localhost:{}/hook", server.port())));
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_NE(result.reason().find("does not speak TLS"), std::string::npos) << result.reason();
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebhookTls, RaisesNoAlarmOverAHandshakeThatTakesTooLong) {
  HttpServer server;  // it waits for a line of HTTP
  WebhookOptions options = to(fmt::format("https://localhost:{}/hook", server.port()));
  options.connect_timeout = 100ms;
  options.timeout = 200ms;
  open(options);
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_THAT(result.reason(), ::testing::ContainsRegex("timeout|timed out"));  // of curl, or ours
  EXPECT_EQ(context_.problem(), "");
}

TEST_F(WebhookTls, TakesOneConnectionForEachBatchThatIsPendingAndNoMore) {
  const Identity good = make_identity(&authority_, "localhost");
  HttpServer server(&good);
  open(to_tls(server));
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<WebhookBatch>> batches;
    for (int i = 0; i < 3; ++i) {
      batches.push_back(std::make_unique<WebhookBatch>(std::vector<std::string>{"a"}));
      EXPECT_EQ(sink_->write(batches.back()->batch()).kind(), Kind::pending);
    }
    for (const auto& batch : batches) EXPECT_EQ(context_.wait(batch->token()).kind(), Kind::ok);
  }
  EXPECT_LE(server.connections(), 3U);
}

}  // namespace
}  // namespace penstock::sinks::testing
