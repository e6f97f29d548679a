// SPDX-License-Identifier: Apache-2.0
// daemons_test.cpp: what rsyslog and syslog-ng make of it, over every transport, in every format.
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "syslog_fixture.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::test::eventually;
using penstock::testing::FakeContext;
using penstock::testing::OwnedBatch;
using penstock::testing::OwnedEvent;
using ::testing::StartsWith;

constexpr std::int64_t some_time = 1'700'000'000'123'456'789;  // 2023-11-14T22:13:20Z

class SyslogDaemon : public SyslogPipeline, public ::testing::WithParamInterface<Daemon::Kind> {
 protected:
  void SetUp() override {
    if (!Daemon::is_there(GetParam())) GTEST_SKIP() << "it is not there; ./dev setup gets it";
    daemon_ = std::make_unique<Daemon>(GetParam());
    ASSERT_NO_FATAL_FAILURE(daemon_->start());
  }
  bool is_rsyslog() const { return GetParam() == Daemon::Kind::rsyslog; }

  FakeConfig& config_for(const std::string& server, const std::string& protocol,
                         const std::string& framing) {
    const auto for_tls = [&](const char* file) {
      return server.starts_with("tls://") ? daemon_->file(file) : std::string();
    };
    return options({{"servers[0]", server},
                    {"protocol", protocol},
                    {"framing", framing},
                    {"facility", "local3"},
                    {"hostname", "alpha.example"},
                    {"app_name", "{logger}"},
                    {"procid", "4242"},
                    {"ca_file", for_tls("ca.pem")},
                    {"cert_file", for_tls("client.pem")},
                    {"key_file", for_tls("client.key")}});
  }

  // Sends an event, and waits until it counts as delivered.
  static void send(const FakeConfig& config, const OwnedEvent& event) {
    SyslogSink sink(config.config());
    FakeContext context;
    ASSERT_TRUE(sink.open(context).ok());
    const OwnedBatch batch({event});
    const WriteResult result = sink.write(batch.view());
    if (result.kind() == WriteResult::Kind::pending) {
      ASSERT_TRUE(context.wait_for(1, 20s));
      const WriteResult answer = context.settled().front().result;
      EXPECT_EQ(answer.kind(), WriteResult::Kind::ok) << answer.reason();
    } else {
      EXPECT_EQ(result.kind(), WriteResult::Kind::ok) << result.reason();
    }
    sink.close();
  }

  // The numbers at the end of the messages that have arrived.
  std::set<std::string> numbers() const {
    std::set<std::string> all;
    for (const std::string& line : daemon_->output()) {
      const std::string text = nlohmann::json::parse(line).at("msg");
      all.insert(text.substr(text.rfind(' ') + 1));
    }
    return all;
  }

  // Those of 0 .. count - 1 that have not arrived: the first, the last, and how many.
  std::string missing(std::uint64_t count) const {
    const std::set<std::string> there = numbers();
    std::vector<std::uint64_t> missing;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!there.contains(std::to_string(i))) missing.push_back(i);
    }
    if (missing.empty()) return {};
    return std::to_string(missing.front()) + " .. " + std::to_string(missing.back()) + ": " +
           std::to_string(missing.size());
  }

  std::unique_ptr<Daemon> daemon_{};
};

struct Way {
  std::string server{};
  std::string framing = "auto";
  bool keeps_controls = true;
};

TEST_P(SyslogDaemon, EveryFieldOfRfc5424ArrivesByEveryTransport) {
  std::vector<Way> ways = {{daemon_->udp()},
                           {daemon_->counted()},
                           {daemon_->lines(), "lf", false},
                           {daemon_->tls()},
                           {daemon_->local_datagram()}};
  if (!is_rsyslog()) ways.push_back({daemon_->local_stream(), "auto", false});
  OwnedEvent event{.time_ns = some_time,
                   .level = Level::warning,
                   .logger = "orders.book",
                   .message =
                       "gr\xC3\xBC\xC3\x9F"
                       "e \"quoted\" ]\\ and more",
                   .event = "login",
                   .fields = {{"quote", "a\"b\\c]d"}, {"n", std::int64_t{-7}}}};
  std::size_t count = 0;
  for (const Way& way : ways) {
    SCOPED_TRACE(way.server);
    OwnedEvent one = event;
    if (way.keeps_controls) one.message += "\nsecond line";
    ASSERT_NO_FATAL_FAILURE(send(config_for(way.server, "rfc5424", way.framing), one));
    const auto arrived = daemon_->wait_for(++count);
    ASSERT_EQ(arrived.size(), count);
    const nlohmann::json& got = arrived.back();
    EXPECT_EQ(got.at("pri"), "156");  // local3.warning
    EXPECT_EQ(got.at("host"), "alpha.example");
    EXPECT_EQ(got.at("app"), "orders.book");
    EXPECT_EQ(got.at("procid"), "4242");
    EXPECT_EQ(got.at("msgid"), "login");
    // syslog-ng adds an element of its own to what comes from local sockets.
    const std::string data = got.at("sd");
    EXPECT_THAT(data, StartsWith("[fields@32473 quote=\"a\\\"b\\\\c\\]d\" n=\"-7\"]"));
    EXPECT_EQ(got.at("msg"), one.message);
    const std::string time = got.at("time");
    EXPECT_EQ(time.substr(0, 26), "2023-11-14T22:13:20.123456");
    if (is_rsyslog()) {
      EXPECT_EQ(got.at("version"), "1");
    }
  }
}

TEST_P(SyslogDaemon, EveryFieldOfRfc3164ArrivesByEveryTransport) {
  std::vector<Way> ways = {{daemon_->legacy_udp()},
                           {daemon_->legacy_lines(), "lf", false},
                           {daemon_->counted()},
                           {daemon_->tls()},
                           {daemon_->local_datagram()}};
  if (!is_rsyslog()) ways.push_back({daemon_->local_stream(), "auto", false});
  const OwnedEvent event{.time_ns = some_time,
                         .level = Level::error,
                         .logger = "orders",
                         .message =
                             "gr\xC3\xBC\xC3\x9F"
                             "e: [text]"};
  std::size_t count = 0;
  for (const Way& way : ways) {
    SCOPED_TRACE(way.server);
    ASSERT_NO_FATAL_FAILURE(send(config_for(way.server, "rfc3164", way.framing), event));
    const auto arrived = daemon_->wait_for(++count);
    ASSERT_EQ(arrived.size(), count);
    const nlohmann::json& got = arrived.back();
    EXPECT_EQ(got.at("pri"), "155");  // local3.err
    if (!way.server.starts_with("unix")) {
      EXPECT_EQ(got.at("host"), "alpha.example");
    }
    EXPECT_EQ(got.at("app"), "orders");
    EXPECT_EQ(got.at("procid"), "4242");
    const std::string text = got.at("msg");
    EXPECT_EQ(text.substr(text.find_first_not_of(' ')), event.message);
    // The year is not in it: the receiver takes its own.
    const std::string time = got.at("time");
    EXPECT_EQ(time.substr(4, 4), "-11-");
  }
}

// It has what the kernel keeps for it unread, and that may be megabytes.
TEST_P(SyslogDaemon, ARestartInMidStreamLosesNothing) {
  FakeConfig& config = config_for(daemon_->counted(), "rfc5424", "auto");
  config.bytes("resend", 8 << 20);
  Pipeline& pipeline = start({sink(config)});
  std::uint64_t count = 0;
  for (int restart = 0; restart < 2; ++restart) {
    log_numbers(pipeline, count, count + 10'000);
    count += 10'000;
    ASSERT_TRUE(eventually([&] { return daemon_->output().size() > 1000; }));
    std::thread more([&, from = count] { log_numbers(pipeline, from, from + 10'000); });
    count += 10'000;
    daemon_->stop();
    more.join();
    ASSERT_NO_FATAL_FAILURE(daemon_->start());
  }
  EXPECT_TRUE(pipeline.stop(20s).complete);
  EXPECT_TRUE(eventually([&] { return numbers().size() == count; })) << missing(count);
}

TEST_P(SyslogDaemon, OneThatStopsReadingGetsAllWhenItReadsAgain) {
  FakeConfig& config = config_for(daemon_->counted(), "rfc5424", "auto");
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 1);
  daemon_->wait_for(1);
  daemon_->send(SIGSTOP);
  constexpr std::uint64_t count = 100'000;
  log_numbers(pipeline, 1, count);
  EXPECT_LT(stats_of(pipeline, "syslog").delivered, static_cast<std::int64_t>(count));
  daemon_->send(SIGCONT);
  EXPECT_TRUE(pipeline.stop(30s).complete);
  EXPECT_TRUE(eventually([&] { return daemon_->output().size() == count; }))
      << daemon_->output().size();
}

TEST_P(SyslogDaemon, ItsCertificateAndOursHaveToHold) {
  FakeConfig& stranger = options({{"servers[0]", daemon_->tls()},
                                  {"ca_file", daemon_->file("other.pem")},
                                  {"cert_file", daemon_->file("client.pem")},
                                  {"key_file", daemon_->file("client.key")}});
  FakeConfig& nameless =
      options({{"servers[0]", daemon_->tls()}, {"ca_file", daemon_->file("ca.pem")}});
  for (FakeConfig* config : {&stranger, &nameless}) {
    Pipeline& pipeline = start({sink(*config)});
    log_numbers(pipeline, 0, 10);
    EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "syslog").retries >= 2; }));
    EXPECT_EQ(stats_of(pipeline, "syslog").delivered, 0);
    EXPECT_FALSE(pipeline.stop(100ms).complete);
  }
  EXPECT_TRUE(daemon_->output().empty());
}

INSTANTIATE_TEST_SUITE_P(Rsyslog, SyslogDaemon, ::testing::Values(Daemon::Kind::rsyslog));
INSTANTIATE_TEST_SUITE_P(SyslogNg, SyslogDaemon, ::testing::Values(Daemon::Kind::syslog_ng));

}  // namespace
}  // namespace penstock::syslog::testing
