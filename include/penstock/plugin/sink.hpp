// SPDX-License-Identifier: Apache-2.0
// plugin/sink.hpp: a sink as a plugin. Derive from penstock::Sink (penstock/sink.hpp says what each
// function has to do, by which thread it is called, and what it may keep), and say at the end of
// one source file
//
//   PENSTOCK_SINK_PLUGIN("print", PrintSink)
//
// with the name by which the configuration calls it. The class is made with a
// penstock::plugin::Config, or with nothing. penstock_add_plugin() of the CMake package does the
// rest.
//
// A plugin needs nothing of Penstock but these headers: it links no library of it.
//
// Threads  as in penstock/sink.hpp
// Errors   no exception leaves the plugin: one that is thrown when the sink is made or opened is a
//          failure of that with its what(); one out of write() makes it answer `retry`
#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "penstock/plugin/abi.h"
#include "penstock/plugin/factory.hpp"
#include "penstock/sink.hpp"

namespace penstock::plugin {
namespace detail {

using penstock::detail::c_text;
using penstock::detail::text_of;

// What an answer of the C side refers to.
struct KeptAnswer {
  void fill(const WriteResult& result, penstock_answer& answer) {
    reason = result.reason();
    positions = result.positions();
    answer.status = static_cast<std::uint32_t>(result.kind());
    answer.after_ns = result.after().count();
    answer.settled = result.settled();
    answer.positions = positions.data();
    answer.position_count = positions.size();
    answer.reason = c_text(reason);
  }

  std::string reason{};
  std::vector<std::uint32_t> positions{};
};

// The host, as the sink sees it.
class HostContext final : public SinkContext {
 public:
  explicit HostContext(const penstock_sink_host& host) noexcept : host_(&host) {}

  std::string_view sink_name() const noexcept override { return text_of(host_->sink_name); }
  std::int64_t now_ns() const noexcept override { return host_->now_ns(host_->ctx); }
  std::uint32_t max_in_flight() const noexcept override { return host_->max_in_flight; }
  void settle(std::uint64_t token, WriteResult result) override {
    KeptAnswer kept;
    penstock_answer answer{};
    answer.size = sizeof answer;
    kept.fill(result, answer);
    host_->settle(host_->ctx, token, &answer);
  }
  void report(std::string_view problem) override { host_->report(host_->ctx, c_text(problem)); }
  // A host of version 1.0 has no such thing.
  void measure(std::string_view name, double value) override {
    constexpr std::size_t since = offsetof(penstock_sink_host, measure) + sizeof host_->measure;
    if (host_->size < since || host_->measure == nullptr) return;
    host_->measure(host_->ctx, c_text(name), value);
  }

 private:
  const penstock_sink_host* host_;
};

// A penstock::Sink as a penstock_sink.
class SinkInstance {
 public:
  explicit SinkInstance(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {
    const Sink::Needs needs = sink_->needs();
    c_.instance = {sizeof(penstock_sink), 0, this, &SinkInstance::destroy, nullptr};
    if (needs.events) c_.needs |= PENSTOCK_NEEDS_EVENTS;
    if (needs.encoded) c_.needs |= PENSTOCK_NEEDS_ENCODED;
    c_.max_in_flight = needs.max_in_flight;
    c_.open = &SinkInstance::open;
    c_.write = &SinkInstance::write;
    c_.flush = &SinkInstance::flush;
    c_.control = &SinkInstance::control;
    c_.close = &SinkInstance::close;
  }
  penstock_instance* c() noexcept { return &c_.instance; }

 private:
  static SinkInstance& of(void* self) noexcept { return *static_cast<SinkInstance*>(self); }

  static void destroy(void* self) {
    try {
      delete &of(self);
    } catch (...) {
      // a destructor that throws has no one to tell
    }
  }

  static std::int32_t open(void* self, const penstock_sink_host* host, std::int64_t,
                           penstock_text* error) {
    SinkInstance& me = of(self);
    return me.guarded(error, [&] {
      // Once: another thread may be in it when the sink is opened again. The host's part stays.
      if (!me.context_) me.context_.emplace(*host);
      return me.sink_->open(*me.context_);
    });
  }

  static void write(void* self, const penstock_batch* batch, penstock_answer* answer) {
    SinkInstance& me = of(self);
    try {
      me.kept_.fill(me.sink_->write(of_c(*batch)), *answer);
    } catch (...) {
      me.error_ = thrown();
      answer->status = PENSTOCK_WRITE_RETRY;
      answer->reason = c_text(me.error_);
    }
  }

  static std::int32_t flush(void* self, std::int64_t, penstock_text* error) {
    SinkInstance& me = of(self);
    return me.guarded(error, [&] { return me.sink_->flush(); });
  }

  static void control(void* self, std::uint32_t request) {
    try {
      if (request == PENSTOCK_CONTROL_REOPEN) of(self).sink_->control(SinkControl::reopen);
      if (request == PENSTOCK_CONTROL_ROTATE) of(self).sink_->control(SinkControl::rotate);
    } catch (...) {
      // it asks for no answer
    }
  }

  static void close(void* self, std::int64_t) {
    try {
      of(self).sink_->close();
    } catch (...) {
      // closed as far as it goes
    }
  }

  static Batch of_c(const penstock_batch& batch) noexcept {
    Batch::Parts parts;
    parts.id = batch.id;
    parts.token = batch.token;
    parts.count = batch.count;
    parts.offset = batch.offset;
    parts.attempt = batch.attempt;
    parts.events = batch.events;
    parts.event_stride = batch.event_stride;
    parts.encoded = text_of(batch.encoded);
    if (batch.encoded_ends != nullptr) parts.ends = {batch.encoded_ends, batch.count};
    parts.first_time_ns = batch.first_time_ns;
    return Batch(parts);
  }

  template <class Call>
  std::int32_t guarded(penstock_text* error, Call call) noexcept {
    try {
      const Status status = call();
      if (status.ok()) return PENSTOCK_OK;
      error_ = status.errors().front().message;
    } catch (...) {
      error_ = thrown();
    }
    *error = c_text(error_);
    return PENSTOCK_FAILED;
  }

  std::unique_ptr<Sink> sink_;
  std::optional<HostContext> context_{};
  KeptAnswer kept_{};
  std::string error_{};
  penstock_sink c_{};
};

template <class S>
const penstock_factory* sink_factory(const char* name) noexcept {
  return factory_of<SinkInstance, Sink, S>(name);
}

}  // namespace detail
}  // namespace penstock::plugin

#define PENSTOCK_SINK_PLUGIN(name, Class)                     \
  PENSTOCK_PLUGIN_OF_ONE(PENSTOCK_POINT_SINK, penstock::Sink, \
                         penstock::plugin::detail::SinkInstance, name, Class)
