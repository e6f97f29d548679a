// SPDX-License-Identifier: Apache-2.0
// sink_queue.hpp: the lock-free hand-off from producers to one sink: moodycamel's ConcurrentQueue,
// explicit tokens only. This is the one file that knows it.
//
// Threads  push [producer, with its own token]   pop [any, under the inbox's mutex]
// Order    first in, first out per token
// Bound    none of its own: a Gate admits what is pushed
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#else
#include <moodycamel/concurrentqueue.h>
#endif

namespace penstock::pipeline {

struct Block;
class Producer;

// A block to read, or the news that a producer whose stream had gone cold has published again.
struct Handoff {
  Block* block = nullptr;
  Producer* woken = nullptr;
};

class SinkQueue {
  // NOLINTBEGIN(readability-identifier-naming): the names are the queue's
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // A thread that logs now and then has one of these blocks in each sink's queue.
    static constexpr std::size_t BLOCK_SIZE = 8;
    static constexpr bool RECYCLE_ALLOCATED_BLOCKS = true;
    static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 16;
  };
  // NOLINTEND(readability-identifier-naming)
  using Queue = moodycamel::ConcurrentQueue<Handoff, Traits>;

 public:
  using Token = Queue::producer_token_t;

  SinkQueue() : queue_(32), consumer_(queue_) {}

  Token make_token() { return Token(queue_); }

  // False when there is no memory. Never waits. [producer]
  bool push(Token& token, Handoff handoff) noexcept {
    try {
      if (!queue_.enqueue(token, handoff)) return false;
    } catch (...) {
      return false;
    }
    // [S7] seq_cst: then the producer looks whether the worker sleeps; the worker says that it
    //      sleeps, then looks here. With one total order at least one sees the other.
    pushed_.fetch_add(1, std::memory_order_seq_cst);
    return true;
  }

  // How many have ever been pushed. An empty poll of the queue costs microseconds once there are
  // hundreds of producers; this costs one load. [any]
  std::uint64_t pushed() const noexcept {
    return pushed_.load(std::memory_order_seq_cst);  // [S7] partner: push()
  }

  std::size_t pop(Handoff* to, std::size_t count) {
    return queue_.try_dequeue_bulk(consumer_, to, count);
  }

 private:
  Queue queue_;
  moodycamel::ConsumerToken consumer_;
  // [S7] Handoffs pushed so far: +1 by push() after the enqueue. May read low for a moment.
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
};

}  // namespace penstock::pipeline
