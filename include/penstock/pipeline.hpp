// SPDX-License-Identifier: Apache-2.0
// pipeline.hpp: producers on one side, sinks on the other. Start reading here.
//
// Threads  Every function may be called from any thread, also several at once, unless said.
// Order    Strict within a thread. Between threads, events are merged by time stamp.
// Bound    Memory: PipelineOptions::max_bytes, plus two blocks of 4 to 64 KiB per thread.
// Loss     Only as the sinks' `when_full` says, and always counted: see stats.hpp.
// Fork     The child's copy takes no events and delivers none: its calls are counted no-ops, and
//          flush() and stop() return at once. The child can make pipelines of its own.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "penstock/export.hpp"
#include "penstock/logger.hpp"
#include "penstock/options.hpp"
#include "penstock/result.hpp"
#include "penstock/stats.hpp"

namespace penstock {

namespace pipeline {
class Core;
}

// An event whose parts are known at run time only: for agents, bridges and replays. Views: nothing
// is kept after submit().
struct EventInput {
  Level level = Level::info;
  std::string_view message{};  // as it is; not a format string
  std::string_view logger{};
  std::optional<std::int64_t> time_ns{};  // since 1970-01-01 UTC; empty: now
  std::span<const FieldView> fields{};
  std::span<const std::string_view> tags{};
  std::string_view event{};
  std::span<const std::string_view> destinations{};  // empty: every sink
  // It goes to `destinations` whatever levels, triggers and limits say, also to a sink that takes
  // dead letters only; for replays. Without destinations it changes nothing.
  bool as_is = false;
  const TraceContext* trace = nullptr;
};

// What a program adds to the file that it reads.
struct YamlOptions {
  // Where plugins are looked for, before the directories that the file names and that of the
  // installation. Absolute.
  std::vector<std::string> plugin_directories{};
};

class PENSTOCK_EXPORT Pipeline {
 public:
  // A running pipeline: its sinks are open and its workers run. Fails with every error of the
  // options or the file, when a `required` sink cannot be opened, and when no sink can. Others that
  // cannot are left out: see PipelineStats::left_out. Waits for all sinks to open, 10 s at most;
  // who takes longer is opened while events wait. `name` stands for the file in errors.
  static Result<Pipeline> start(PipelineOptions options);
  static Result<Pipeline> from_yaml_file(const std::string& path, const YamlOptions& options = {});
  static Result<Pipeline> from_yaml(std::string_view yaml, const std::string& name = "yaml",
                                    const YamlOptions& options = {});
  // The options of a file, checked in full; nothing is started. Plugins are listed, and none runs.
  static Result<PipelineOptions> options_from_yaml_file(const std::string& path,
                                                        const YamlOptions& options = {});

  // What was moved from can be assigned to or destroyed, and nothing else. Assigning stops the
  // pipeline that is replaced, as the destructor does.
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  // stop(5 s), if stop() has not been called.
  ~Pipeline();

  // The logger of that name ("orders.book"), made on first use. Takes a lock: keep the result.
  // Loggers may outlive the pipeline.
  Logger logger(std::string_view name);

  // Sets the level of loggers of that name and below ("" is the root), or, with no level, takes
  // the rule away. Takes effect at the next call of each logger.
  void set_level(std::string_view logger, std::optional<Level> level);

  // Takes an event now. True when it is in the account, whatever becomes of it. False after stop
  // and fork (refused_after_stop), and when it was dropped at once at every sink: no memory, or
  // larger than 1 GiB. Waits as Logger's calls do. [any]
  bool submit(const EventInput& event) noexcept;

  // Waits until every sink has settled what was accepted before the call, and has flushed. False
  // when the time ran out first, or a sink failed to flush (its last_error says why). From a sink
  // of this pipeline: false at once.
  bool flush(std::chrono::nanoseconds timeout);

  // Takes no more events, delivers what is there, closes the sinks. Returns at the latest when the
  // time is over (a sink that hangs is left behind with its thread). Again: the same report. An
  // event that another thread is logging at this moment may be accepted and left in the queue: the
  // report says so. From a sink of this pipeline: nothing is stopped, and `complete` is false.
  // When `complete` is false, a sink's thread may still run: end the process by std::quick_exit()
  // or _exit(), or what is static in its plugin is destroyed while it is used.
  StopReport stop(std::chrono::nanoseconds timeout);

  // The account at this instant. Takes a lock per thread and per sink, shortly.
  PipelineStats stats() const;

  // Asks every sink, or one, to open its destination again or to begin a new file. Returns at once;
  // a name that no sink has does nothing.
  void control(SinkControl what, std::string_view sink = {});

 private:
  explicit Pipeline(std::shared_ptr<pipeline::Core> core) noexcept;

  std::shared_ptr<pipeline::Core> core_{};
};

}  // namespace penstock
