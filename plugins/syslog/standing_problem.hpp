// SPDX-License-Identifier: Apache-2.0
// standing_problem.hpp: a sink's context with a problem that stands until it is solved, whatever
// else is reported meanwhile.
//
// Threads  any
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <penstock/sink.hpp>

namespace penstock::syslog {

class StandingProblem final : public SinkContext {
 public:
  explicit StandingProblem(SinkContext& context) : context_(context) {}

  // Until it is called again; with nothing when it is solved.
  void stand(std::string problem) {
    const std::lock_guard lock(mutex_);
    standing_ = std::move(problem);
    tell();
  }
  void report(std::string_view problem) override {
    const std::lock_guard lock(mutex_);
    passing_ = problem;
    tell();
  }

  std::string_view sink_name() const noexcept override { return context_.sink_name(); }
  std::int64_t now_ns() const noexcept override { return context_.now_ns(); }
  std::uint32_t max_in_flight() const noexcept override { return context_.max_in_flight(); }
  void settle(std::uint64_t token, WriteResult result) override {
    context_.settle(token, std::move(result));
  }
  void measure(std::string_view name, double value) override { context_.measure(name, value); }

 private:
  void tell() {
    const bool both = !standing_.empty() && !passing_.empty();
    context_.report(standing_ + (both ? "; " : "") + passing_);
  }

  SinkContext& context_;
  std::mutex mutex_{};
  std::string standing_{};
  std::string passing_{};
};

}  // namespace penstock::syslog
