// SPDX-License-Identifier: Apache-2.0
// Conservation under chaos: sinks that answer at random, at once or later and in any order, throw,
// and break. Every event is settled once, nothing is offered again after that, each producer's
// events are offered in order, and the account is exact at every instant.
#include <charconv>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/options.hpp"
#include "support/payload.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

constexpr std::size_t producers = 4;

struct Mark {
  std::uint64_t producer;
  std::uint64_t sequence;  // from 1
};

// Events that the destination never takes.
bool is_poison(const Mark& mark) { return (mark.sequence * 31 + mark.producer) % 4'001 == 0; }

// What a destination has seen of each producer.
class Ledger {
 public:
  explicit Ledger(std::uint64_t events) {
    for (auto& settled : settled_) settled.assign(events + 1, false);
  }
  // An offer: of new events the next ones only, of others none that is settled.
  void offered(const std::vector<Mark>& marks) {
    for (const Mark& mark : marks) {
      std::uint64_t& seen = seen_.at(mark.producer);
      if (mark.sequence == seen + 1) {
        seen = mark.sequence;
      } else if (mark.sequence > seen) {
        flaw("offered out of order", mark);
      } else if (settled_[mark.producer][mark.sequence]) {
        flaw("offered again after it was settled", mark);
      }
    }
  }
  void settle(const Mark& mark) {
    if (settled_[mark.producer][mark.sequence]) flaw("settled twice", mark);
    settled_[mark.producer][mark.sequence] = true;
    // A poisoned one may be found out without being offered alone; those are counted as letters.
    if (!is_poison(mark)) ++count;
  }
  void flaw(const char* what, const Mark& mark) {
    if (!first_flaw.empty()) return;
    first_flaw = std::string(what) + ": " + std::to_string(mark.sequence) + " of producer " +
                 std::to_string(mark.producer);
  }

  std::string first_flaw{};
  std::uint64_t count = 0;

 private:
  std::array<std::uint64_t, producers> seen_{};
  std::array<std::vector<bool>, producers> settled_{};
};

// The destination; the sink that the pipeline makes is a door to it.
class Chaos {
 public:
  Chaos(std::uint64_t seed_stream, std::uint64_t events)
      : random_(random_stream(seed_stream)), ledger_(events) {
    settler_ = std::thread([this] { settle_late(); });
  }
  ~Chaos() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    settler_.join();
  }

  SinkOptions options(std::string name) {
    return sink_options(std::move(name), "chaos", [this] { return std::make_unique<Door>(*this); });
  }
  std::string flaw() {
    std::lock_guard lock(mutex_);
    return ledger_.first_flaw;
  }
  std::uint64_t settled() {
    std::lock_guard lock(mutex_);
    return ledger_.count;
  }

 private:
  struct Late {
    std::uint64_t token;
    std::vector<Mark> marks;
  };
  class Door final : public Sink {
   public:
    explicit Door(Chaos& chaos) : chaos_(chaos) {}
    Status open(SinkContext& context) override { return chaos_.open(context); }
    WriteResult write(const Batch& batch) override { return chaos_.write(batch); }
    void close() override { chaos_.close(); }

   private:
    Chaos& chaos_;
  };

  Status open(SinkContext& context) {
    std::lock_guard lock(mutex_);
    context_ = &context;
    if (random_() % 4 == 0 && was_open_) return Status::failure("chaos");
    was_open_ = true;
    return {};
  }
  void close() {
    std::lock_guard lock(mutex_);
    late_.clear();
  }

  WriteResult write(const Batch& batch) {
    std::vector<Mark> marks;
    marks.reserve(batch.size());
    std::lock_guard lock(mutex_);
    for (const EventView& event : batch.events()) marks.push_back(read(event.message));
    ledger_.offered(marks);
    const std::uint64_t dice = random_() % 100;
    if (dice < 40) {
      late_.push_back({batch.token(), std::move(marks)});
      changed_.notify_all();
      return WriteResult::pending();
    }
    if (dice < 43) throw std::runtime_error("chaos");
    return answer(marks);
  }

  // Under mutex_: a random answer that tells the truth about poison.
  WriteResult answer(const std::vector<Mark>& marks) {
    const std::uint64_t dice = random_() % 100;
    if (dice < 2) return WriteResult::fatal("chaos");
    std::vector<std::uint32_t> bad;
    for (std::uint32_t i = 0; i < marks.size(); ++i) {
      if (is_poison(marks[i])) bad.push_back(i);
    }
    if (dice < 20) {
      const std::size_t front = random_() % (marks.size() + 1);
      std::erase_if(bad, [&](std::uint32_t position) { return position >= front; });
      settle_front(marks, front);
      return WriteResult::retry("chaos", std::chrono::nanoseconds(random_() % 1'000), front, bad);
    }
    if (bad.empty()) {
      settle_front(marks, marks.size());
      return WriteResult::ok();
    }
    if (dice < 60 && marks.size() > 1) return WriteResult::reject("poison");
    settle_front(marks, marks.size());
    return WriteResult::reject("poison", bad);
  }
  void settle_front(const std::vector<Mark>& marks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) ledger_.settle(marks[i]);
  }

  Mark read(std::string_view message) {
    std::uint64_t numbers[3] = {};
    const char* at = message.data();
    const char* const end = at + message.size();
    for (std::uint64_t& number : numbers) {
      const auto [next, error] = std::from_chars(at, end, number);
      at = next == end ? next : next + 1;
    }
    const Mark mark{numbers[0] % producers, numbers[1]};
    if (numbers[2] != checksum(numbers[0], numbers[1], {})) ledger_.flaw("torn", mark);
    return mark;
  }

  void settle_late() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return done_ || !late_.empty(); });
      if (done_) return;
      const std::size_t chosen = random_() % late_.size();
      const Late late = std::move(late_[chosen]);
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(chosen));
      // With the lock: after close() nothing is settled.
      context_->settle(late.token, answer(late.marks));
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
  }

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::mt19937_64 random_;
  Ledger ledger_;
  SinkContext* context_ = nullptr;
  bool was_open_ = false;
  bool done_ = false;
  std::vector<Late> late_{};
  std::thread settler_{};
};

class ChaosStress : public PipelineTest {
 protected:
  static SinkOptions hardy(SinkOptions options, std::uint32_t max_in_flight) {
    options.retry.min_backoff = 1ms;
    options.retry.max_backoff = 2ms;
    options.retry.error_budget = 3;
    options.max_in_flight = max_in_flight;
    options.batch = {.max_events = 1'000, .linger = 1ms};
    options.block_timeout = forever;
    options.dead_letter = "letters";
    return options;
  }
};

TEST_F(ChaosStress, TheAccountIsExactAndEachEventIsSettledOnceInOrder) {
  const std::uint64_t events = repeats(under_tsan ? 20'000 : under_asan ? 100'000 : 2'500'000);
  std::uint64_t poison = 0;
  for (std::uint64_t p = 0; p < producers; ++p) {
    for (std::uint64_t s = 1; s <= events; ++s) poison += is_poison({p, s}) ? 1 : 0;
  }
  auto random = random_stream(7);
  Chaos one_by_one(1, events);
  Chaos many(2, events);
  CountingSink letters;
  SinkOptions last = letters.options("letters");
  last.only_dead_letters = true;
  Pipeline& pipeline =
      start({hardy(one_by_one.options("one"), 1),
             hardy(many.options("many"), static_cast<std::uint32_t>(2 + random() % 7)), last});
  const Logger log = pipeline.logger("chaos");
  std::atomic<bool> done{false};
  Threads sampler;
  sampler.start([&] {
    while (!done) {
      ASSERT_TRUE(adds_up(pipeline.stats()));
      std::this_thread::yield();
    }
  });
  {
    Threads threads;
    threads.start(producers, [&](std::size_t producer) {
      for (std::uint64_t s = 1; s <= events; ++s) {
        log.info("{} {} {}", producer, s, checksum(producer, s, {}));
      }
    });
  }
  const StopReport report = pipeline.stop(std::chrono::minutes(5));
  done = true;
  sampler.join();
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(adds_up(report.stats));
  EXPECT_EQ(one_by_one.flaw(), "");
  EXPECT_EQ(many.flaw(), "");
  EXPECT_EQ(one_by_one.settled(), producers * events - poison);
  EXPECT_EQ(many.settled(), producers * events - poison);
  EXPECT_EQ(report.stats.dead_letters, static_cast<std::int64_t>(2 * poison));
  EXPECT_EQ(letters.count(), 2 * poison);
  for (const char* name : {"one", "many"}) {
    EXPECT_EQ(report.stats.sink(name)->dead_lettered, static_cast<std::int64_t>(poison));
    EXPECT_EQ(report.stats.sink(name)->delivered,
              static_cast<std::int64_t>(producers * events - poison));
  }
}

}  // namespace
}  // namespace penstock::test
