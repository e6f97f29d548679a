// SPDX-License-Identifier: Apache-2.0
// A channel's inbox: blocks of several producers go in, the worker takes them out, and drop_oldest
// makes room, against a list of what should be there.
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "event/record.hpp"
#include "pipeline/channel.hpp"
#include "pipeline/core.hpp"
#include "pipeline/text_record.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::pipeline {
namespace {

constexpr std::size_t producer_count = 3;
constexpr std::int64_t limit = 32 * smallest_block;

class ChannelModel : public ::testing::Test {
 protected:
  // One event as the model knows it: its number in `order`, and whether it is urgent.
  struct Event {
    std::uint64_t number;
    bool urgent;
  };
  struct ModelBlock {
    std::uint64_t opened;
    std::vector<Event> events;
  };

  void begin(std::uint32_t reserve_percent) {
    PipelineOptions options;
    options.sinks = {test::CountingSink().options("any")};
    core_ = Core::start(std::move(options)).value();
    SinkOptions sink = test::CountingSink().options("channel");
    channel_ = std::make_unique<Channel>(0, sink);
    channel_->gate.configure(limit, reserve_percent);
    for (std::uint32_t i = 0; i < producer_count; ++i) {
      producers_.emplace_back(*core_, i);
      tokens_.push_back(channel_->queue.make_token());
    }
  }
  void TearDown() override {
    channel_->give_up_blocks(pool_);
    producers_.clear();
    tokens_.clear();
    core_->stop(std::chrono::seconds(5));
  }

  // A full block of one producer, sealed, with a few urgent events; drops the oldest when it must.
  // False when there was no room even so.
  bool push(std::size_t producer, bool urgent_too) {
    if (!channel_->gate.try_charge(smallest_block, false) &&
        !channel_->drop_oldest(smallest_block, pool_)) {
      return false;
    }
    Block* block = pool_.get(smallest_block);
    block->reserve = block->saved = false;
    block->sink_mask = 1;
    block->opened_ticks = ++clock_;
    block->producer = &producers_[producer];
    ModelBlock model{clock_, {}};
    std::uint64_t state = 0;
    for (std::uint64_t n = random_() % 5 + 1; n > 0; --n) {
      const bool urgent = urgent_too && random_() % 4 == 0;
      const TextRecord record{.site = &submitted_site(),
                              .level = urgent ? Level::error : Level::info,
                              .word = 0,
                              .ticks = ++clock_,
                              .context = {},
                              .message = "an event"};
      write_record(block->bytes() + (state & detail::committed_bytes_mask), record);
      state += detail::committed_one_event + record_bytes(record);
      model.events.push_back({clock_, urgent});
      ++pushed_;
    }
    block->holders.store(1, std::memory_order_relaxed);  // [S10] the channel's
    block->has_urgent = true;
    block->committed.store(state | detail::committed_sealed, std::memory_order_release);  // [S3]
    EXPECT_TRUE(channel_->queue.push(tokens_[producer], {block, nullptr}));
    model_[producer].push_back(std::move(model));
    return true;
  }

  // What the channel gives next for one producer, as event numbers; the block is settled at once.
  std::vector<std::uint64_t> take(std::size_t producer) {
    std::vector<Producer*> touched;
    channel_->pull(touched);
    std::vector<std::uint64_t> numbers;
    Block* block = channel_->next_block(static_cast<std::uint32_t>(producer));
    if (block == nullptr) return numbers;
    const std::uint32_t end = committed_of(*block).bytes();
    for (std::uint32_t at = 0; at < end;) {
      const event::RecordView record = event::read_record(block->bytes() + at);
      numbers.push_back(record.ticks);
      at += record.size;
    }
    taken_ += static_cast<std::int64_t>(numbers.size());
    channel_->gate.release(block->capacity);
    pool_.release(block);
    return numbers;
  }

  std::int64_t waiting() {
    std::lock_guard lock(channel_->mutex);
    return channel_->events_waiting();
  }
  std::int64_t dropped() {
    std::lock_guard lock(channel_->mutex);
    return channel_->ledger.drops(DropReason::queue_oldest);
  }

  std::mt19937_64 random_ = test::random_stream();
  BlockPool pool_{0};
  std::shared_ptr<Core> core_{};
  std::unique_ptr<Channel> channel_{};
  std::deque<Producer> producers_{};
  std::vector<SinkQueue::Token> tokens_{};
  std::deque<ModelBlock> model_[producer_count]{};
  std::uint64_t clock_ = 0;
  std::int64_t pushed_ = 0;
  std::int64_t taken_ = 0;
};

TEST_F(ChannelModel, DropOldestDropsTheOldestBlockOfAllAndNothingElse) {
  begin(0);
  for (std::uint64_t step = 0; step < test::repeats(20'000); ++step) {
    const std::size_t producer = random_() % producer_count;
    if (random_() % 3 != 0) {
      std::size_t blocks = 0;
      for (const auto& stream : model_) blocks += stream.size();
      if (blocks == limit / smallest_block) {
        std::deque<ModelBlock>* oldest = nullptr;
        for (auto& stream : model_) {
          if (stream.empty()) continue;
          if (oldest == nullptr || stream.front().opened < oldest->front().opened) oldest = &stream;
        }
        oldest->pop_front();
      }
      ASSERT_TRUE(push(producer, true));
    } else {
      std::vector<std::uint64_t> wanted;
      if (!model_[producer].empty()) {
        for (const Event& event : model_[producer].front().events) wanted.push_back(event.number);
        model_[producer].pop_front();
      }
      ASSERT_EQ(take(producer), wanted) << "step " << step;
    }
    ASSERT_EQ(pushed_, taken_ + waiting() + dropped());
    ASSERT_LE(channel_->gate.used(), limit);
  }
  EXPECT_GT(dropped(), 0);
}

TEST_F(ChannelModel, TheReserveKeepsUrgentEventsInOrderWithinItsBound) {
  begin(50);
  std::uint64_t last[producer_count] = {};
  std::int64_t refused = 0;
  for (std::uint64_t step = 0; step < test::repeats(20'000); ++step) {
    const std::size_t producer = random_() % producer_count;
    if (random_() % 4 != 0) {
      if (!push(producer, true)) ++refused;
    } else {
      for (const std::uint64_t number : take(producer)) {
        ASSERT_GT(number, last[producer]) << "out of order or twice";
        last[producer] = number;
      }
    }
    ASSERT_EQ(pushed_, taken_ + waiting() + dropped());
    ASSERT_LE(channel_->gate.used(), limit);
  }
  EXPECT_EQ(refused, 0) << "there is always an ordinary block to drop";
}

TEST_F(ChannelModel, UrgentEventsOutliveOrdinaryOnes) {
  begin(50);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(push(0, true));
  std::int64_t urgent = 0;
  std::int64_t urgent_of_the_last = 0;
  constexpr std::size_t recent = 16;
  for (std::size_t i = 0; i < model_[0].size(); ++i) {
    for (const Event& event : model_[0][i].events) {
      if (!event.urgent) continue;
      ++urgent;
      if (i + recent >= model_[0].size()) ++urgent_of_the_last;
    }
  }
  std::set<std::uint64_t> numbers;
  for (;;) {
    const auto taken = take(0);
    if (taken.empty()) break;
    numbers.insert(taken.begin(), taken.end());
  }
  std::int64_t kept = 0;
  for (const ModelBlock& block : model_[0]) {
    for (const Event& event : block.events) {
      kept += event.urgent && numbers.contains(event.number) ? 1 : 0;
    }
  }
  EXPECT_GT(kept, urgent_of_the_last) << "of " << urgent;
}

TEST_F(ChannelModel, ABlockThatIsStillOpenIsNeverDropped) {
  begin(0);
  ASSERT_TRUE(channel_->gate.try_charge(limit, false));
  Block* block = pool_.get(smallest_block);
  block->reserve = block->saved = false;
  block->producer = &producers_[0];
  block->holders.store(1, std::memory_order_relaxed);    // [S10] the channel's
  block->committed.store(0, std::memory_order_release);  // [S3] open
  ASSERT_TRUE(channel_->queue.push(tokens_[0], {block, nullptr}));
  EXPECT_FALSE(channel_->drop_oldest(smallest_block, pool_));
  EXPECT_EQ(dropped(), 0);
}

TEST_F(ChannelModel, WakesArePulledOnceEach) {
  begin(0);
  std::vector<Producer*> touched;
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(channel_->queue.push(tokens_[1], {nullptr, &producers_[1]}));
  ASSERT_FALSE(channel_->nothing_pushed());
  channel_->pull(touched);
  EXPECT_EQ(touched, std::vector<Producer*>{&producers_[1]});
  EXPECT_TRUE(channel_->nothing_pushed());
  touched.clear();
  channel_->pull(touched);
  EXPECT_TRUE(touched.empty());
}

}  // namespace
}  // namespace penstock::pipeline
