// SPDX-License-Identifier: Apache-2.0
// spdlog, asynchronous: one worker, its default queue of 8192 events, waiting when it is full.
#if defined(PENSTOCK_BENCH_SPDLOG)

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "peers/peer.hpp"
#include "support/latency.hpp"

namespace penstock::bench {
namespace {

constexpr std::size_t queue_events = 8192;

std::shared_ptr<spdlog::logger> start(const std::string& path) {
  spdlog::init_thread_pool(queue_events, 1);
  auto logger = spdlog::create_async<spdlog::sinks::basic_file_sink_mt>("orders", path, true);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ [%t] %l %n %s:%# %v", spdlog::pattern_time_type::utc);
  return logger;
}

Stopwatch::Spent deliver(const std::string& path, std::size_t threads, std::uint64_t events) {
  auto logger = start(path);
  const Stopwatch watch;
  log_from_threads(threads, events, [&](std::uint64_t k) {
    SPDLOG_LOGGER_INFO(logger, "Logging iteration: {}, message: {}, double: {}", k, k + 1,
                       1.1 * static_cast<double>(k));
  });
  logger.reset();
  spdlog::shutdown();  // waits for its worker and closes the file
  return watch.spent();
}

class Caller final : public PeerCaller {
 public:
  explicit Caller(const std::string& path) : logger_(start(path)) {}
  ~Caller() override {
    logger_.reset();
    spdlog::shutdown();
  }
  Figures measure(std::size_t bursts) override {
    return measure_bursts(bursts, [this](std::uint64_t k, std::uint64_t i, double d) {
      SPDLOG_LOGGER_INFO(logger_, "Logging iteration: {}, message: {}, double: {}", k, i, d);
    });
  }

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace

Peer spdlog_peer() {
  return {.name = "Spdlog",
          .deliver = deliver,
          .caller = [](const std::string& path) { return std::make_unique<Caller>(path); },
          .events = 1'000'000};
}

}  // namespace penstock::bench

#endif
