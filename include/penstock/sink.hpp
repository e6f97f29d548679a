// SPDX-License-Identifier: Apache-2.0
// sink.hpp: what a sink is. Built-in sinks and plugins are written against this page alone.
//
// Threads  All functions of one sink are called by one thread, its worker; never two at a time.
// Order    open, then write* / control* / flush*, then close; after `fatal`: close, open again.
//          Batches are offered in order, each for the first time after all before it. While an
//          answer is `pending` others may be offered, up to max_in_flight in all; once a batch has
//          to be offered again, no new one is until that is settled.
// Loss     An event is delivered when write() has answered ok for it (or a pending write has been
//          settled ok), and not before.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/event_view.hpp"
#include "penstock/export.hpp"
#include "penstock/result.hpp"

namespace penstock {

// The events of one write(), oldest first.
class Batch {
 public:
  // Stable over retries of the same batch; never reused.
  std::uint64_t id() const noexcept { return parts_.id; }
  // Of this offer alone: what SinkContext::settle wants. Never reused.
  std::uint64_t token() const noexcept { return parts_.token; }
  // Events of the batch of this id that earlier answers have settled: those before the first.
  std::size_t offset() const noexcept { return parts_.offset; }
  std::size_t size() const noexcept { return parts_.count; }
  // 1 for the first try.
  std::uint32_t attempt() const noexcept { return parts_.attempt; }

  // The events, when Sink::needs().events.
  EventRange events() const noexcept {
    return {parts_.events, parts_.events == nullptr ? 0 : parts_.count, parts_.event_stride};
  }

  // All events in the sink's `format`, back to back, when Sink::needs().encoded.
  std::string_view encoded() const noexcept { return parts_.encoded; }
  // Where each event ends in encoded(); the last is encoded().size().
  std::span<const std::uint32_t> encoded_ends() const noexcept { return parts_.ends; }

  // Time of the first event, nanoseconds since 1970-01-01 UTC.
  std::int64_t first_time_ns() const noexcept { return parts_.first_time_ns; }

  // For the pipeline, plugins and tests: a batch over memory that the caller keeps.
  struct Parts {
    std::uint64_t id = 0;
    std::uint64_t token = 0;
    std::size_t count = 0;
    std::size_t offset = 0;
    std::uint32_t attempt = 1;
    const penstock_event* events = nullptr;
    std::size_t event_stride = sizeof(penstock_event);
    std::string_view encoded{};
    std::span<const std::uint32_t> ends{};
    std::int64_t first_time_ns = 0;
  };
  explicit Batch(const Parts& parts) noexcept : parts_(parts) {}
  const Parts& parts() const noexcept { return parts_; }

 private:
  Parts parts_;
};

// A sink's answer to write().
class [[nodiscard]] WriteResult {
 public:
  enum class Kind : std::uint8_t { ok, retry, reject, pending, fatal };

  // All events of the batch are delivered.
  static WriteResult ok() { return WriteResult(Kind::ok); }
  // Nothing more could be delivered now; offer the rest again after `after` (0: the pipeline's own
  // backoff decides). `settled` events at the front of the batch are done with and will not be
  // offered again: delivered, but for those at the positions `rejected` (ascending), which the
  // destination will never take.
  static WriteResult retry(std::string reason, std::chrono::nanoseconds after = {},
                           std::size_t settled = 0, std::vector<std::uint32_t> rejected = {}) {
    WriteResult result(Kind::retry, std::move(reason));
    result.after_ = after;
    result.settled_ = settled;
    result.positions_ = std::move(rejected);
    return result;
  }
  // The destination will never take some of these events. With their positions in the batch
  // (ascending): the others are delivered. Without: none is delivered and the sink cannot tell
  // which are bad; the batch is halved until a bad event stands alone, and only that one is
  // refused.
  static WriteResult reject(std::string reason) {
    return WriteResult(Kind::reject, std::move(reason));
  }
  static WriteResult reject(std::string reason, std::vector<std::uint32_t> positions) {
    WriteResult result(Kind::reject, std::move(reason));
    result.positions_ = std::move(positions);
    return result;
  }
  // The answer will come through SinkContext::settle with the batch's token, exactly once, from any
  // thread. The batch's memory stays valid until then, or until close() returns.
  static WriteResult pending() { return WriteResult(Kind::pending); }
  // The sink cannot go on: it is closed, opened again with backoff, and offered the batch again.
  static WriteResult fatal(std::string reason) {
    return WriteResult(Kind::fatal, std::move(reason));
  }

  Kind kind() const noexcept { return kind_; }
  const std::string& reason() const noexcept { return reason_; }
  std::chrono::nanoseconds after() const noexcept { return after_; }
  std::size_t settled() const noexcept { return settled_; }
  // Of rejected events. Empty in a rejection: not known.
  const std::vector<std::uint32_t>& positions() const noexcept { return positions_; }

 private:
  explicit WriteResult(Kind kind, std::string reason = {})
      : kind_(kind), reason_(std::move(reason)) {}

  Kind kind_;
  std::string reason_{};
  std::chrono::nanoseconds after_{};
  std::size_t settled_ = 0;
  std::vector<std::uint32_t> positions_{};
};

// What the pipeline gives to a sink. Valid from open() until the sink is destroyed.
class SinkContext {
 public:
  virtual ~SinkContext() = default;
  virtual std::string_view sink_name() const noexcept = 0;
  // Wall-clock time in nanoseconds since 1970-01-01 UTC. Tests pass their own. [any]
  virtual std::int64_t now_ns() const noexcept = 0;
  // Batches that may be pending at a time. [any]
  virtual std::uint32_t max_in_flight() const noexcept { return 1; }
  // Settles an offer that write() answered `pending` for; it may come before write() has returned.
  // Answers after the first, to an offer that was never pending, and after close() are ignored.
  // `result` is not pending. [any]
  virtual void settle(std::uint64_t token, WriteResult result) = 0;
  // Tells of a problem that does not keep events from being delivered, such as a file that cannot
  // be rotated. Shown as the sink's last_error, while there is nothing worse, until report({}).
  // [any]
  virtual void report([[maybe_unused]] std::string_view problem) {}
  // A figure of the sink's own, such as what its client library has queued: the last value under
  // each name is one of SinkStats::figures. Names have up to 64 bytes; what is no finite number,
  // and names after the first 64, count for nothing. [any]
  virtual void measure([[maybe_unused]] std::string_view name, [[maybe_unused]] double value) {}
};

// Requests that reach a sink between two writes.
enum class SinkControl : std::uint8_t {
  reopen,  // the destination may have moved (SIGHUP, logrotate)
  rotate,  // begin a new file now
};

class PENSTOCK_EXPORT Sink {
 public:
  virtual ~Sink() = default;

  // What write() wants to find in a batch, and more; asked once, before open(). What is not asked
  // for is not computed.
  struct Needs {
    bool events = true;    // decoded events
    bool encoded = false;  // text in the sink's `format`
    // How many batches it gains from having in flight, when `max_in_flight` is not configured.
    std::uint32_t max_in_flight = 1;
  };
  virtual Needs needs() const noexcept { return {}; }

  // Gets ready to write. A failure is reported and tried again with backoff, unless it happens at
  // the pipeline's start: then it follows `required`.
  virtual Status open(SinkContext& context) = 0;
  // Delivers a batch. May wait; only this sink's own queue grows meanwhile.
  virtual WriteResult write(const Batch& batch) = 0;
  // Makes what was written visible (and durable, if the sink is meant to be) before it returns.
  virtual Status flush() { return {}; }
  virtual void control(SinkControl) {}
  // No write() is running or will come. What is pending is no longer the sink's: when this returns,
  // it touches no batch. Never called twice in a row.
  virtual void close() {}
};

// Makes a new sink each time it is called.
using SinkFactory = std::function<std::unique_ptr<Sink>()>;

}  // namespace penstock
