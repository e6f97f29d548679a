// SPDX-License-Identifier: Apache-2.0
// sink_driver.hpp: one instance of a sink, called as a host calls it.
//
// Threads  one; settle() and report() of the plugin [any]
// Errors   Failure, when a call does not do what plugin/abi.h asks for
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/placed.hpp"
#include "kit/settlements.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/instance_config.hpp"

namespace penstock::kit {

// A batch is offered again under its id; each offer has a token of its own.
struct Offer {
  std::uint64_t id = 0;  // 0: a new one
  std::uint32_t attempt = 1;
  std::uint64_t offset = 0;
};

// How an instance is made that may not come to be.
struct Making {
  std::string* refused = nullptr;             // why create() did not; null: that is a Failure
  void (*alter)(penstock_config&) = nullptr;  // before create() gets it
  bool by_oldest_host = false;                // open() gets a host of interface 1.0
};

class SinkDriver final {
 public:
  // create(), with the author's options and the defaults.
  explicit SinkDriver(Bench& bench, const Layout& layout = {});
  SinkDriver(Bench& bench, const Layout& layout, plugin::Value options, const Making& making = {});
  SinkDriver(Bench& bench, const Making& making);
  // An instance that a failure has left behind keeps what it was given.
  ~SinkDriver();
  SinkDriver(const SinkDriver&) = delete;
  SinkDriver& operator=(const SinkDriver&) = delete;

  // Always, unless `refused` was asked for.
  bool made() const noexcept { return sink_ != nullptr; }
  const penstock_sink& c() const noexcept { return *sink_; }
  std::uint32_t in_flight_max() const noexcept;

  // Skip, when it says why it cannot be opened here: it may need a server, or options.
  void open();
  // What it answers. Why it failed is in `why`.
  bool try_open(std::string& why);
  // What write() has answered; a `pending` one as it is.
  Answer offer(BatchMemory& memory, const Offer& how = {});
  // The same, and the answer that comes after `pending`.
  Answer write(BatchMemory& memory, const Offer& how = {});
  Answer write(std::string_view message);
  // Offers it again until it is delivered. Skip, when that never happens.
  void deliver(BatchMemory& memory);
  // What comes after `pending`.
  Answer wait(std::uint64_t token);
  std::uint64_t last_token() const noexcept { return next_token_ - 1; }
  // True, or an error with a reason.
  bool flush();
  bool flush_within(std::chrono::milliseconds time);
  void control(std::uint32_t request);
  void close();
  void close_within(std::chrono::milliseconds time);
  void destroy();
  // close() and destroy().
  void finish();

  const Settlements& settlements() const noexcept { return host_->settlements; }

 private:
  // What the plugin may read and call as long as the instance is there.
  struct HostSide {
    explicit HostSide(plugin::Value options) : config(std::move(options)) {}
    plugin::InstanceConfig config;
    penstock_sink_host c{};
    Settlements settlements{};
  };

  Bench& bench_;
  Layout layout_;
  std::unique_ptr<HostSide> host_;
  penstock_config* placed_config_ = nullptr;
  penstock_sink_host* placed_host_ = nullptr;
  std::size_t host_bytes_ = sizeof(penstock_sink_host);
  Layout host_layout_{};
  penstock_sink* sink_ = nullptr;
  // Of write(message).
  std::unique_ptr<std::deque<BatchMemory>> memories_ = std::make_unique<std::deque<BatchMemory>>();
  std::uint64_t next_id_ = 1;
  std::uint64_t next_token_ = 1;
};

// create(), with a name of the caller's choice; null with its error in `why`.
penstock_instance* try_create(Bench& bench, const std::string& name, const penstock_config& config,
                              std::string& why, const std::string& circumstance = {});
// Why the functions of the instance cannot be called; empty when they can.
std::string flaw_of_instance(const penstock_instance& instance);

// A deadline by CLOCK_MONOTONIC.
std::int64_t deadline_in(std::chrono::milliseconds time) noexcept;

}  // namespace penstock::kit
