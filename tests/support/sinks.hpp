// SPDX-License-Identifier: Apache-2.0
// sinks.hpp: sinks that count, that get stuck, and that fail as told. The test keeps the handle;
// the pipeline has the sink that the handle's options() make.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/options.hpp"
#include "penstock/testing.hpp"
#include "support/wait.hpp"

namespace penstock::test {

inline SinkOptions sink_options(std::string name, std::string type, SinkFactory make) {
  SinkOptions options;
  options.name = std::move(name);
  options.type = std::move(type);
  options.make = std::move(make);
  options.level = Level::trace;
  options.batch.linger = std::chrono::nanoseconds{0};
  return options;
}

// Counts events and does nothing else.
class CountingSink {
 public:
  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "counting",
                        [count = count_] { return std::make_unique<Writer>(count); });
  }
  // By acquire: what was done before the event was delivered is visible.
  std::uint64_t count() const { return count_->load(std::memory_order_acquire); }

 private:
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<std::atomic<std::uint64_t>> count) : count_(std::move(count)) {}
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      count_->fetch_add(batch.size(), std::memory_order_release);
      return WriteResult::ok();
    }

   private:
    std::shared_ptr<std::atomic<std::uint64_t>> count_;
  };

  std::shared_ptr<std::atomic<std::uint64_t>> count_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

// Waits inside write() until the gate is opened; keeps what has passed. The end of the handle opens
// the gate for good, so that no worker is stuck for ever.
class GateSink {
 public:
  enum class Gate { closed, open };
  explicit GateSink(Gate gate = Gate::closed) { state_->open = gate == Gate::open; }
  ~GateSink() { open(); }
  GateSink(const GateSink&) = delete;
  GateSink& operator=(const GateSink&) = delete;

  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "gate",
                        [state = state_] { return std::make_unique<Writer>(state); });
  }

  void open() { set(true); }
  void close() { set(false); }
  // Waits until the worker is inside write() and cannot get out.
  [[nodiscard]] bool wait_until_stuck() const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience, [&] { return state_->stuck; });
  }
  [[nodiscard]] bool wait_for(std::size_t count) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience, [&] { return state_->events.size() >= count; });
  }
  std::vector<penstock::testing::OwnedEvent> events() const {
    std::lock_guard lock(state_->mutex);
    return state_->events;
  }
  // Sizes of the batches that have passed.
  std::vector<std::size_t> batches() const {
    std::lock_guard lock(state_->mutex);
    return state_->batches;
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool open = false;
    bool stuck = false;
    std::vector<penstock::testing::OwnedEvent> events{};
    std::vector<std::size_t> batches{};
  };
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      {
        std::unique_lock lock(state_->mutex);
        if (!state_->open) {
          state_->stuck = true;
          state_->changed.notify_all();
          state_->changed.wait(lock, [&] { return state_->open; });
          state_->stuck = false;
        }
        for (const EventView& event : batch.events()) {
          state_->events.push_back(penstock::testing::own(event));
        }
        state_->batches.push_back(batch.size());
      }
      state_->changed.notify_all();
      return WriteResult::ok();
    }

   private:
    std::shared_ptr<State> state_;
  };

  void set(bool open) {
    {
      std::lock_guard lock(state_->mutex);
      state_->open = open;
    }
    state_->changed.notify_all();
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// One answer of a FaultySink.
struct Answer {
  enum class Kind { ok, retry, reject, reject_some, fatal, raise, pending };
  Kind kind = Kind::ok;
  std::chrono::nanoseconds after{1};
  std::size_t delivered = 0;
  std::vector<std::uint32_t> positions{};
};

// Answers write() as scripted, and ok (or otherwise()) after that. Keeps what it has delivered, by
// its own words, and fails the test when the pipeline breaks the sink's contract: two calls at a
// time, a write while it is not open, an event again that was delivered.
class FaultySink {
 public:
  struct Write {
    std::uint64_t batch_id;
    std::uint64_t token;
    std::uint32_t attempt;
    std::vector<std::string> messages;
  };

  explicit FaultySink(std::deque<Answer> script = {}) { state_->script = std::move(script); }
  FaultySink& otherwise(Answer answer) {
    std::lock_guard lock(state_->mutex);
    state_->otherwise = std::move(answer);
    return *this;
  }
  // The next calls of open() fail.
  FaultySink& fail_opens(int count) {
    std::lock_guard lock(state_->mutex);
    state_->failing_opens = count;
    return *this;
  }
  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "faulty",
                        [state = state_] { return std::make_unique<Writer>(state); });
  }

  // A batch with one of these messages is rejected, without a word about which it is.
  void poison(std::set<std::string> messages) {
    std::lock_guard lock(state_->mutex);
    state_->poison = std::move(messages);
  }

  std::vector<std::string> delivered() const {
    std::lock_guard lock(state_->mutex);
    return state_->delivered;
  }
  std::vector<Write> writes() const {
    std::lock_guard lock(state_->mutex);
    return state_->writes;
  }
  // In order: "open", "open failed", "write", "flush", "close", "reopen", "rotate".
  std::vector<std::string> calls() const {
    std::lock_guard lock(state_->mutex);
    return state_->calls;
  }
  [[nodiscard]] bool wait_for_writes(std::size_t count) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience, [&] { return state_->writes.size() >= count; });
  }
  [[nodiscard]] bool wait_for_calls(std::size_t count) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience, [&] { return state_->calls.size() >= count; });
  }
  // Settles the batch that is pending, with this answer, from the calling thread.
  void settle(const Answer& answer) const {
    SinkContext* context = nullptr;
    std::uint64_t token = 0;
    {
      std::lock_guard lock(state_->mutex);
      context = state_->context;
      token = state_->writes.back().token;
      state_->deliver(answer, state_->writes.back().messages);
    }
    context->settle(token, result_of(answer));
  }

  static WriteResult result_of(const Answer& answer) {
    switch (answer.kind) {
      case Answer::Kind::ok:
        return WriteResult::ok();
      case Answer::Kind::retry:
        return WriteResult::retry("scripted retry", answer.after, answer.delivered);
      case Answer::Kind::reject:
        return WriteResult::reject("scripted reject");
      case Answer::Kind::reject_some:
        return WriteResult::reject("scripted reject", answer.positions);
      case Answer::Kind::fatal:
        return WriteResult::fatal("scripted fatal");
      case Answer::Kind::raise:
        throw std::runtime_error("scripted throw");
      case Answer::Kind::pending:
        return WriteResult::pending();
    }
    return WriteResult::ok();
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    std::deque<Answer> script{};
    Answer otherwise{};
    std::set<std::string> poison{};
    int failing_opens = 0;
    bool is_open = false;
    SinkContext* context = nullptr;
    std::thread::id thread{};
    std::vector<std::string> delivered{};
    std::vector<Write> writes{};
    std::vector<std::string> calls{};

    void called(const char* what, bool wants_open) {
      if (thread == std::thread::id()) thread = std::this_thread::get_id();
      EXPECT_EQ(thread, std::this_thread::get_id()) << what << " by another thread";
      EXPECT_EQ(is_open, wants_open) << what;
      calls.emplace_back(what);
    }
    void deliver(const Answer& answer, const std::vector<std::string>& messages) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto& rejected = answer.positions;
        const bool yes = answer.kind == Answer::Kind::ok ||
                         (answer.kind == Answer::Kind::retry && i < answer.delivered) ||
                         (answer.kind == Answer::Kind::reject_some &&
                          std::find(rejected.begin(), rejected.end(), i) == rejected.end());
        if (yes) delivered.push_back(messages[i]);
      }
    }
  };
  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext& context) override {
      std::lock_guard lock(state_->mutex);
      const bool fails = state_->failing_opens > 0;
      state_->called(fails ? "open failed" : "open", false);
      state_->changed.notify_all();
      if (fails) {
        --state_->failing_opens;
        return Status::failure("scripted open failure");
      }
      state_->context = &context;
      state_->is_open = true;
      return {};
    }
    WriteResult write(const Batch& batch) override {
      std::lock_guard lock(state_->mutex);
      state_->called("write", true);
      Answer answer = state_->otherwise;
      if (!state_->script.empty()) {
        answer = std::move(state_->script.front());
        state_->script.pop_front();
      }
      std::vector<std::string> messages;
      for (const EventView& event : batch.events()) messages.emplace_back(event.message);
      for (const std::string& message : messages) {
        if (state_->poison.contains(message)) answer = {.kind = Answer::Kind::reject};
      }
      state_->writes.push_back({batch.id(), batch.token(), batch.attempt(), messages});
      state_->deliver(answer, messages);
      state_->changed.notify_all();
      return result_of(answer);
    }
    Status flush() override {
      std::lock_guard lock(state_->mutex);
      state_->called("flush", true);
      return {};
    }
    void control(SinkControl what) override {
      std::lock_guard lock(state_->mutex);
      state_->called(what == SinkControl::reopen ? "reopen" : "rotate", true);
      state_->changed.notify_all();
    }
    void close() override {
      std::lock_guard lock(state_->mutex);
      state_->called("close", true);
      state_->is_open = false;
    }

   private:
    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace penstock::test
