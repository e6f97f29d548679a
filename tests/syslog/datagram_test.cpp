// SPDX-License-Identifier: Apache-2.0
// datagram_test.cpp: UDP and local datagrams, to sockets of the test.
#include <arpa/inet.h>
#include <cerrno>
#include <filesystem>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syslog_fixture.hpp"
#include "syslog_parser.hpp"
#include "system_calls.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::test::eventually;
using penstock::testing::FakeContext;
using penstock::testing::OwnedBatch;
using penstock::testing::OwnedEvent;
using ::testing::HasSubstr;

// A socket that takes datagrams, with a buffer for those of a test.
class Datagrams {
 public:
  explicit Datagrams(std::uint16_t port = 0) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    constexpr int buffer = 8 << 20;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  explicit Datagrams(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "udp://127.0.0.1:" + std::to_string(port_); }
  // The next one; nothing when none comes.
  std::string take() {
    std::string text(65536, '\0');
    const timeval limit{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

std::vector<OwnedEvent> numbers(int from, int to) {
  std::vector<OwnedEvent> events;
  for (int i = from; i < to; ++i) events.push_back({.message = std::to_string(i)});
  return events;
}

TEST(SyslogDatagram, EachMessageIsADatagram) {
  Datagrams receiver;
  const FakeConfig config({{"servers[0]", receiver.url()}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  const OwnedBatch batch(numbers(0, 2000));  // several calls of sendmmsg
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  for (int i = 0; i < 2000; ++i) {
    const auto read = parse_rfc5424(receiver.take());
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->message, std::to_string(i));
  }
}

TEST(SyslogDatagram, ControlCharactersAreKept) {
  Datagrams receiver;
  const FakeConfig config({{"servers[0]", receiver.url()}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  const OwnedBatch batch({{.message = "two\nlines"}});
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  EXPECT_EQ(parse_rfc5424(receiver.take())->message, "two\nlines");
}

// A router may tell of a smaller path when the next message is sent, which is small.
TEST(SyslogDatagram, ThatAnEarlierOneWasTooLargeRefusesNoOther) {
  Datagrams receiver;
  const FakeConfig config({{"servers[0]", receiver.url()}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  SystemCalls::instance().fail_to_send(EMSGSIZE, 1);
  EXPECT_EQ(sink.write(OwnedBatch(numbers(0, 3)).view()).kind(), WriteResult::Kind::ok);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(parse_rfc5424(receiver.take())->message, std::to_string(i));
  }
}

class SyslogDatagramSender : public ::testing::Test {
 protected:
  void open(const std::string& url, const SenderOptions& given, std::size_t max_message = 8192) {
    SenderOptions options = given;
    options.servers = {parse_server(url)};
    Format format;
    format.framing = Framing::none;
    format.max_message = max_message;
    sender_ = make_datagram_sender(std::move(options), BatchFormatter(std::move(format), false));
    ASSERT_TRUE(sender_->open(context_).ok());
  }

  FakeContext context_{};
  std::unique_ptr<Sender> sender_{};
};

// Over UDP no such option is taken, but a route may have less room than that.
TEST_F(SyslogDatagramSender, WhatIsLargerThanADatagramCanBeIsRefusedAlone) {
  Datagrams receiver;
  open(receiver.url(), {}, 100'000);
  const OwnedBatch batch(
      {{.message = "a"}, {.message = std::string(70'000, 'x')}, {.message = "b"}});
  const WriteResult result = sender_->write(batch.view());
  EXPECT_EQ(result.kind(), WriteResult::Kind::reject);
  EXPECT_THAT(result.positions(), ::testing::ElementsAre(1));
  EXPECT_EQ(parse_rfc5424(receiver.take())->message, "a");
  EXPECT_EQ(parse_rfc5424(receiver.take())->message, "b");
}

TEST_F(SyslogDatagramSender, ABatchIsAnsweredThoughTheSystemHasNoBuffers) {
  Datagrams receiver;
  open(receiver.url(), {.answer_within = 20ms});
  SystemCalls::instance().fail_to_send(ENOBUFS, 2000);
  const WriteResult result = sender_->write(OwnedBatch(numbers(0, 3)).view());
  SystemCalls::instance().fail_to_send(0, 0);
  EXPECT_EQ(result.kind(), WriteResult::Kind::retry);
  EXPECT_THAT(result.reason(), HasSubstr("its queue is full"));
}

TEST_F(SyslogDatagramSender, ABatchIsAnsweredThoughItGoesOnAndOn) {
  Datagrams receiver;
  open(receiver.url(), {.answer_within = 1ms});
  const OwnedBatch batch(numbers(0, 100'000));
  const WriteResult result = sender_->write(batch.view());
  EXPECT_EQ(result.kind(), WriteResult::Kind::retry);
  EXPECT_GT(result.settled(), 0U);
  EXPECT_LT(result.settled(), 100'000U);
}

TEST(SyslogDatagram, APortThatRefusesIsRetriedUntilItTakes) {
  std::uint16_t port = 0;
  {
    const Datagrams gone;
    port = gone.port();
  }
  const FakeConfig config({{"servers[0]", "udp://127.0.0.1:" + std::to_string(port)}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  const OwnedBatch batch(numbers(0, 100));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const WriteResult result = sink.write(batch.view());
    ASSERT_EQ(result.kind(), WriteResult::Kind::retry);
    EXPECT_EQ(result.settled(), 0U);
    EXPECT_THAT(result.reason(), HasSubstr("Connection refused"));
  }
  Datagrams receiver(port);
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(parse_rfc5424(receiver.take())->message, std::to_string(i));
  }
}

TEST(SyslogDatagram, TheSecondAddressIsUsedWhereTheFirstRefuses) {
  Datagrams receiver;
  SystemCalls::instance().resolve("logs.test", {"127.0.0.2", "127.0.0.1"});
  const FakeConfig config({{"servers[0]", "udp://logs.test:" + std::to_string(receiver.port())}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  const OwnedBatch batch(numbers(0, 100));
  ASSERT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::retry);
  ASSERT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(parse_rfc5424(receiver.take())->message, std::to_string(i));
  }
}

TEST(SyslogDatagram, TheSecondServerIsUsedWhereTheFirstRefuses) {
  std::string first;
  {
    const Datagrams gone;
    first = gone.url();
  }
  Datagrams second;
  const FakeConfig config({{"servers[0]", first}, {"servers[1]", second.url()}});
  SyslogSink sink(config.config());
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  const OwnedBatch batch(numbers(0, 100));
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(parse_rfc5424(second.take())->message, std::to_string(i));
  }
  EXPECT_EQ(context.problem(), "sending to " + second.url() + " instead of " + first);
}

class SyslogLocalDatagram : public SyslogPipeline {};

// Its queue has room for few: the sink waits for it, and nothing is thrown away.
TEST_F(SyslogLocalDatagram, ALocalReceiverIsWaitedFor) {
  const std::string path = ::testing::TempDir() + "penstock-syslog-datagram";
  std::filesystem::remove(path);
  {
    Datagrams receiver(path);
    Pipeline& pipeline = start({sink(options({{"servers[0]", "unix-datagram://" + path}}))});
    log_numbers(pipeline, 0, 5000);
    for (int i = 0; i < 5000; ++i) {
      const auto read = parse_rfc5424(receiver.take());
      ASSERT_TRUE(read.has_value());
      ASSERT_EQ(read->message, "a message of usual length, number " + std::to_string(i));
    }
    ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "syslog").delivered == 5000; }));
  }
  // A new receiver at the same place.
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace penstock::syslog::testing
