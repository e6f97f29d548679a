// SPDX-License-Identifier: Apache-2.0
// tls_test.cpp: over TLS, with certificates that hold and with those that do not.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "syslog_fixture.hpp"
#include "tls_material.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::sinks::testing::Identity;
using penstock::sinks::testing::make_authority;
using penstock::sinks::testing::make_identity;
using penstock::test::eventually;
using ::testing::AnyOf;
using ::testing::HasSubstr;

// Takes messages over TLS.
class TlsReceiver {
 public:
  struct Rules {
    const Identity* clients = nullptr;  // the authority of certificates that clients must have
    int max_version = TLS1_3_VERSION;
    int min_version = TLS1_VERSION;
    bool shakes_hands_again = false;  // or begins to, and answers nothing
  };
  TlsReceiver(const Identity& identity, Rules rules)
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free),
        shakes_hands_again_(rules.shakes_hands_again),
        acceptor_([this](Socket& socket) { serve(socket); }) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), rules.min_version);
    SSL_CTX_set_max_proto_version(context_.get(), rules.max_version);
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), identity.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), identity.key.get()), 1);
    if (rules.clients == nullptr) return;
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), rules.clients->certificate.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }

  std::string url(const std::string& host = "localhost") const {
    return "tls://" + host + ":" + std::to_string(acceptor_.port());
  }
  Tally& tally() { return tally_; }
  int handshakes() const { return handshakes_; }

 private:
  void serve(const Socket& socket) {
    // This side's writes to a client that is gone; the client's must not need it.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(session.get(), socket.get());
    if (SSL_accept(session.get()) != 1) return;
    ++handshakes_;
    tally_.begin();
    char buffer[16384];
    if (shakes_hands_again_) {
      EXPECT_EQ(SSL_renegotiate(session.get()), 1);
      EXPECT_EQ(SSL_do_handshake(session.get()), 1);  // has asked for it
      while (::recv(socket.get(), buffer, sizeof buffer, 0) > 0) {
      }
      return;
    }
    for (int size; (size = SSL_read(session.get(), buffer, sizeof buffer)) > 0;) {
      tally_.take({buffer, static_cast<std::size_t>(size)});
    }
    SSL_shutdown(session.get());
  }

  Tally tally_{};
  std::atomic<int> handshakes_ = 0;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  bool shakes_hands_again_;
  Acceptor acceptor_;
};

class SyslogTls : public SyslogPipeline {
 protected:
  SyslogTls() : folder_(::testing::TempDir() + "penstock-syslog-tls-XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    write("ca.pem", authority_.pem());
  }
  ~SyslogTls() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string ca() const { return folder_ + "/ca.pem"; }

  void expect_delivery(TlsReceiver& receiver, FakeConfig& config) {
    Pipeline& pipeline = start({sink(config)});
    log_numbers(pipeline, 0, 5000);
    EXPECT_TRUE(pipeline.stop(20s).complete);
    EXPECT_TRUE(eventually([&] { return receiver.tally().distinct() == 5000; }));
    EXPECT_EQ(receiver.tally().complaint(), "");
    EXPECT_EQ(receiver.tally().duplicates(), 0U);
  }
  // Nothing is sent, nothing lost, and the sink says why.
  void expect_refusal(TlsReceiver& receiver, FakeConfig& config,
                      const ::testing::Matcher<const std::string&>& why) {
    Pipeline& pipeline = start({sink(config)});
    log_numbers(pipeline, 0, 10);
    ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "syslog").retries >= 2; }));
    const SinkStats stats = stats_of(pipeline, "syslog");
    EXPECT_THAT(stats.last_error, why);
    EXPECT_EQ(stats.delivered, 0);
    EXPECT_EQ(receiver.tally().distinct(), 0U);
    EXPECT_FALSE(pipeline.stop(200ms).complete);
  }
  void expect_refusal_of(const Identity& server, const std::string& why) {
    TlsReceiver receiver(server, {});
    expect_refusal(receiver, options({{"servers[0]", receiver.url()}, {"ca_file", ca()}}),
                   HasSubstr(why));
  }

  Identity authority_ = make_authority();
  Identity server_ = make_identity(&authority_, "localhost");

 private:
  std::string folder_;
};

TEST_F(SyslogTls, EventsArriveOverTls13And12) {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsReceiver receiver(server_, {.max_version = version});
    expect_delivery(receiver, options({{"servers[0]", receiver.url()}, {"ca_file", ca()}}));
  }
}

// It asks for one, and then reads without answering: the messages go on all the same.
TEST_F(SyslogTls, AServerCannotHoldUpTheMessagesWithAnotherHandshake) {
  TlsReceiver receiver(server_, {.max_version = TLS1_2_VERSION, .shakes_hands_again = true});
  Pipeline& pipeline = start({sink(options({{"servers[0]", receiver.url()}, {"ca_file", ca()}}))});
  log_numbers(pipeline, 0, 1);
  ASSERT_TRUE(eventually([&] { return receiver.handshakes() == 1; }));
  log_numbers(pipeline, 1, 20'000);
  EXPECT_TRUE(pipeline.flush(10s));
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, 20'000);
  EXPECT_EQ(receiver.handshakes(), 1);
  EXPECT_TRUE(pipeline.stop(10s).complete);
}

TEST_F(SyslogTls, BothSidesCanHaveCertificates) {
  const Identity client = make_identity(&authority_, "client");
  const std::string cert = write("client.pem", client.pem());
  const std::string key = write("client.key", client.key_pem());
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsReceiver receiver(server_, {.clients = &authority_, .max_version = version});
    expect_delivery(receiver, options({{"servers[0]", receiver.url()},
                                       {"ca_file", ca()},
                                       {"cert_file", cert},
                                       {"key_file", key}}));
  }
}

// With TLS 1.3 the server says so only after messages have been sent, and acknowledged by its TCP.
TEST_F(SyslogTls, AServerThatRefusesTheClientLosesNothing) {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsReceiver receiver(server_, {.clients = &authority_, .max_version = version});
    expect_refusal(receiver, options({{"servers[0]", receiver.url()}, {"ca_file", ca()}}),
                   AnyOf(HasSubstr("certificate required"), HasSubstr("handshake failure"),
                         HasSubstr("Connection reset"), HasSubstr("closed the connection")));
  }
}

TEST_F(SyslogTls, ACertificateOfAnotherNameIsRefused) {
  expect_refusal_of(make_identity(&authority_, "other.example"), "hostname mismatch");
}

TEST_F(SyslogTls, ACertificateThatHasExpiredIsRefused) {
  expect_refusal_of(make_identity(&authority_, "localhost", {.from = -10, .to = -1}),
                    "certificate has expired");
}

TEST_F(SyslogTls, ACertificateThatIsNotValidYetIsRefused) {
  expect_refusal_of(make_identity(&authority_, "localhost", {.from = 1, .to = 10}),
                    "certificate is not yet valid");
}

TEST_F(SyslogTls, ACertificateThatIsSignedByItselfIsRefused) {
  expect_refusal_of(make_identity(nullptr, "localhost"), "self-signed certificate");
}

TEST_F(SyslogTls, ACertificateOfAnotherAuthorityIsRefused) {
  const Identity other = make_authority();
  expect_refusal_of(make_identity(&other, "localhost"), "certificate");
}

TEST_F(SyslogTls, AnAddressIsNoName) {
  TlsReceiver receiver(server_, {});
  expect_refusal(receiver, options({{"servers[0]", receiver.url("127.0.0.1")}, {"ca_file", ca()}}),
                 HasSubstr("IP address mismatch"));
}

TEST_F(SyslogTls, TheNameThatACertificateMustHaveCanBeSaid) {
  const Identity named = make_identity(&authority_, "logs.example.com");
  TlsReceiver receiver(named, {});
  expect_delivery(receiver, options({{"servers[0]", receiver.url("127.0.0.1")},
                                     {"server_name", "logs.example.com"},
                                     {"ca_file", ca()}}));
}

TEST_F(SyslogTls, OldVersionsAreRefused) {
  TlsReceiver old(server_, {.max_version = TLS1_1_VERSION});
  expect_refusal(old, options({{"servers[0]", old.url()}, {"ca_file", ca()}}),
                 HasSubstr("protocol version"));
  TlsReceiver tls_1_2(server_, {.max_version = TLS1_2_VERSION});
  expect_refusal(tls_1_2,
                 options({{"servers[0]", tls_1_2.url()}, {"ca_file", ca()}, {"tls_min", "1.3"}}),
                 HasSubstr("protocol version"));
}

TEST_F(SyslogTls, FilesThatCannotBeUsedAreToldOfWhenItIsOpened) {
  const auto refusal = [&](const FakeConfig& config) -> std::string {
    penstock::testing::FakeContext context;
    SyslogSink sink(config.config());
    try {
      EXPECT_FALSE(sink.open(context).ok());
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  };
  const FakeConfig::Option server = {"servers[0]", "tls://localhost"};
  const std::string none = "/does/not/exist";
  const std::string why = "' cannot be used: No such file or directory";
  EXPECT_EQ(refusal(options({server, {"ca_file", none}})), "ca_file '" + none + why);
  EXPECT_EQ(refusal(options({server, {"cert_file", none}, {"key_file", none}})),
            "cert_file '" + none + why);
  const std::string cert = write("client.pem", make_identity(&authority_, "client").pem());
  EXPECT_EQ(refusal(options({server, {"cert_file", cert}, {"key_file", none}})),
            "key_file '" + none + why);
  const std::string text = write("text", "no certificate");
  EXPECT_EQ(refusal(options({server, {"cert_file", text}, {"key_file", text}})),
            "cert_file '" + text + "' cannot be used: no start line");
}

TEST_F(SyslogTls, CertificatesThatCannotBeReadAgainAreToldOfUntilTheyCan) {
  TlsReceiver receiver(server_, {});
  penstock::testing::FakeContext context;
  const FakeConfig& config = options({{"servers[0]", receiver.url()}, {"ca_file", ca()}});
  SyslogSink sink(config.config());
  ASSERT_TRUE(sink.open(context).ok());
  write("ca.pem", "no certificate");
  sink.control(SinkControl::reopen);
  const auto told = HasSubstr("certificates not renewed: ca_file '" + ca() + "'");
  EXPECT_THAT(context.problem(), told);
  const penstock::testing::OwnedBatch batch({{.message = "0"}});
  ASSERT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::pending);
  ASSERT_TRUE(eventually([&] { return receiver.tally().distinct() == 1; }));
  EXPECT_THAT(context.problem(), told);
  write("ca.pem", authority_.pem());
  sink.control(SinkControl::reopen);
  EXPECT_EQ(context.problem(), "");
  sink.close();
}

TEST_F(SyslogTls, AServerThatRefusesTheClientLeavesAllToTheNext) {
  TlsReceiver refusing(server_, {.clients = &authority_});
  TlsReceiver receiver(server_, {});
  expect_delivery(
      receiver,
      options({{"servers[0]", refusing.url()}, {"servers[1]", receiver.url()}, {"ca_file", ca()}}));
}

}  // namespace
}  // namespace penstock::syslog::testing
