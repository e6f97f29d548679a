// SPDX-License-Identifier: Apache-2.0
// producer.hpp: the part of a producer that the hot path touches. The rest is in
// src/pipeline/producer.hpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "penstock/export.hpp"
#include "penstock/level.hpp"

namespace penstock::detail {

// `committed` stands this far in front of a block's first byte. See src/pipeline/block.hpp.
inline constexpr std::size_t block_committed_offset = 64;

// [S3] `committed` of a block: events published so far (bits 32..63, modulo 2^32) and bytes
//      published so far (bits 0..30); bit 31: sealed. One writer, the producer that owns the block;
//      its release store publishes the bytes. Readers: the workers, by acquire.
inline constexpr std::uint64_t committed_one_event = 1ull << 32;
inline constexpr std::uint64_t committed_sealed = 1ull << 31;
inline constexpr std::uint64_t committed_bytes_mask = committed_sealed - 1;

// The writing end of one thread into one pipeline. Only that thread touches the first line.
struct ProducerFront {
  alignas(64) std::byte* base = nullptr;  // first byte of the open block
  std::uint64_t state = 0;                // what `committed` of the open block says
  std::uint32_t capacity = 0;             // bytes; 0 while there is no open block
  bool refused = false;                   // some sink did not get the open block
  bool has_urgent = false;                // it has an event of level WARNING or above

  // [S4] A bit per sink whose worker wants to be told of the next event, because it no longer
  //      looks by itself. Set by workers (fetch_or), taken by the producer (exchange). The
  //      producer's look is relaxed: the worker that sets a bit follows with a membarrier and then
  //      looks at `committed` once more, so either it sees the event or the producer sees the bit.
  alignas(64) std::atomic<std::uint64_t> attention{0};
  // [S16] The largest record that may be written without asking: max_event_bytes, or 0 when a
  //       worker has made room for a sink that did not get the open block. Set to 0 by workers,
  //       restored by the producer. Its look is relaxed: late, it costs a refused event, counted.
  std::atomic<std::uint32_t> limit{0};
};

enum class Room : std::uint8_t {
  ready,     // the open block has room now
  refused,   // there is none, and the event has been counted
  too_large  // the record is larger than max_event_bytes: encode it aside
};

// No pipeline has this id, and no slot of thread_producers holds it: an empty one holds 0.
inline constexpr std::uint64_t no_pipeline = ~std::uint64_t{0};

// State of one logger name in one pipeline. Never freed, so that a Logger may outlive everything.
struct LoggerState {
  // [S5] Level thresholds: written by Pipeline::set_level, read by producers. Relaxed: nothing
  //      rides on them, a change may take effect an event later.
  std::atomic<std::uint8_t> level{0};
  std::atomic<std::uint8_t> event_level{0};  // for events that have a name: triggers may want them
  std::uint32_t slot = 0;                    // index into thread_producers
  // [S6] Which pipeline: its id, or no_pipeline once it takes no more events. Written by stop and
  //      by fork's child, read by producers. Relaxed: a thread that reads the old id writes into a
  //      block that is still counted.
  std::atomic<std::uint64_t> pipeline_id{no_pipeline};
  std::uint64_t word = 0;  // the logger's id, in place in the third word of a record
  void* names = nullptr;   // pipeline::LoggerEntry: what the hot path does not need
};

struct ThreadProducer {
  std::uint64_t pipeline_id;
  ProducerFront* producer;
};
inline constexpr std::uint32_t thread_producer_slots = 8;

// The calling thread's producers, a small cache in front of attach_producer(). Initial-exec: one
// move to reach it, also from code in shared objects.
extern PENSTOCK_EXPORT __thread ThreadProducer thread_producers[thread_producer_slots]
    __attribute__((tls_model("initial-exec")));

// The calling thread's producer, made if need be; null when the pipeline takes no more events, and
// then the call has been counted. [any]
PENSTOCK_EXPORT ProducerFront* attach_producer(LoggerState& logger) noexcept;

// Makes room for `bytes` in the open block, by opening another if need be. May wait (when_full:
// block).
PENSTOCK_EXPORT Room make_room(ProducerFront& producer, std::size_t bytes, Level level) noexcept;

// After an event that set attention bits ask for: tells those workers.
PENSTOCK_EXPORT void tell_workers(ProducerFront& producer) noexcept;

// The record that was just published, of level WARNING or above, goes to the reserve of the sinks
// that did not get its block.
PENSTOCK_EXPORT void use_reserve(ProducerFront& producer, std::size_t bytes) noexcept;

// Takes a record that is larger than max_event_bytes: cuts or counts it.
PENSTOCK_EXPORT void submit_too_large(LoggerState& logger, ProducerFront& producer,
                                      const std::byte* record, std::size_t bytes) noexcept;

// Memory for a record that is larger than max_event_bytes; null when there is none. free_aside()
// takes it back.
PENSTOCK_EXPORT std::byte* allocate_aside(std::size_t bytes) noexcept;
PENSTOCK_EXPORT void free_aside(std::byte* memory) noexcept;

// A record could not be stored for lack of memory: counts it.
PENSTOCK_EXPORT void count_no_memory(ProducerFront& producer) noexcept;

// The call was formatted by the caller and that failed: the message says so instead.
PENSTOCK_EXPORT std::string_view format_failure_text() noexcept;

// Asks for ownership of the lines that the next events will be written to. The instruction itself:
// without -mprfchw the builtin becomes a read prefetch, which does not help.
[[gnu::always_inline]] inline void prefetch_for_write(const std::byte* line) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" ::"m"(*reinterpret_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1, 3);
#endif
}

}  // namespace penstock::detail
