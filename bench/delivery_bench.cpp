// SPDX-License-Identifier: Apache-2.0
// What does a real acknowledgement cost, for each event? A sink that answers ok at once, against
// sinks whose answers come later, from another thread: one batch at a time, four, and four with a
// dead-letter route.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <penstock/penstock.hpp>

#include "support/comparison.hpp"
#include "support/cpu.hpp"
#include "support/pipelines.hpp"

namespace {

using namespace penstock;
using bench::Figures;

constexpr int usual_rounds = 15;
constexpr std::uint64_t events = 2'000'000;

// Takes the encoded batch, as a sink with a socket would: reads it once.
std::uint64_t send(const Batch& batch) {
  std::uint64_t sum = 0;
  const std::string_view bytes = batch.encoded();
  for (std::size_t at = 0; at < bytes.size(); at += 64)
    sum += static_cast<unsigned char>(bytes[at]);
  return sum;
}

class AtOnce final : public Sink {
 public:
  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    sum_ += send(batch);
    return WriteResult::ok();
  }

 private:
  std::uint64_t sum_ = 0;
};

// Its own thread acknowledges, in order.
class Acknowledged final : public Sink {
 public:
  ~Acknowledged() override { close(); }
  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext& context) override {
    context_ = &context;
    thread_ = std::thread([this] { acknowledge(); });
    return {};
  }
  WriteResult write(const Batch& batch) override {
    sum_ += send(batch);
    {
      std::lock_guard lock(mutex_);
      tokens_.push_back(batch.token());
    }
    changed_.notify_one();
    return WriteResult::pending();
  }
  void close() override {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void acknowledge() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return done_ || !tokens_.empty(); });
      if (tokens_.empty()) return;
      const std::uint64_t token = tokens_.front();
      tokens_.pop_front();
      lock.unlock();
      context_->settle(token, WriteResult::ok());
      lock.lock();
    }
  }

  SinkContext* context_ = nullptr;
  std::uint64_t sum_ = 0;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<std::uint64_t> tokens_{};
  bool done_ = false;
  std::thread thread_{};
};

template <class Type>
SinkOptions sink_of(std::uint32_t max_in_flight) {
  SinkOptions sink = bench::base_sink("measured", FormatType::text);
  sink.make = [] { return std::make_unique<Type>(); };
  sink.max_in_flight = max_in_flight;
  return sink;
}

Figures measure(const std::vector<SinkOptions>& sinks) {
  Pipeline pipeline = bench::start_pipeline({.sinks = sinks});
  const Logger log = pipeline.logger("orders");
  const bench::Stopwatch watch;
  for (std::uint64_t k = 0; k < events; ++k) {
    log.info("Logging iteration: {}, message: {}", k, k + 1);
  }
  const StopReport report = pipeline.stop(std::chrono::seconds{60});
  const auto spent = watch.spent();
  if (!report.complete || report.stats.sinks[0].delivered != static_cast<std::int64_t>(events)) {
    throw std::runtime_error("not everything was delivered");
  }
  const auto count = static_cast<double>(events);
  return {{"ns_per_event", spent.wall_ns / count}, {"cpu_ns_per_event", spent.cpu_ns / count}};
}

SinkOptions letters() {
  SinkOptions sink = bench::base_sink("letters", FormatType::text);
  sink.make = null_sink();
  sink.only_dead_letters = true;
  return sink;
}

}  // namespace

int main(int argc, char** argv) {
  bench::Comparison deliveries(usual_rounds);
  const std::string floor = "BM_Delivery_AtOnce/delivery";
  const std::vector<std::string> ratios = {"ns_per_event", "cpu_ns_per_event"};
  deliveries.add({.name = floor, .measure = [] { return measure({sink_of<AtOnce>(1)}); }});
  deliveries.add({.name = "BM_Delivery_Acknowledged/delivery/in_flight:1",
                  .measure = [] { return measure({sink_of<Acknowledged>(1)}); },
                  .baseline = floor,
                  .ratios = ratios});
  deliveries.add({.name = "BM_Delivery_Acknowledged/delivery/in_flight:4",
                  .measure = [] { return measure({sink_of<Acknowledged>(4)}); },
                  .baseline = floor,
                  .ratios = ratios});
  deliveries.add({.name = "BM_Delivery_DeadLetterRoute/delivery/in_flight:4",
                  .measure =
                      [] {
                        SinkOptions sink = sink_of<Acknowledged>(4);
                        sink.dead_letter = "letters";
                        return measure({sink, letters()});
                      },
                  .baseline = floor,
                  .ratios = ratios});
  deliveries.register_all();
  return bench::run_benchmarks(argc, argv);
}
