// SPDX-License-Identifier: Apache-2.0
// producer.hpp: the writing end of one thread into one pipeline: opens and seals blocks, asks the
// sinks for room, and knows which of them did not get the open block.
//
// Threads  [producer] the thread that it is attached to; [any] under `mutex_`
// Loss     events of a block that a sink did not get are counted there when the block is sealed,
//          and by stats() while it is open
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "penstock/detail/producer.hpp"
#include "penstock/stats.hpp"
#include "pipeline/block.hpp"
#include "pipeline/channel.hpp"

namespace penstock::pipeline {

class Core;

class Producer final : public detail::ProducerFront {
 public:
  Producer(Core& core, std::uint32_t index);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  std::uint32_t index() const noexcept { return index_; }
  Core& core() noexcept { return core_; }

  // Belongs to the calling thread from now on. [producer]
  void attach();
  // Seals what is open. [producer]
  void detach();

  detail::Room make_room(std::size_t bytes, Level level);  // [producer] may wait
  void tell_workers();                                     // [producer]
  void use_reserve(std::size_t bytes);                     // [producer]
  // An event that is accepted and at once dropped at every sink. [producer]
  void count_dropped(DropReason reason);

  // Events that the pipeline makes itself: `bytes` of records, for the sinks of `mask`. At the
  // others they count as filtered. `like`: what the block says of the thread. False when one of the
  // sinks has no room; nothing has happened then. Never waits, and works after close(). [producer]
  struct Injected {
    std::span<const std::byte> records;
    std::uint32_t events;
    std::uint64_t mask;
    bool urgent;
    bool keep;          // drop_oldest leaves them alone
    const Block* like;  // null: this thread
  };
  bool inject(const Injected& injected);

  // What this producer has to say to stats(): events accepted, and those that sinks did not get.
  // [any]
  using Drops = std::array<std::int64_t, drop_reason_count>;
  struct Account {
    std::int64_t accepted = 0;
    std::vector<Drops> dropped{};          // by sink
    std::vector<std::int64_t> excluded{};  // by sink: injected for others
  };
  void add_to(Account& account);
  // True when some sink of `mask` did not get the open block. [any]
  bool refused_by(std::uint64_t mask) const noexcept;
  // There is room for a new block again: the next event asks for one. [any]
  void offer_room() noexcept;

  // When the thread will write no more, and neither will stats() be asked.
  void give_up_blocks() noexcept;

  std::string items{};  // scratch of Pipeline::submit, to keep its memory [producer]

  Block* open_block() noexcept { return open_; }  // [producer], or when there is none any more

 private:
  // The sinks that take part in a block, and those that do not, by reason.
  struct Admission {
    std::uint64_t mask = 0;
    std::array<std::uint64_t, drop_reason_count> refused{};
    std::uint64_t refused_mask() const noexcept {
      std::uint64_t all = 0;
      for (const std::uint64_t sinks : refused) all |= sinks;
      return all;
    }
  };

  bool take_offer() noexcept;
  std::uint32_t choose_size(std::size_t bytes) noexcept;
  Admission admit(std::uint32_t bytes, bool urgent);
  bool wait_for_room(Channel& channel, std::uint32_t bytes, bool urgent);
  void give_back(const Admission& admission, std::uint32_t bytes) noexcept;
  Block* new_block(std::uint32_t bytes, std::uint64_t mask, bool reserve) noexcept;
  void open(Block* block, const Admission& admission);
  std::uint64_t push(Block* block);
  void notice_room_of_refusing() noexcept;
  void seal();
  void count_refused(std::int64_t events);
  bool open_reserve(std::uint32_t bytes);
  void seal_reserve();

  Core& core_;
  const std::uint32_t index_;
  std::vector<std::optional<SinkQueue::Token>> tokens_{};  // by channel; none where it is not open
  std::uint64_t thread_id_ = 0;
  char thread_name_[16] = {};
  std::uint32_t next_size_ = smallest_block;

  mutable std::mutex mutex_;
  Block* open_ = nullptr;                 // under mutex_ to change; the producer may read it
  std::int64_t accepted_ = 0;             // under mutex_: events of sealed blocks
  std::vector<Drops> dropped_{};          // under mutex_: those of them that sinks did not get
  std::vector<std::int64_t> excluded_{};  // under mutex_: those of them that were not for a sink
  Admission admission_{};                 // under mutex_: of the open block
  std::int64_t in_reserve_ = 0;           // under mutex_: events of the open block that went there
  std::uint64_t reserve_mask_ = 0;        // under mutex_: for these sinks
  // [S13] The sinks that did not get the open block: written by the producer, read by workers that
  //       look for whom to ask for a new one. seq_cst, with Channel::refusing and the gate.
  std::atomic<std::uint64_t> refused_{0};

  Block* reserve_ = nullptr;  // open block in the reserve
  std::uint64_t reserve_state_ = 0;
  bool reserve_exhausted_ = false;
};

}  // namespace penstock::pipeline
