// SPDX-License-Identifier: Apache-2.0
// syslog_fixture.hpp: a syslog sink behind a pipeline.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "penstock/penstock.hpp"
#include "penstock/plugin/testing.hpp"
#include "receivers.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"
#include "syslog_sink.hpp"

namespace penstock::syslog::testing {

using namespace std::chrono_literals;
using penstock::testing::FakeConfig;

// Free, loopback, of streams.
inline std::uint16_t free_port() {
  return Acceptor([](Socket&) {}).port();
}

class SyslogPipeline : public penstock::test::PipelineTest {
 protected:
  // Of a sink; valid as long as the test.
  FakeConfig& options(std::initializer_list<FakeConfig::Option> all) {
    return configs_.emplace_back(all);
  }

  SinkOptions sink(const FakeConfig& config) {
    SinkOptions options = penstock::test::sink_options(
        "syslog", "syslog", [&config] { return std::make_unique<SyslogSink>(config.config()); });
    options.retry.min_backoff = 1ms;
    options.retry.max_backoff = 20ms;
    options.block_timeout = forever;
    options.batch.max_events = 500;
    return options;
  }

  // Logs the numbers from `from` to before `to`.
  static void log_numbers(Pipeline& pipeline, std::uint64_t from, std::uint64_t to) {
    const Logger log = pipeline.logger("orders");
    for (std::uint64_t k = from; k < to; ++k) log.info("a message of usual length, number {}", k);
  }

 private:
  std::deque<FakeConfig> configs_{};
};

}  // namespace penstock::syslog::testing
