// SPDX-License-Identifier: Apache-2.0
// limits_fixture.hpp: a pipeline with one sink that has limits.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {

inline std::int64_t filtered(const SinkStats& sink, FilterReason reason) {
  return sink.filtered_by[static_cast<std::size_t>(reason)];
}

// How many events one stands for.
inline std::uint64_t repeated(const OwnedEvent& event) {
  const auto* const count = event.field("repeated");
  return count != nullptr ? std::get<std::uint64_t>(*count) : 1;
}

// "message" or "message xN".
inline std::vector<std::string> shown(const std::vector<OwnedEvent>& events) {
  std::vector<std::string> all;
  for (const OwnedEvent& event : events) {
    const bool counted = event.field("repeated") != nullptr;
    all.push_back(event.message + (counted ? " x" + std::to_string(repeated(event)) : ""));
  }
  return all;
}

class LimitsTest : public PipelineTest {
 protected:
  Pipeline& start_limited(LimitOptions limits) {
    SinkOptions options = sink_.options("limited");
    options.limits = limits;
    return start({options});
  }
  // One call site for all.
  static void say(const Logger& log, std::string_view text, int count = 1) {
    for (int i = 0; i < count; ++i) log.info("say {}", text);
  }

  MemorySink sink_{};
};

}  // namespace penstock::test
