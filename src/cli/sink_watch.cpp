// SPDX-License-Identifier: Apache-2.0
#include "cli/sink_watch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/shown.hpp"

namespace penstock::cli {

std::vector<std::string> SinkWatch::news(const PipelineStats& stats, Clock::time_point now) {
  std::vector<std::string> lines;
  has_more_ = false;
  told_.resize(std::max(told_.size(), stats.sinks.size()));
  for (std::size_t i = 0; i < stats.sinks.size(); ++i) {
    const SinkStats& sink = stats.sinks[i];
    Told& told = told_[i];
    if (sink.state == SinkState::stopped) continue;  // the account tells how
    const Trouble trouble = trouble_of(sink);
    if (trouble == told.trouble) continue;
    if (told.ever && now - told.time < silence) {
      has_more_ = true;
      continue;
    }
    lines.push_back(line(sink, trouble));
    told = {.trouble = trouble, .time = now, .ever = true};
  }
  return lines;
}

SinkWatch::Trouble SinkWatch::trouble_of(const SinkStats& sink) noexcept {
  switch (sink.state) {
    case SinkState::starting:
      return Trouble::opening;
    case SinkState::retrying:
      return Trouble::retrying;
    case SinkState::failed:
      return Trouble::failed;
    default:
      return sink.last_error.empty() ? Trouble::none : Trouble::complaining;
  }
}

std::string SinkWatch::line(const SinkStats& sink, Trouble trouble) {
  const std::string name = shown(sink.name, shown_name_bytes);
  const std::string error = shown(sink.last_error);
  switch (trouble) {
    case Trouble::opening:
      return fmt::format("sink '{}' is not open yet", name);
    case Trouble::complaining:
      return fmt::format("sink '{}' has trouble: {}", name, error);
    case Trouble::retrying:
      return fmt::format("sink '{}' is retrying: {}", name, error);
    case Trouble::failed:
      return fmt::format("sink '{}' has failed, and is opened again: {}", name, error);
    default:
      return fmt::format("sink '{}' runs again", name);
  }
}

bool is_at_work(const PipelineStats& stats) noexcept {
  return std::any_of(stats.sinks.begin(), stats.sinks.end(), [](const SinkStats& sink) {
    const bool is_well = sink.state == SinkState::running || sink.state == SinkState::stopped;
    return !is_well || sink.in_queue + sink.in_flight != 0;
  });
}

}  // namespace penstock::cli
