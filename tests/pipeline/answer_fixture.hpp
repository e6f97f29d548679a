// SPDX-License-Identifier: Apache-2.0
// answer_fixture.hpp: a pipeline with one sink that answers as told.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::test {

using Kind = Answer::Kind;

inline std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
  return all;
}

class AnswerTest : public PipelineTest {
 protected:
  // Tries again at once.
  static SinkOptions quick(SinkOptions options) {
    options.retry.min_backoff = 1ms;
    options.retry.max_backoff = 2ms;
    return options;
  }
  // Logs `count` events that come in one batch: the linger is long, the flush ends it.
  Pipeline& start_with(const FaultySink& sink, int count) {
    SinkOptions options = sink.options("faulty");
    options.batch.linger = 60s;
    Pipeline& pipeline = start({options});
    const Logger log = pipeline.logger("x");
    for (int i = 0; i < count; ++i) log.info("{}", i);
    return pipeline;
  }
};

}  // namespace penstock::test
