// SPDX-License-Identifier: Apache-2.0
// peer.hpp: one logging library, set up to write the same text file as the others:
// time, thread, level, logger, file:line, message; waiting, not dropping, when its queue is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/comparison.hpp"
#include "support/cpu.hpp"

namespace penstock::bench {

// A logger that is running, for latencies. Its destructor stops it.
class PeerCaller {
 public:
  virtual ~PeerCaller() = default;
  // measure_bursts() of the library's own call with two integers and a double.
  virtual Figures measure(std::size_t bursts) = 0;
};

struct Peer {
  std::string name{};  // as in BM_<name>_Deliver
  // Logs `events` from `threads` threads to a new file and stops. What it took from the first call
  // until all is written.
  std::function<Stopwatch::Spent(const std::string& path, std::size_t threads,
                                 std::uint64_t events)>
      deliver{};
  // Its own threads run on the CPU that the calling thread is pinned to.
  std::function<std::unique_ptr<PeerCaller>(const std::string& path)> caller{};
  std::uint64_t events = 0;  // enough for about a second
};

Peer spdlog_peer();
Peer boost_log_peer();
Peer glog_peer();
// Those that this build has; spdlog is the first.
inline std::vector<Peer> all_peers() {
  std::vector<Peer> peers;
#if defined(PENSTOCK_BENCH_SPDLOG)
  peers.push_back(spdlog_peer());
#endif
#if defined(PENSTOCK_BENCH_BOOST_LOG)
  peers.push_back(boost_log_peer());
#endif
#if defined(PENSTOCK_BENCH_GLOG)
  peers.push_back(glog_peer());
#endif
  return peers;
}

// Calls log(k) for events / threads numbers on each of so many new threads, and waits for them.
template <class Log>
void log_from_threads(std::size_t threads, std::uint64_t events, const Log& log) {
  std::vector<std::thread> callers;
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&log, count = events / threads] {
      for (std::uint64_t k = 0; k < count; ++k) log(k);
    });
  }
  for (std::thread& caller : callers) caller.join();
}

// The cases of a program, see main.cpp.
void add_caller_cases(Comparison& callers);
void add_throughput_cases(Comparison& throughput);
void add_program_cases(Comparison& program);

}  // namespace penstock::bench
