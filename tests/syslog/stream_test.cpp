// SPDX-License-Identifier: Apache-2.0
// stream_test.cpp: what becomes of events when connections end, in every way in which they do.
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <netinet/in.h>
#include <random>
#include <string>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "syslog_fixture.hpp"
#include "syslog_parser.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::test::Clock;
using penstock::test::eventually;
using ::testing::HasSubstr;

class SyslogStream : public SyslogPipeline {
 protected:
  // Reads all there is.
  Acceptor::Handler reading() {
    return [this](Socket& socket) {
      tally_.begin();
      read_into(tally_, socket.get());
    };
  }
  void expect_all(std::uint64_t count) {
    EXPECT_TRUE(eventually([&] { return tally_.distinct() >= count; }))
        << tally_.distinct() << " of " << count;
    EXPECT_EQ(tally_.complaint(), "");
  }

  Tally tally_{};
};

TEST_F(SyslogStream, EventsArriveInTheirOrderAndAreDelivered) {
  Acceptor receiver(reading());
  Pipeline& pipeline = start({sink(options({{"servers[0]", receiver.url()}}))});
  log_numbers(pipeline, 0, 20'000);
  EXPECT_TRUE(pipeline.stop(10s).complete);
  expect_all(20'000);
  EXPECT_EQ(tally_.duplicates(), 0U);
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, 20'000);
}

TEST_F(SyslogStream, ALocalStreamIsReadByLines) {
  const std::string path = ::testing::TempDir() + "penstock-syslog-stream";
  std::filesystem::remove(path);
  std::mutex mutex;
  std::string text;
  Acceptor receiver(
      [&](Socket& socket) {
        char buffer[4096];
        for (ssize_t size; (size = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) {
          const std::lock_guard lock(mutex);
          text.append(buffer, static_cast<std::size_t>(size));
        }
      },
      {.path = path});
  Pipeline& pipeline = start({sink(options({{"servers[0]", "unix-stream://" + path}}))});
  pipeline.logger("orders").info("two\nlines");
  log_numbers(pipeline, 0, 3000);
  EXPECT_TRUE(pipeline.stop(10s).complete);
  const std::lock_guard lock(mutex);
  const auto lines = split_lines(text);
  ASSERT_EQ(lines.size(), 3001U);
  EXPECT_EQ(parse_rfc5424(lines[0])->message, "two\\nlines");
  std::filesystem::remove(path);
}

// The receiver reads at random, and resets the connection with what it has not read in its buffer.
TEST_F(SyslogStream, AThousandResetsInMidStreamLoseNothing) {
  const int resets = PENSTOCK_SYSLOG_RESETS;
  std::atomic<int> so_far = 0;
  std::atomic<bool> has_last = false;
  int most_unread = 0;
  std::minstd_rand random(7);
  const auto handler = [&](Socket& socket) {
    tally_.begin();
    const bool is_last = so_far == resets;
    has_last = is_last;
    const std::size_t taken =
        read_into(tally_, socket.get(), is_last ? SIZE_MAX : 100'000 + random() % 200'000);
    if (taken == 0 || is_last) return;
    int unread = 0;
    ::ioctl(socket.get(), FIONREAD, &unread);
    most_unread = std::max(most_unread, unread);
    reset_at_close(socket);
    ++so_far;
  };
  Acceptor receiver(handler, {.receive_buffer = 8192});
  FakeConfig& config = options({{"servers[0]", receiver.url()}});
  config.bytes("resend", 64 * 1024);
  Pipeline& pipeline = start({sink(config)});
  std::uint64_t count = 0;
  while (so_far < resets) {
    log_numbers(pipeline, count, count + 1000);
    count += 1000;
  }
  // A sink that is closed sends nothing again.
  ASSERT_TRUE(eventually([&] { return has_last.load(); }));
  EXPECT_TRUE(pipeline.stop(30s).complete);
  expect_all(count);
  const auto duplicates = tally_.duplicates();
  RecordProperty("most_unread", most_unread);
  RecordProperty("events", static_cast<int>(count));
  RecordProperty("duplicates", static_cast<int>(duplicates));
  // No more than what is sent again each time: messages have more than 100 bytes.
  EXPECT_LE(duplicates, static_cast<std::uint64_t>(resets) * (64 * 1024 + 32 * 1024) / 100);
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, static_cast<std::int64_t>(count));
}

TEST_F(SyslogStream, AReceiverThatClosesInOrderIsConnectedToAgain) {
  std::atomic<int> connections = 0;
  Acceptor receiver([&](Socket& socket) {
    tally_.begin();
    if (++connections > 1) {
      read_into(tally_, socket.get());
      return;
    }
    read_into(tally_, socket.get(), 1);  // until the pipeline has nothing more to send
    ASSERT_TRUE(eventually([&] {
      char buffer[65536];
      const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (size > 0) tally_.take({buffer, static_cast<std::size_t>(size)});
      return tally_.distinct() >= 1000;
    }));
  });
  Pipeline& pipeline = start({sink(options({{"servers[0]", receiver.url()}}))});
  log_numbers(pipeline, 0, 1000);
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "syslog").delivered == 1000; }));
  log_numbers(pipeline, 1000, 2000);
  // A sink that is closed sends nothing again.
  ASSERT_TRUE(eventually([&] { return connections > 1; }));
  EXPECT_TRUE(pipeline.stop(10s).complete);
  expect_all(2000);
  EXPECT_LE(tally_.duplicates(), 2000U);  // each came again once, at most
}

TEST_F(SyslogStream, AReceiverThatIsNotThereYetIsWaitedFor) {
  const std::uint16_t port = free_port();
  const std::string url = "tcp://127.0.0.1:" + std::to_string(port);
  Pipeline& pipeline = start({sink(options({{"servers[0]", url}}))});
  log_numbers(pipeline, 0, 5000);
  ASSERT_TRUE(eventually([&] {
    const SinkStats stats = stats_of(pipeline, "syslog");
    return stats.state == SinkState::retrying && stats.retries >= 3;
  }));
  EXPECT_THAT(stats_of(pipeline, "syslog").last_error, HasSubstr("cannot connect to " + url));
  Acceptor receiver(reading(), {.port = port});
  EXPECT_TRUE(pipeline.stop(10s).complete);
  expect_all(5000);
  EXPECT_EQ(tally_.duplicates(), 0U);
}

TEST_F(SyslogStream, AReceiverThatStopsReadingHoldsUpItsSinkAndLosesNothing) {
  penstock::test::Signal go;
  Acceptor receiver(
      [&](Socket& socket) {
        tally_.begin();
        ASSERT_TRUE(go.wait());
        read_into(tally_, socket.get());
      },
      {.receive_buffer = 8192});
  Pipeline& pipeline = start({sink(options({{"servers[0]", receiver.url()}}))});
  log_numbers(pipeline, 0, 100'000);  // more than the kernel keeps
  EXPECT_LT(stats_of(pipeline, "syslog").delivered, 100'000);
  go.set();
  EXPECT_TRUE(pipeline.stop(20s).complete);
  expect_all(100'000);
  EXPECT_EQ(tally_.duplicates(), 0U);
}

// The kernel has no limit there: what is in a local socket's queue waits for ever.
TEST_F(SyslogStream, ALocalReceiverThatReadsNothingIsConnectedToAgain) {
  const std::string path = ::testing::TempDir() + "penstock-syslog-stalled";
  std::filesystem::remove(path);
  Socket kept;
  std::atomic<int> connections = 0;
  Acceptor receiver(
      [&](Socket& socket) {
        tally_.begin();
        if (++connections == 1) {
          kept = receiver.keep(socket);
        } else {
          read_into(tally_, socket.get());
        }
      },
      {.path = path});
  FakeConfig& config =
      options({{"servers[0]", "unix-stream://" + path}, {"framing", "octet_counting"}});
  config.duration("stalled_after", 1s);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 100);
  ASSERT_TRUE(eventually([&] { return connections > 1; }));
  EXPECT_TRUE(pipeline.stop(10s).complete);
  expect_all(100);
  std::filesystem::remove(path);
}

// Its packets, and the answers to them, are dropped: the connection stands as before for this side.
TEST_F(SyslogStream, APeerThatAnswersNothingIsNoticedAndItsEventsGoToTheNext) {
  const std::uint16_t second_port = free_port();
  Socket first;
  penstock::test::Signal is_silent;
  Acceptor silent([&](Socket& socket) {
    tally_.begin();
    read_into(tally_, socket.get(), 5000);
    go_silent(socket);
    first = silent.keep(socket);
    is_silent.set();
  });
  FakeConfig& config = options({{"servers[0]", silent.url()},
                                {"servers[1]", "tcp://127.0.0.1:" + std::to_string(second_port)}});
  config.duration("dead_after", PENSTOCK_SYSLOG_DEAD_AFTER);
  config.duration("connect_timeout", 1s);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 1000);
  ASSERT_TRUE(is_silent.wait());
  silent.stop();
  const auto since = Clock::now();
  Acceptor second(reading(), {.port = second_port});
  log_numbers(pipeline, 1000, 2000);
  ASSERT_TRUE(eventually([&] { return tally_.distinct() == 2000; }, 40s));
  const auto took = std::chrono::duration<double>(Clock::now() - since);
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_LE(took, PENSTOCK_SYSLOG_DEAD_AFTER + PENSTOCK_SYSLOG_SLACK);
  EXPECT_EQ(tally_.complaint(), "");
  EXPECT_TRUE(pipeline.stop(10s).complete);
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, 2000);
}

// Nothing is sent that could have no answer.
// Before, it had read nothing for a while: its kernel is only asked whether it has room again.
TEST_F(SyslogStream, APeerThatIsGoneBehindAClosedWindowIsNoticed) {
  constexpr int tcp_rto_max_ms = 44;  // Linux 6.15
  const Socket probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  constexpr int second = 1000;
  if (::setsockopt(probe.get(), IPPROTO_TCP, tcp_rto_max_ms, &second, sizeof second) != 0) {
    GTEST_SKIP() << "this kernel asks less and less often";
  }
  Socket first;
  penstock::test::Signal is_connected;
  Acceptor silent(
      [&](Socket& socket) {
        first = silent.keep(socket);
        is_connected.set();
      },
      {.receive_buffer = 8192});
  Acceptor second_one(reading());
  FakeConfig& config = options({{"servers[0]", silent.url()}, {"servers[1]", second_one.url()}});
  config.duration("dead_after", PENSTOCK_SYSLOG_DEAD_AFTER);
  config.duration("connect_timeout", 1s);
  Pipeline& pipeline = start({sink(config)});
  constexpr std::uint64_t count = 50'000;
  log_numbers(pipeline, 0, count);
  ASSERT_TRUE(is_connected.wait());
  // As long as its window is closed for the connection to be watched as one whose window is.
  int unread = 0;
  auto closed_since = Clock::now();
  ASSERT_TRUE(eventually([&] {
    int now = 0;
    ::ioctl(first.get(), FIONREAD, &now);
    if (now == 0 || now != std::exchange(unread, now)) closed_since = Clock::now();
    return Clock::now() - closed_since > 3s;
  }));
  go_silent(first);
  silent.stop();
  const auto since = Clock::now();
  ASSERT_TRUE(eventually([&] { return tally_.distinct() > 0; }, 40s));
  const auto took = std::chrono::duration<double>(Clock::now() - since);
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_LE(took, PENSTOCK_SYSLOG_DEAD_AFTER + PENSTOCK_SYSLOG_SLACK);
  expect_all(count);
  EXPECT_TRUE(pipeline.stop(10s).complete);
}

TEST_F(SyslogStream, APeerThatIsGoneIsNoticedOnAnIdleConnectionToo) {
  Socket kept;
  penstock::test::Signal is_silent;
  std::atomic<int> connections = 0;
  Acceptor receiver([&](Socket& socket) {
    tally_.begin();
    if (++connections > 1) {
      read_into(tally_, socket.get());
      return;
    }
    // All of it, then silence.
    while (tally_.distinct() < 100) {
      if (read_into(tally_, socket.get(), 1) == 0) return;
    }
    go_silent(socket);
    kept = receiver.keep(socket);
    is_silent.set();
  });
  FakeConfig& config = options({{"servers[0]", receiver.url()}});
  config.duration("dead_after", PENSTOCK_SYSLOG_DEAD_AFTER);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 100);
  ASSERT_TRUE(is_silent.wait());
  const auto since = Clock::now();
  // What it may not have read comes again, by a new connection.
  ASSERT_TRUE(eventually([&] { return connections > 1 && tally_.duplicates() > 0; }, 40s));
  EXPECT_LE(Clock::now() - since, PENSTOCK_SYSLOG_DEAD_AFTER + PENSTOCK_SYSLOG_SLACK);
  EXPECT_TRUE(pipeline.stop(10s).complete);
}

TEST_F(SyslogStream, TheSecondServerIsUsedUntilTheFirstIsBack) {
  const std::uint16_t first_port = free_port();
  Acceptor second(reading());
  Tally at_first;
  FakeConfig& config = options({{"servers[0]", "tcp://127.0.0.1:" + std::to_string(first_port)},
                                {"servers[1]", second.url()}});
  config.duration("failback", 50ms);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 10);
  expect_all(10);
  EXPECT_THAT(stats_of(pipeline, "syslog").last_error, HasSubstr("sending to " + second.url()));
  Acceptor first([&](Socket& socket) { read_into(at_first, socket.get()); }, {.port = first_port});
  std::uint64_t count = 10;
  ASSERT_TRUE(eventually([&] {
    log_numbers(pipeline, count, count + 1);
    ++count;
    EXPECT_TRUE(pipeline.flush(5s));
    return at_first.distinct() > 0;
  }));
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "syslog").last_error.empty(); }));
  EXPECT_TRUE(pipeline.stop(10s).complete);
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, static_cast<std::int64_t>(count));
}

// As a load balancer with nothing behind it, whose kernel acknowledges what nobody reads.
TEST_F(SyslogStream, AServerThatResetsWhatItHasTakenIsLeftForTheNext) {
  std::atomic<int> connections = 0;
  Acceptor first([&](Socket& socket) {
    ++connections;
    char byte = 0;
    [[maybe_unused]] const ssize_t size = ::recv(socket.get(), &byte, 1, 0);
    reset_at_close(socket);
  });
  Acceptor second(reading());
  Pipeline& pipeline =
      start({sink(options({{"servers[0]", first.url()}, {"servers[1]", second.url()}}))});
  for (std::uint64_t i = 0; i < 10; ++i) {
    log_numbers(pipeline, i, i + 1);
    EXPECT_TRUE(pipeline.flush(penstock::test::patience));
  }
  expect_all(10);
  EXPECT_LE(connections, 2);
  EXPECT_THAT(stats_of(pipeline, "syslog").last_error, HasSubstr("sending to " + second.url()));
  EXPECT_TRUE(pipeline.stop(10s).complete);
  EXPECT_EQ(stats_of(pipeline, "syslog").delivered, 10);
}

// It is told, and not asked again a thousand times a second.
TEST_F(SyslogStream, AServerThatResetsEveryConnectionIsTold) {
  std::atomic<int> connections = 0;
  Acceptor only([&](Socket& socket) {
    ++connections;
    reset_at_close(socket);
  });
  Pipeline& pipeline = start({sink(options({{"servers[0]", only.url()}}))});
  log_numbers(pipeline, 0, 1);
  ASSERT_TRUE(eventually([&] { return connections > 3; }));
  EXPECT_TRUE(eventually([&] { return !stats_of(pipeline, "syslog").last_error.empty(); }));
}

// There is always something on its way: the second server reads nothing any more.
TEST_F(SyslogStream, ABusySinkGoesBackToTheFirstServerToo) {
  const std::uint16_t first_port = free_port();
  Socket kept;
  Acceptor second([&](Socket& socket) { kept = second.keep(socket); }, {.receive_buffer = 8192});
  FakeConfig& config = options({{"servers[0]", "tcp://127.0.0.1:" + std::to_string(first_port)},
                                {"servers[1]", second.url()}});
  config.duration("failback", 50ms);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 100'000);  // more than the kernel keeps
  ASSERT_TRUE(eventually([&] {
    return stats_of(pipeline, "syslog").last_error.find("sending to ") != std::string::npos;
  }));
  Tally at_first;
  Acceptor first([&](Socket& socket) { read_into(at_first, socket.get()); }, {.port = first_port});
  EXPECT_TRUE(eventually([&] { return at_first.distinct() == 100'000; })) << at_first.distinct();
  EXPECT_TRUE(pipeline.stop(10s).complete);
}

TEST_F(SyslogStream, AnEventThatIsTooLargeIsRefusedAloneWhereItIsAskedFor) {
  tally_.keep_messages();
  Acceptor receiver(reading());
  FakeConfig& config = options({{"servers[0]", receiver.url()}, {"too_large", "refuse"}});
  config.bytes("max_message", 1024);
  Pipeline& pipeline = start({sink(config)});
  log_numbers(pipeline, 0, 100);
  pipeline.logger("orders").info("{}", std::string(3000, 'x'));
  log_numbers(pipeline, 100, 200);
  EXPECT_TRUE(pipeline.stop(10s).complete);
  expect_all(200);
  const SinkStats stats = stats_of(pipeline, "syslog");
  EXPECT_EQ(stats.delivered, 200);
  EXPECT_EQ(stats.dropped_total(), 1);
}

}  // namespace
}  // namespace penstock::syslog::testing
