// SPDX-License-Identifier: Apache-2.0
// pipelines.hpp: the pipelines that are measured, and the account that must come out.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <penstock/penstock.hpp>

#include "support/cpu.hpp"

namespace penstock::bench {

// What every logging library here writes in a line; the peers' patterns are the same.
inline constexpr const char* text_pattern =
    "{time} [{thread}] {level} {logger} {file}:{line} {message}";

inline SinkOptions base_sink(const std::string& name, FormatType format) {
  SinkOptions sink;
  sink.name = name;
  sink.required = true;
  sink.block_timeout = forever;
  sink.format = {.type = format, .pattern = text_pattern};
  return sink;
}

// A file that is never rotated.
inline SinkOptions file_sink_to(const std::string& path, FormatType format = FormatType::text) {
  SinkOptions sink = base_sink("file", format);
  sink.make = file_sink({.path = path, .max_bytes = 0});
  return sink;
}

inline SinkOptions null_sink_options() {
  SinkOptions sink = base_sink("null", FormatType::text);
  sink.make = null_sink();
  return sink;
}

// For runs without end: the file is emptied whenever it has 64 MiB. Its worker is pinned.
inline SinkOptions pinned_file_sink(const std::string& name, const std::string& path) {
  SinkOptions sink = base_sink(name, FormatType::text);
  sink.make = file_sink({.path = path, .max_bytes = 64 * MiB, .backup_count = 0});
  sink.affinity = {worker_cpu()};
  return sink;
}

inline Pipeline start_pipeline(PipelineOptions options) {
  Result<Pipeline> pipeline = Pipeline::start(std::move(options));
  if (!pipeline) throw std::runtime_error(to_string(pipeline.errors()));
  return std::move(*pipeline);
}

// Stops, and throws unless every sink has got exactly `produced` events and nothing was dropped.
inline void stop_and_check(Pipeline& pipeline, std::int64_t produced) {
  const StopReport report = pipeline.stop(std::chrono::seconds{60});
  const PipelineStats& stats = report.stats;
  std::string wrong;
  if (!report.complete) wrong += " stop() ran out of time;";
  if (stats.conservation_error != 0) wrong += " the account does not add up;";
  if (stats.accepted != produced) wrong += " accepted " + std::to_string(stats.accepted) + ";";
  for (const SinkStats& sink : stats.sinks) {
    if (sink.dropped_total() != 0) wrong += " " + sink.name + " dropped some;";
    if (sink.delivered != produced) {
      wrong += " " + sink.name + " delivered " + std::to_string(sink.delivered) + ";";
    }
  }
  if (wrong.empty()) return;
  throw std::runtime_error("of " + std::to_string(produced) + " events:" + wrong);
}

}  // namespace penstock::bench
