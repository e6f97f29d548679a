// SPDX-License-Identifier: Apache-2.0
// function_sink.hpp: a sink whose calls are functions of the test, and that keeps what it has been
// offered; and a call that does not return.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/sinks.hpp"

namespace penstock::test {

class FunctionSink {
 public:
  struct Offer {
    Clock::time_point time;
    std::uint64_t id;
    std::uint64_t token;
    std::uint32_t attempt;
    std::vector<std::string> messages;
  };
  // What is not set succeeds at once.
  struct Calls {
    std::function<Status()> open{};
    std::function<WriteResult(std::size_t offer)> write{};  // offers are counted from 0
    std::function<Status()> flush{};
    std::function<void(const FunctionSink&)> close{};
  };

  explicit FunctionSink(Calls calls) { state_->calls = std::move(calls); }
  // One that only writes.
  explicit FunctionSink(std::function<WriteResult(std::size_t offer)> write) {
    state_->calls.write = std::move(write);
  }

  SinkOptions options(std::string name) const {
    return sink_options(std::move(name), "function",
                        [state = state_] { return std::make_unique<Writer>(state); });
  }
  std::vector<Offer> offers() const {
    std::lock_guard lock(state_->mutex);
    return state_->offers;
  }
  [[nodiscard]] bool wait_for(std::size_t offers) const {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, patience,
                                    [&] { return state_->offers.size() >= offers; });
  }
  // From the calling thread.
  void settle(std::size_t offer, WriteResult result) const {
    SinkContext* context = nullptr;
    std::uint64_t token = 0;
    {
      std::lock_guard lock(state_->mutex);
      context = state_->context;
      token = state_->offers.at(offer).token;
    }
    context->settle(token, std::move(result));
  }

 private:
  struct State {
    Calls calls{};
    std::mutex mutex{};
    std::condition_variable changed{};
    std::vector<Offer> offers{};
    SinkContext* context = nullptr;
  };
  explicit FunctionSink(std::shared_ptr<State> state) : state_(std::move(state)) {}

  class Writer final : public Sink {
   public:
    explicit Writer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Status open(SinkContext& context) override {
      {
        std::lock_guard lock(state_->mutex);
        state_->context = &context;
      }
      return state_->calls.open ? state_->calls.open() : Status();
    }
    WriteResult write(const Batch& batch) override {
      std::size_t offer = 0;
      {
        std::lock_guard lock(state_->mutex);
        Offer& kept = state_->offers.emplace_back(
            Offer{Clock::now(), batch.id(), batch.token(), batch.attempt(), {}});
        for (const EventView& event : batch.events()) kept.messages.emplace_back(event.message);
        offer = state_->offers.size() - 1;
      }
      state_->changed.notify_all();
      return state_->calls.write ? state_->calls.write(offer) : WriteResult::ok();
    }
    Status flush() override { return state_->calls.flush ? state_->calls.flush() : Status(); }
    void close() override {
      if (state_->calls.close) state_->calls.close(FunctionSink(state_));
    }

   private:
    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// A call that does not return before the end of this object.
class Hang {
 public:
  Hang() = default;
  ~Hang() { end(); }
  Hang(const Hang&) = delete;
  Hang& operator=(const Hang&) = delete;

  // What hangs.
  std::function<void()> call() const {
    return [state = state_] {
      state->begun.set();
      while (!state->ended.wait()) {
      }
    };
  }
  [[nodiscard]] bool wait_until_begun() const { return state_->begun.wait(); }
  void end() const { state_->ended.set(); }

 private:
  struct State {
    Signal begun{};
    Signal ended{};
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace penstock::test
