// SPDX-License-Identifier: Apache-2.0
// A sink whose large batches are written beside its worker: order, answers, and who writes.
#include "sinks/overlapped_sink.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support.hpp"
#include "support/pipeline_test.hpp"

namespace penstock::sinks::testing {
namespace {

using namespace std::chrono_literals;
using penstock::test::eventually;
using penstock::test::patience;

// What the sink inside does, and did. It outlives the sink.
struct Inside {
  std::mutex mutex{};
  std::condition_variable changed{};
  int passes = 1'000'000;  // so many writes get through; the next waits
  bool is_waiting = false;
  std::deque<WriteResult> answers{};  // ok when there is none
  std::vector<std::uint64_t> written{};
  std::vector<std::thread::id> by{};
  int flushes = 0;
  int controls = 0;
  int running = 0;  // calls at this moment
  bool throws = false;

  void let_pass(int writes) {
    std::lock_guard lock(mutex);
    passes = writes;
    changed.notify_all();
  }
  [[nodiscard]] bool wait_until_waiting() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, patience, [&] { return is_waiting; });
  }
};

class InsideSink final : public Sink {
 public:
  explicit InsideSink(Inside& inside) : inside_(inside) {}
  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    std::unique_lock lock(inside_.mutex);
    EXPECT_EQ(++inside_.running, 1);
    inside_.is_waiting = inside_.passes == 0;
    inside_.changed.notify_all();
    inside_.changed.wait(lock, [&] { return inside_.passes > 0; });
    inside_.is_waiting = false;
    --inside_.passes;
    --inside_.running;
    if (inside_.throws) throw std::runtime_error("as told");
    inside_.written.push_back(batch.id());
    inside_.by.push_back(std::this_thread::get_id());
    if (inside_.answers.empty()) return WriteResult::ok();
    WriteResult answer = inside_.answers.front();
    inside_.answers.pop_front();
    return answer;
  }
  Status flush() override { return count(inside_.flushes); }
  void control(SinkControl) override { (void)count(inside_.controls); }

 private:
  Status count(int& calls) {
    std::lock_guard lock(inside_.mutex);
    EXPECT_EQ(inside_.running, 0);
    ++calls;
    return {};
  }
  Inside& inside_;
};

class Answers final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "overlapped"; }
  std::int64_t now_ns() const noexcept override { return 0; }
  std::uint32_t max_in_flight() const noexcept override { return most; }
  void settle(std::uint64_t token, WriteResult result) override {
    if (before_settle) before_settle(token);
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(answers_.emplace(token, std::move(result)).second) << "a second answer";
    order_.push_back(token);
    changed_.notify_all();
  }
  // Fails the test when there is none in time.
  WriteResult of(std::uint64_t token) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, patience, [&] { return answers_.contains(token); });
    EXPECT_TRUE(came) << "no answer to " << token;
    return came ? answers_.at(token) : WriteResult::pending();
  }
  std::vector<std::uint64_t> order() {
    std::lock_guard lock(mutex_);
    return order_;
  }

  std::uint32_t most = 4;
  std::function<void(std::uint64_t token)> before_settle{};

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::map<std::uint64_t, WriteResult> answers_{};
  std::vector<std::uint64_t> order_{};
};

class OverlappedSinkTest : public ::testing::Test {
 protected:
  static constexpr std::size_t large = 100;

  OverlappedSinkTest() { EXPECT_TRUE(sink_->open(answers_).ok()); }
  ~OverlappedSinkTest() override {
    inside_.let_pass(1'000'000);
    sink_->close();
  }

  // The token of an offer is its id and its attempt.
  static std::uint64_t token(std::uint64_t id, std::uint32_t attempt = 1) {
    return 100 * id + attempt;
  }
  // Of two events.
  WriteResult::Kind write(std::uint64_t id, std::size_t bytes, std::uint32_t attempt = 1) {
    const auto size = static_cast<std::uint32_t>(bytes);
    texts_.push_back(std::make_unique<std::string>(bytes, 'x'));
    ends_.push_back(std::make_unique<std::array<std::uint32_t, 2>>(std::array{size / 2, size}));
    return sink_
        ->write(Batch({.id = id,
                       .token = token(id, attempt),
                       .count = 2,
                       .attempt = attempt,
                       .encoded = *texts_.back(),
                       .ends = *ends_.back()}))
        .kind();
  }

  using Kind = WriteResult::Kind;
  Inside inside_{};
  Answers answers_{};
  std::unique_ptr<Sink> sink_ =
      std::make_unique<OverlappedSink>(std::make_unique<InsideSink>(inside_), large);

 private:
  std::vector<std::unique_ptr<std::string>> texts_{};
  std::vector<std::unique_ptr<std::array<std::uint32_t, 2>>> ends_{};
};

TEST_F(OverlappedSinkTest, SmallBatchesAreWrittenByTheWorker) {
  EXPECT_EQ(write(1, large - 1), Kind::ok);
  EXPECT_EQ(inside_.by, std::vector{std::this_thread::get_id()});
}

TEST_F(OverlappedSinkTest, LargeOnesAreWrittenBesideItInOrder) {
  inside_.let_pass(0);
  EXPECT_EQ(write(1, large), Kind::pending);
  ASSERT_TRUE(inside_.wait_until_waiting());
  EXPECT_EQ(write(2, large), Kind::pending) << "meanwhile";
  EXPECT_EQ(write(3, 1), Kind::pending) << "it must not overtake the others";
  inside_.let_pass(3);
  EXPECT_EQ(answers_.of(token(3)).kind(), Kind::ok);
  EXPECT_EQ(inside_.written, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(answers_.order(), (std::vector{token(1), token(2), token(3)}));
  for (const std::thread::id by : inside_.by) EXPECT_NE(by, std::this_thread::get_id());
}

// A thread needs longer to wake than this one to bring the next batch: mostly, so it is tried
// often.
TEST_F(OverlappedSinkTest, WhatTheThreadHasNotBegunTheWorkerWritesRatherThanWait) {
  sink_->close();
  answers_.most = 2;
  EXPECT_TRUE(sink_->open(answers_).ok());
  std::uint64_t last = 0;
  std::vector<std::uint64_t> expected;
  const auto worker_has_written = [&] {
    std::lock_guard lock(inside_.mutex);
    return std::ranges::count(inside_.by, std::this_thread::get_id()) != 0;
  };
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(write(++last, large), Kind::pending);
    EXPECT_EQ(write(++last, large), Kind::pending);
    expected.insert(expected.end(), {last - 1, last});
    EXPECT_EQ(answers_.of(token(last - 1)).kind(), Kind::ok);
    EXPECT_EQ(answers_.of(token(last)).kind(), Kind::ok);
    EXPECT_TRUE(sink_->flush().ok());  // and both are out of the way
    return worker_has_written();
  }));
  EXPECT_EQ(inside_.written, expected);
}

// What the worker writes then may fail as well, before it has said that the last batch is pending.
TEST_F(OverlappedSinkTest, NothingOvertakesOneThatFailsWithTheWorker) {
  sink_->close();
  answers_.most = 2;
  EXPECT_TRUE(sink_->open(answers_).ok());
  std::uint64_t last = 0;
  const auto worker_has_failed = [&] {
    std::lock_guard lock(inside_.mutex);
    return inside_.by.size() != 0 && inside_.by.back() == std::this_thread::get_id();
  };
  EXPECT_TRUE(eventually([&] {
    {
      std::lock_guard lock(inside_.mutex);
      inside_.answers = {WriteResult::retry("for now")};
    }
    EXPECT_EQ(write(++last, large), Kind::pending);
    EXPECT_EQ(write(++last, large), Kind::pending);
    EXPECT_EQ(answers_.of(token(last - 1)).kind(), Kind::retry);
    EXPECT_EQ(answers_.of(token(last)).kind(), Kind::retry);
    EXPECT_TRUE(sink_->flush().ok());
    const bool done = worker_has_failed();
    EXPECT_EQ(write(last - 1, large, 2), Kind::ok);
    EXPECT_EQ(write(last, large, 2), Kind::ok);
    return done;
  }));
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < inside_.written.size(); i += 3, id += 2) {
    EXPECT_EQ(inside_.written[i], id + 1) << "and failed";
    EXPECT_EQ(inside_.written[i + 1], id + 1);
    EXPECT_EQ(inside_.written[i + 2], id + 2);
  }
}

TEST_F(OverlappedSinkTest, WithOneInFlightThereIsNothingToOverlap) {
  sink_->close();
  answers_.most = 1;
  EXPECT_TRUE(sink_->open(answers_).ok());
  EXPECT_EQ(write(1, large), Kind::ok);
  EXPECT_EQ(inside_.by, std::vector{std::this_thread::get_id()});
}

TEST_F(OverlappedSinkTest, WithOneCpuThereIsNothingToOverlapEither) {
  sink_->close();
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_TRUE(sink_->open(answers_).ok());
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(write(1, large), Kind::ok);
}

TEST_F(OverlappedSinkTest, NothingOvertakesOneThatFails) {
  inside_.answers.push_back(WriteResult::retry("no room", 7ms));
  inside_.let_pass(0);
  EXPECT_EQ(write(1, large), Kind::pending);
  ASSERT_TRUE(inside_.wait_until_waiting());
  EXPECT_EQ(write(2, large), Kind::pending);
  inside_.let_pass(100);
  const WriteResult first = answers_.of(token(1));
  EXPECT_EQ(first.kind(), Kind::retry);
  EXPECT_EQ(first.after(), 7ms);
  EXPECT_EQ(answers_.of(token(2)).kind(), Kind::retry);
  EXPECT_EQ(answers_.of(token(2)).reason(), "no room");
  EXPECT_EQ(write(3, large), Kind::pending) << "by one who does not know of the failure yet";
  EXPECT_EQ(write(4, 1), Kind::pending);
  EXPECT_EQ(answers_.of(token(4)).kind(), Kind::retry);
  EXPECT_EQ(answers_.of(token(4)).after(), 1ns) << "the pause is that of the failure";
  EXPECT_EQ(answers_.order(), (std::vector{token(1), token(2), token(3), token(4)}));

  ASSERT_TRUE(sink_->flush().ok());
  for (const std::uint64_t id : {1u, 2u, 3u}) EXPECT_EQ(write(id, large, 2), Kind::ok);
  EXPECT_EQ(write(5, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(5)).kind(), Kind::ok);
  EXPECT_EQ(inside_.written, (std::vector<std::uint64_t>{1, 1, 2, 3, 5}));
}

// Who had the answer to the second batch first would offer that again first.
TEST_F(OverlappedSinkTest, ARefusalComesAfterTheFailureThatItIsFor) {
  std::latch failing(1);
  std::latch offered(1);
  answers_.before_settle = [&](std::uint64_t settled) {
    if (settled != token(1)) return;
    failing.count_down();
    offered.wait();
  };
  inside_.answers.push_back(WriteResult::retry("no room"));
  EXPECT_EQ(write(1, large), Kind::pending);
  failing.wait();
  std::thread settler([&] { offered.count_down(); });
  EXPECT_EQ(write(2, large), Kind::pending) << "not an answer of its own";
  settler.join();
  EXPECT_EQ(answers_.of(token(2)).kind(), Kind::retry);
  EXPECT_EQ(answers_.order(), (std::vector{token(1), token(2)}));
}

TEST_F(OverlappedSinkTest, WhatIsSettledInPartFailsAsWell) {
  inside_.answers.push_back(WriteResult::retry("no room", {}, 1));
  EXPECT_EQ(write(1, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(1)).settled(), 1u);
  EXPECT_EQ(write(2, 1), Kind::pending);
  EXPECT_EQ(answers_.of(token(2)).kind(), Kind::retry);
}

TEST_F(OverlappedSinkTest, WhatIsSettledAltogetherDoesNot) {
  inside_.answers.push_back(WriteResult::retry("no room for more", {}, 2));
  EXPECT_EQ(write(1, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(1)).settled(), 2u);
  ASSERT_TRUE(sink_->flush().ok());
  EXPECT_EQ(write(2, 1), Kind::ok);
}

TEST_F(OverlappedSinkTest, ASinkThatThrowsIsAskedAgainAndThrowsAtTheWorkerThen) {
  inside_.throws = true;
  EXPECT_EQ(write(1, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(1)).kind(), Kind::retry);
  EXPECT_EQ(answers_.of(token(1)).reason(), "its write() threw: as told");
  ASSERT_TRUE(sink_->flush().ok());
  EXPECT_THROW((void)write(1, large, 2), std::runtime_error);
}

TEST_F(OverlappedSinkTest, FlushAndControlWaitForWhatIsBeingWritten) {
  inside_.let_pass(0);
  EXPECT_EQ(write(1, large), Kind::pending);
  ASSERT_TRUE(inside_.wait_until_waiting());
  std::thread opener([&] { inside_.let_pass(100); });
  EXPECT_TRUE(sink_->flush().ok());
  EXPECT_EQ(answers_.order().size(), 1u);
  opener.join();
  EXPECT_EQ(write(2, large), Kind::pending);
  sink_->control(SinkControl::reopen);
  EXPECT_EQ(answers_.order().size(), 2u);
  EXPECT_EQ(inside_.flushes, 1);
  EXPECT_EQ(inside_.controls, 1);
}

TEST_F(OverlappedSinkTest, ItIsAsNewWhenItHasBeenClosed) {
  inside_.answers.push_back(WriteResult::fatal("broken"));
  EXPECT_EQ(write(1, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(1)).kind(), Kind::fatal);
  sink_->close();
  ASSERT_TRUE(sink_->open(answers_).ok());
  EXPECT_EQ(write(2, large), Kind::pending);
  EXPECT_EQ(answers_.of(token(2)).kind(), Kind::ok);
}

// Waits for something, and for nothing else than what it has called.
bool is_asleep(pid_t thread) {
  const std::string stat = read_file("/proc/self/task/" + std::to_string(thread) + "/stat");
  const std::size_t name_end = stat.rfind(") ");
  return name_end != stat.npos && stat.substr(name_end + 2, 1) == "S";
}

// Who gives up a sink that is slow does not wait for all that it has.
TEST_F(OverlappedSinkTest, ClosingWaitsForTheBatchThatIsBeingWrittenAlone) {
  inside_.let_pass(0);
  EXPECT_EQ(write(1, large), Kind::pending);
  ASSERT_TRUE(inside_.wait_until_waiting());
  EXPECT_EQ(write(2, large), Kind::pending);
  EXPECT_EQ(write(3, large), Kind::pending);
  std::thread opener([&, closer = ::gettid()] {
    EXPECT_TRUE(eventually([&] { return is_asleep(closer); }));
    inside_.let_pass(3);
  });
  sink_->close();
  opener.join();
  EXPECT_EQ(inside_.written, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(answers_.order(), (std::vector{token(1)}));
  ASSERT_TRUE(sink_->open(answers_).ok());
}

// ---- behind a pipeline --------------------------------------------------------------------------

// Keeps the lines that it takes; fails at random, in the middle of batches too.
class Unreliable final : public Sink {
 public:
  struct Taken {
    std::mutex mutex{};
    std::vector<std::string> lines{};
    std::mt19937_64 random{};
    bool fails = true;
  };
  explicit Unreliable(std::shared_ptr<Taken> taken) : taken_(std::move(taken)) {}
  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    std::lock_guard lock(taken_->mutex);
    auto& random = taken_->random;
    const std::size_t count = batch.encoded_ends().size();
    const std::size_t fate = taken_->fails ? random() % 8 : 7;
    const std::size_t most = fate < 3 ? random() % count : count;
    for (std::size_t i = 0; i < most; ++i) {
      const std::size_t begin = i == 0 ? 0 : batch.encoded_ends()[i - 1];
      taken_->lines.emplace_back(batch.encoded().substr(begin, batch.encoded_ends()[i] - begin));
    }
    if (fate < 2) return WriteResult::retry("for now", {}, most);
    if (fate == 2) {
      taken_->lines.resize(taken_->lines.size() - most);  // nothing of it is there
      return WriteResult::fatal("for good");
    }
    return WriteResult::ok();
  }

 private:
  const std::shared_ptr<Taken> taken_;
};

class OverlappedPipelineTest : public penstock::test::PipelineTest {};

TEST_F(OverlappedPipelineTest, EveryEventIsThereOnceInOrderWhateverFails) {
  auto taken = std::make_shared<Unreliable::Taken>();
  taken->random.seed(test_seed());
  SinkOptions sink;
  sink.name = "out";
  sink.type = "unreliable";
  sink.make = [taken] {
    // Some batches are large, and some are not.
    return std::make_unique<OverlappedSink>(std::make_unique<Unreliable>(taken), 600);
  };
  sink.level = Level::trace;
  sink.format.pattern = "{message}";
  sink.batch.max_events = 100;
  sink.batch.linger = 0ns;
  sink.retry.min_backoff = 1ms;
  sink.retry.max_backoff = 2ms;
  sink.max_in_flight = 3;
  Pipeline& pipeline = start({sink});

  constexpr int producers = 3;
  constexpr int events = 4'000;
  std::vector<std::thread> threads;
  std::latch begin(producers);
  for (int producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      const Logger log = pipeline.logger("x");
      begin.arrive_and_wait();
      for (int i = 0; i < events; ++i) log.info("{} {}", producer, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(pipeline.flush(patience));

  std::vector<int> next(producers, 0);
  std::lock_guard lock(taken->mutex);
  for (const std::string& line : taken->lines) {
    int producer = 0;
    int number = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d %d", &producer, &number), 2) << line;
    ASSERT_EQ(number, next.at(static_cast<std::size_t>(producer))++) << "of " << producer;
  }
  EXPECT_EQ(next, std::vector<int>(producers, events));
  EXPECT_EQ(stats_of(pipeline, "out").delivered, producers * events);
}

}  // namespace
}  // namespace penstock::sinks::testing
