// SPDX-License-Identifier: Apache-2.0
// testing.hpp: an in-memory sink, so that users can test what they log.
//
//   penstock::testing::MemorySink seen;
//   auto pipeline = penstock::Pipeline::start({.sinks = {seen.options("memory")}});
//   ... the code under test ...
//   pipeline->flush(1s);
//   EXPECT_EQ(seen.events().at(0).message, "order 7 filled at 1.5");
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "penstock/options.hpp"

namespace penstock::testing {

using OwnedValue = std::variant<std::int64_t, std::uint64_t, double, bool, std::string>;

// An event that owns all it says.
struct OwnedEvent {
  std::int64_t time_ns = 0;
  Level level = Level::info;
  std::string logger{};
  std::string message{};
  std::string file{};
  std::string function{};
  std::uint32_t line = 0;
  std::uint64_t thread_id = 0;
  std::string thread_name{};
  std::string event{};
  std::vector<std::pair<std::string, OwnedValue>> fields{};
  std::vector<std::string> tags{};
  std::optional<TraceContext> trace{};
  std::uint64_t producer = 0;

  // The field of that key; null when there is none. Of equal keys the last counts, as it does in
  // every written format.
  const OwnedValue* field(std::string_view key) const {
    const auto found = std::find_if(fields.rbegin(), fields.rend(),
                                    [&](const auto& field) { return field.first == key; });
    return found == fields.rend() ? nullptr : &found->second;
  }
};

inline OwnedEvent own(const EventView& view) {
  OwnedEvent owned{.time_ns = view.time_ns,
                   .level = view.level,
                   .logger = std::string(view.logger),
                   .message = std::string(view.message),
                   .file = std::string(view.file),
                   .function = std::string(view.function),
                   .line = view.line,
                   .thread_id = view.thread_id,
                   .thread_name = std::string(view.thread_name),
                   .event = std::string(view.event),
                   .fields = {},
                   .tags = {view.tags.begin(), view.tags.end()},
                   .trace = view.trace,
                   .producer = view.producer};
  for (const FieldView& field : view.fields) {
    OwnedValue value;
    switch (field.value.type()) {
      case Value::Type::i64:
        value = field.value.i64();
        break;
      case Value::Type::u64:
        value = field.value.u64();
        break;
      case Value::Type::f64:
        value = field.value.f64();
        break;
      case Value::Type::boolean:
        value = field.value.boolean();
        break;
      case Value::Type::text:
        value = std::string(field.value.text());
        break;
    }
    owned.fields.emplace_back(std::string(field.key), std::move(value));
  }
  return owned;
}

// A batch that owns its events, for tests that call a sink's write() themselves.
//
//   OwnedBatch batch({{.level = Level::warning, .message = "slow venue"}});
//   EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
class OwnedBatch {
 public:
  explicit OwnedBatch(std::vector<OwnedEvent> events) : owned_(std::move(events)) {
    for (const OwnedEvent& event : owned_) add(event);
    parts_.id = parts_.token = 1;
    parts_.count = events_.size();
    parts_.events = events_.data();
    if (!owned_.empty()) parts_.first_time_ns = owned_.front().time_ns;
  }
  OwnedBatch(OwnedBatch&&) = default;
  OwnedBatch& operator=(OwnedBatch&&) = default;

  // What view() says besides the events; `encoded` and `ends` refer to the test's own memory.
  Batch::Parts& parts() noexcept { return parts_; }
  // Valid as long as this, wherever it is moved.
  Batch view() const noexcept { return Batch(parts_); }

 private:
  void add(const OwnedEvent& event) {
    using detail::c_text;
    std::vector<penstock_field>& fields = fields_.emplace_back();
    for (const auto& [key, value] : event.fields) {
      const Value seen = std::visit(
          [](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
              return Value(std::string_view(held));
            } else {
              return Value(held);
            }
          },
          value);
      fields.push_back({c_text(key), detail::c_value(seen)});
    }
    std::vector<penstock_text>& tags = tags_.emplace_back();
    for (const std::string& tag : event.tags) tags.push_back(c_text(tag));
    penstock_event c{};
    c.time_ns = event.time_ns;
    c.level = static_cast<std::uint32_t>(event.level);
    c.line = event.line;
    c.logger = c_text(event.logger);
    c.message = c_text(event.message);
    c.file = c_text(event.file);
    c.function = c_text(event.function);
    c.thread_id = event.thread_id;
    c.thread_name = c_text(event.thread_name);
    c.name = c_text(event.event);
    c.producer = event.producer;
    c.fields = fields.data();
    c.field_count = fields.size();
    c.tags = tags.data();
    c.tag_count = tags.size();
    if (event.trace) {
      penstock_trace& trace = traces_.emplace_back();
      std::copy_n(event.trace->trace_id.begin(), 16, trace.trace_id);
      std::copy_n(event.trace->span_id.begin(), 8, trace.span_id);
      c.trace = &trace;
    }
    events_.push_back(c);
  }

  std::vector<OwnedEvent> owned_;
  std::deque<std::vector<penstock_field>> fields_{};
  std::deque<std::vector<penstock_text>> tags_{};
  std::deque<penstock_trace> traces_{};
  std::vector<penstock_event> events_{};
  Batch::Parts parts_{};
};

// Keeps every event. Copies share what they keep, so the test keeps one and the pipeline another.
class MemorySink {
 public:
  // A sink of a pipeline: delivers at once, keeps everything.
  SinkOptions options(std::string name, Level level = Level::trace) const {
    SinkOptions options;
    options.name = std::move(name);
    options.type = "memory";
    options.level = level;
    options.batch.linger = std::chrono::nanoseconds{0};
    options.make = factory();
    return options;
  }
  SinkFactory factory() const {
    return [state = state_] { return std::make_unique<Writer>(state); };
  }

  // What has been delivered so far, oldest first.
  std::vector<OwnedEvent> events() const {
    std::lock_guard lock(state_->mutex);
    return state_->events;
  }
  std::size_t size() const {
    std::lock_guard lock(state_->mutex);
    return state_->events.size();
  }
  // Waits until `count` events are there. False when the time ran out first; with `forever` it
  // never does.
  bool wait_for(std::size_t count, std::chrono::nanoseconds timeout) const {
    std::unique_lock lock(state_->mutex);
    const auto enough = [&] { return state_->events.size() >= count; };
    // A deadline that no clock will reach cannot be added up either.
    const auto left = forever - std::chrono::steady_clock::now().time_since_epoch();
    if (timeout < left) return state_->changed.wait_for(lock, timeout, enough);
    state_->changed.wait(lock, enough);
    return true;
  }
  void clear() {
    std::lock_guard lock(state_->mutex);
    state_->events.clear();
  }

 private:
  struct State {
    mutable std::mutex mutex;
    std::condition_variable changed{};
    std::vector<OwnedEvent> events{};
  };
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      {
        std::lock_guard lock(state_->mutex);
        for (const EventView& event : batch.events()) state_->events.push_back(own(event));
      }
      state_->changed.notify_all();
      return WriteResult::ok();
    }

   private:
    std::shared_ptr<State> state_{};
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace penstock::testing
