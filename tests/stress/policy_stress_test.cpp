// SPDX-License-Identifier: Apache-2.0
// Producers x sinks x policies, with tiny queues, slow and failing sinks, and payloads that say
// whether they arrived whole, once and in order. The account is sampled all the while.
#include <map>
#include <string>
#include <tuple>

#include "support/options.hpp"
#include "support/payload.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

struct Policy {
  const char* name;
  WhenFull when_full;
  std::chrono::nanoseconds block_timeout;
  std::uint32_t reserve_percent;
};
constexpr Policy policies[] = {
    {"Block", WhenFull::block, forever, 0},
    {"BlockTimeout", WhenFull::block, std::chrono::milliseconds(1), 10},
    {"DropNewest", WhenFull::drop_newest, forever, 0},
    {"DropNewestReserve", WhenFull::drop_newest, forever, 40},
    {"DropOldest", WhenFull::drop_oldest, forever, 0},
    {"DropOldestReserve", WhenFull::drop_oldest, forever, 40},
};

using Case = std::tuple<std::size_t, std::size_t, std::size_t>;  // producers, sinks, policy

class PolicyStress : public PipelineTest, public ::testing::WithParamInterface<Case> {
 protected:
  static std::size_t producers() { return std::get<0>(GetParam()); }
  static std::size_t sinks() { return std::get<1>(GetParam()); }
  static const Policy& policy() { return policies[std::get<2>(GetParam())]; }

  // Fails now and then, and is slow now and then: it looks at the batch again and again.
  static CheckingSink::Trouble trouble(std::size_t sink) {
    return [random = std::make_shared<std::mt19937_64>(random_stream(100 + sink))](
               const Batch& batch) mutable {
      const auto dice = (*random)() % 64;
      if (dice == 0) throw std::runtime_error("trouble");
      if (dice < 4) {
        return WriteResult::retry("trouble", std::chrono::microseconds(20),
                                  (*random)() % (batch.size() + 1));
      }
      if (dice < 12) {
        for (std::uint64_t n = (*random)() % 200; n > 0; --n) std::this_thread::yield();
      }
      return WriteResult::ok();
    };
  }

  Pipeline& start_all() {
    PipelineOptions options;
    options.own_events = false;
    for (std::size_t i = 0; i < sinks(); ++i) {
      checking_.emplace_back(trouble(i));
      SinkOptions sink = tiny(checking_.back().options(numbered("sink_", i)), policy().when_full);
      sink.queue.reserve_percent = policy().reserve_percent;
      sink.block_timeout = policy().block_timeout;
      sink.batch.max_events = i % 2 == 0 ? 50 : 8192;
      sink.batch.linger = i % 2 == 0 ? 0ns : std::chrono::nanoseconds(1ms);
      options.sinks.push_back(sink);
    }
    return start(std::move(options));
  }

  static void produce(const Logger& log, std::size_t producer, std::uint64_t events) {
    auto random = random_stream(producer);
    const std::string filler(3'000, 'f');
    for (std::uint64_t sequence = 1; sequence <= events; ++sequence) {
      const std::size_t size = random() % 50 == 0 ? random() % filler.size() : random() % 100;
      const auto part = std::string_view(filler).substr(0, size);
      const auto sum = checksum(producer, sequence, part);
      if (random() % 20 == 0) {
        log.warning("{} {} {} {}", producer, sequence, sum, part);
      } else {
        log.info("{} {} {} {}", producer, sequence, sum, part);
      }
    }
  }

  // Looks at the account all the while; what is settled never shrinks.
  static void sample(const Pipeline& pipeline, const std::atomic<bool>& done) {
    std::int64_t accepted = 0;
    std::map<std::string, std::int64_t> settled;
    while (!done) {
      const PipelineStats stats = pipeline.stats();
      ASSERT_TRUE(adds_up(stats));
      ASSERT_GE(stats.accepted, accepted);
      accepted = stats.accepted;
      for (const SinkStats& sink : stats.sinks) {
        ASSERT_GE(sink.delivered, settled[sink.name]);
        settled[sink.name] = sink.delivered;
      }
      std::this_thread::yield();
    }
  }

  std::deque<CheckingSink> checking_{};
};

TEST_P(PolicyStress, NothingIsTornRepeatedOutOfOrderOrUncounted) {
  const std::uint64_t events = repeats(under_tsan ? 800 : 4'000) * (producers() > 2 ? 1 : 2);
  Pipeline& pipeline = start_all();
  const Logger log = pipeline.logger("stress");
  std::atomic<bool> done{false};
  Threads sampler;
  sampler.start([&] { sample(pipeline, done); });
  {
    Threads threads;
    threads.start(producers(), [&](std::size_t producer) { produce(log, producer, events); });
  }
  EXPECT_TRUE(pipeline.flush(4 * patience));
  done = true;
  sampler.join();

  const PipelineStats stats = pipeline.stats();
  EXPECT_TRUE(adds_up(stats));
  EXPECT_EQ(stats.accepted, static_cast<std::int64_t>(events * producers()));
  for (std::size_t i = 0; i < sinks(); ++i) {
    const Findings found = checking_[i].findings();
    EXPECT_EQ(found.flaw, "");
    EXPECT_EQ(found.events, static_cast<std::uint64_t>(stats.sinks[i].delivered));
    EXPECT_EQ(stats.sinks[i].in_queue + stats.sinks[i].in_flight, 0);
    EXPECT_LE(stats.sinks[i].queue_bytes_high,
              static_cast<std::int64_t>(smallest_queue + producers() * 4 * KiB));
    if (policy().block_timeout == forever && policy().when_full == WhenFull::block) {
      EXPECT_EQ(stats.sinks[i].delivered, stats.accepted);
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  const auto [producers, sinks, policy] = info.param;
  std::string name = policies[policy].name;
  name += numbered("Producers", producers);
  name += numbered("Sinks", sinks);
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, PolicyStress,
                         ::testing::Combine(::testing::Values(1, 2, 8), ::testing::Values(1, 3),
                                            ::testing::Range<std::size_t>(0, std::size(policies))),
                         name_of);

}  // namespace
}  // namespace penstock::test
