// SPDX-License-Identifier: Apache-2.0
#include "cli/report.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/buffer.hpp"
#include "cli/file_text.hpp"
#include "event/escape.hpp"

namespace penstock::cli {
namespace {

std::string quoted(std::string_view text) {
  base::Buffer buffer;
  buffer.push_back('"');
  event::append_escaped<event::Escape::json>(buffer, text);
  buffer.push_back('"');
  return std::string(buffer.view());
}

// {"queue_full": 3}: the reasons that there were.
template <class Reason, std::size_t N>
std::string reasons_json(const std::array<std::int64_t, N>& counts,
                         std::string_view (*name_of)(Reason)) {
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < N; ++i) {
    if (counts[i] == 0) continue;
    reasons.push_back(fmt::format("{}: {}", quoted(name_of(static_cast<Reason>(i))), counts[i]));
  }
  return fmt::format("{{{}}}", fmt::join(reasons, ", "));
}

std::string sink_json(const SinkStats& sink) {
  std::string text =
      fmt::format(R"({}: {{"delivered": {}, "filtered": {}, "filtered_by": {}, "dropped": {}, )"
                  R"("dead_lettered": {}, )"
                  R"("in_queue": {}, "in_spool": {}, "in_flight": {}, "state": {}, "breaker": {})",
                  quoted(sink.name), sink.delivered, sink.filtered,
                  reasons_json<FilterReason>(sink.filtered_by, filter_reason_name),
                  reasons_json<DropReason>(sink.dropped, drop_reason_name), sink.dead_lettered,
                  sink.in_queue, sink.in_spool, sink.in_flight, quoted(sink_state_name(sink.state)),
                  quoted(breaker_state_name(sink.breaker)));
  if (!sink.last_error.empty())
    text += fmt::format(R"(, "last_error": {})", quoted(sink.last_error));
  if (!sink.figures.empty()) {
    std::vector<std::string> figures;
    for (const auto& [name, value] : sink.figures) {
      figures.push_back(fmt::format("{}: {}", quoted(name), value));
    }
    text += fmt::format(R"(, "figures": {{{}}})", fmt::join(figures, ", "));
  }
  return text + "}";
}

std::string left_out_json(const PipelineStats& stats) {
  std::vector<std::string> sinks;
  for (const PipelineStats::LeftOut& sink : stats.left_out) {
    sinks.push_back(fmt::format("{}: {}", quoted(sink.name), quoted(sink.reason)));
  }
  return fmt::format("{{{}}}", fmt::join(sinks, ", "));
}

// For whoever reads the end of a pipe at leisure; it must not keep the program for ever.
constexpr std::chrono::seconds standard_output_patience{10};

// Names of what is open already: a file behind one of them is not to be replaced, and least of all
// the name.
bool names_open_file(std::string_view path) {
  return path == "/dev/stdout" || path == "/dev/stderr" || path.starts_with("/dev/fd/") ||
         path.starts_with("/proc/");
}

}  // namespace

std::string report_json(const Outcome& outcome) {
  const PipelineStats& stats = outcome.stats;
  std::vector<std::string> sinks;
  for (const SinkStats& sink : stats.sinks) sinks.push_back("    " + sink_json(sink));
  std::vector<std::string> names;
  for (const std::string& name : stats.unknown_destination_names) names.push_back(quoted(name));
  std::string text = fmt::format(
      "{{\n  \"accepted\": {},\n  \"dead_letters\": {},\n  \"own_events\": {},\n"
      "  \"malformed_lines\": {},\n",
      stats.accepted, stats.dead_letters, stats.own_events, outcome.lines.malformed);
  text += fmt::format("  \"sinks\": {{\n{}\n  }},\n", fmt::join(sinks, ",\n"));
  text += fmt::format(
      "  \"dropped\": {{\"unknown_destination\": {}}},\n  \"conservation_error\": {},\n",
      stats.unknown_destination, stats.conservation_error);
  text += fmt::format(
      "  \"unknown_destinations\": [{}],\n  \"lines\": {},\n  \"empty_lines\": {},\n"
      "  \"refused\": {},\n  \"truncated\": {},\n  \"left_out\": {},\n",
      fmt::join(names, ", "), outcome.lines.lines, outcome.lines.empty, stats.refused_after_stop,
      stats.truncated, left_out_json(stats));
  text += fmt::format("  \"complete\": {},\n  \"elapsed_seconds\": {:.6f}\n}}\n",
                      outcome.complete && !outcome.left_now,
                      std::chrono::duration<double>(outcome.elapsed).count());
  return text;
}

Status write_report(const std::string& path, const std::string& json) {
  if (path == "-") {
    if (write_within(STDOUT_FILENO, json, standard_output_patience)) return {};
    return Status::failure(
        fmt::format("cannot write the report to standard output: {}", std::strerror(errno)));
  }
  // What is no file (a pipe, /dev/stderr) is written to, not replaced.
  struct stat status {};
  const bool in_place =
      ::stat(path.c_str(), &status) == 0 && (!S_ISREG(status.st_mode) || names_open_file(path));
  const std::string beside = in_place ? path : fmt::format("{}.{}.tmp", path, ::getpid());
  const int flags = O_WRONLY | O_CLOEXEC | (in_place ? O_NONBLOCK | O_APPEND : O_CREAT | O_TRUNC);
  const int fd = ::open(beside.c_str(), flags, 0644);
  bool ok = fd >= 0 && write_all(fd, json);
  int error = errno;
  if (fd >= 0 && ::close(fd) != 0 && ok) {
    ok = false;
    error = errno;
  }
  if (ok && !in_place && ::rename(beside.c_str(), path.c_str()) != 0) {
    ok = false;
    error = errno;
  }
  if (ok) return {};
  if (fd >= 0 && !in_place) ::unlink(beside.c_str());
  return Status::failure(fmt::format("cannot write the report {}: {}", path, std::strerror(error)));
}

}  // namespace penstock::cli
