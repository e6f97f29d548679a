// SPDX-License-Identifier: Apache-2.0
// The order in which a sink sees events.
#include <algorithm>
#include <map>
#include <pthread.h>
#include <string>
#include <unistd.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

class OrderTest : public PipelineTest {
 protected:
  // Processors may read the counter while they still wait for the lock that stands before it.
  static void read_no_counter_ahead() {
#if defined(__x86_64__)
    _mm_lfence();
#endif
  }

  // `threads` threads take tickets under one mutex and log them there; returns the tickets in the
  // order of their arrival.
  static std::vector<int> log_tickets(const Logger& log, const MemorySink& seen, Pipeline& pipeline,
                                      std::size_t threads, int tickets) {
    std::mutex mutex;
    int next = 0;
    Threads running;
    running.start(threads, [&](std::size_t) {
      for (;;) {
        std::lock_guard lock(mutex);
        read_no_counter_ahead();
        if (next == tickets) return;
        log.info("{}", next);
        ++next;
      }
    });
    running.join();
    EXPECT_TRUE(pipeline.flush(patience));
    std::vector<int> arrived;
    for (const std::string& message : messages_of(seen.events())) {
      arrived.push_back(std::stoi(message));
    }
    return arrived;
  }
};

TEST_F(OrderTest, EventsLoggedUnderOneMutexArriveInThatOrder) {
  const int tickets = static_cast<int>(repeats(under_tsan ? 5'000 : 40'000));
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const auto arrived = log_tickets(pipeline.logger("x"), seen, pipeline, 8, tickets);
  ASSERT_EQ(arrived.size(), static_cast<std::size_t>(tickets));
  const auto flaw = std::adjacent_find(arrived.begin(), arrived.end(), std::greater<>());
  EXPECT_EQ(flaw, arrived.end()) << flaw[0] << " came before " << flaw[1];
}

// Blocks go round: the next one in the same place may be another thread's.
TEST_F(OrderTest, EachEventNamesTheThreadThatLoggedItHoweverTheyAlternate) {
  const int rounds = static_cast<int>(repeats(under_tsan ? 40 : 300));
  constexpr int events = 12;  // few: a thread's first block is its last
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  int expected = 0;
  for (int round = 0; round < rounds; ++round) {
    Threads running;
    running.start(2, [&](std::size_t thread) {
      const std::string name = "t" + std::to_string(2 * round + static_cast<int>(thread));
      pthread_setname_np(pthread_self(), name.c_str());
      const auto id = static_cast<std::uint64_t>(gettid());
      for (int i = 0; i < events; ++i) {
        if (i == events / 2) log.with(field("with", "context")).info("{} {}", id, name);
        log.info("{} {}", id, name);
      }
    });
    running.join();
    // Then their blocks are free, and the next threads get them. Mostly: nothing else depends on
    // it.
    (void)eventually([&] { return stats_of(pipeline, "memory").queue_bytes == 0; }, 20ms);
    expected += 2 * (events + 1);
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.events().size(), static_cast<std::size_t>(expected));
  for (const OwnedEvent& event : seen.events()) {
    ASSERT_EQ(event.message,
              std::to_string(event.thread_id) + ' ' + std::string(event.thread_name));
  }
}

TEST_F(OrderTest, EventsLoggedUnderOneMutexArriveInThatOrderInLargeBatches) {
  const int tickets = static_cast<int>(repeats(under_tsan ? 5'000 : 40'000));
  MemorySink seen;
  SinkOptions sink = seen.options("memory");
  sink.batch.linger = 5ms;
  Pipeline& pipeline = start({sink});
  const auto arrived = log_tickets(pipeline.logger("x"), seen, pipeline, 8, tickets);
  ASSERT_EQ(arrived.size(), static_cast<std::size_t>(tickets));
  const auto flaw = std::adjacent_find(arrived.begin(), arrived.end(), std::greater<>());
  EXPECT_EQ(flaw, arrived.end()) << flaw[0] << " came before " << flaw[1];
}

// Each event of a chain wakes a thread that has been silent for a while: its block is open and
// cold.
TEST_F(OrderTest, AChainOfSilentThreadsArrivesInOrder) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  constexpr std::size_t links = 8;
  const std::size_t rounds = repeats(50);
  std::atomic<std::size_t> turn{0};
  Threads threads;
  threads.start(links, [&](std::size_t link) {
    for (std::size_t round = 0; round < rounds; ++round) {
      ASSERT_TRUE(eventually([&] { return turn.load() == round * links + link; }));
      log.info("{}", turn.load());
      turn.fetch_add(1);
    }
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  const auto messages = messages_of(seen.events());
  ASSERT_EQ(messages.size(), links * rounds);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ASSERT_EQ(messages[i], std::to_string(i)) << "at " << i;
  }
}

TEST_F(OrderTest, EachThreadsEventsStayInOrderAtEverySink) {
  MemorySink seen[2];
  Pipeline& pipeline = start({tiny(seen[0].options("a")), tiny(seen[1].options("b"))});
  const Logger log = pipeline.logger("x");
  const int count = under_tsan ? 1'000 : 5'000;
  Threads threads;
  threads.start(4, [&](std::size_t i) {
    for (int n = 0; n < count; ++n) log.info("n", field("thread", i), field("number", n));
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  for (const MemorySink& sink : seen) {
    std::map<std::uint64_t, std::int64_t> next;
    for (const OwnedEvent& event : sink.events()) {
      const auto thread = std::get<std::uint64_t>(*event.field("thread"));
      ASSERT_EQ(std::get<std::int64_t>(*event.field("number")), next[thread]++);
    }
    EXPECT_EQ(sink.size(), 4u * static_cast<std::size_t>(count));
  }
}

TEST_F(OrderTest, TimeStampsOfOneThreadDoNotGoBack) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 20'000; ++i) log.info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = seen.events();
  const auto flaw = std::adjacent_find(
      events.begin(), events.end(),
      [](const OwnedEvent& a, const OwnedEvent& b) { return a.time_ns > b.time_ns; });
  EXPECT_EQ(flaw, events.end()) << "by " << flaw[0].time_ns - flaw[1].time_ns << " ns";
}

TEST_F(OrderTest, OneProducerHasOneNumberAndTwoHaveTwo) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  log.info("a");
  log.info("b");
  std::thread([&] { log.info("c"); }).join();
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = seen.events();
  EXPECT_EQ(events[0].producer, events[1].producer);
  EXPECT_NE(events[0].producer, events[2].producer);
}

}  // namespace
}  // namespace penstock::test
