// SPDX-License-Identifier: Apache-2.0
// The main thread reads and submits; `signals` (signal_watch.hpp) listens, and looks after the
// sinks; the rest is the pipeline's.
#include "cli/run.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "cli/account.hpp"
#include "cli/file_text.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/signal_watch.hpp"
#include "cli/sink_files.hpp"
#include "cli/sink_watch.hpp"
#include "cli/talk.hpp"
#include "penstock/pipeline.hpp"

namespace penstock::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t line_bytes_max = 16 * MiB;
// A lock for each line would cost as much as the line.
constexpr std::int64_t lines_unshared_max = 64;
// For the rest of the line that a stop signal came in the middle of.
constexpr milliseconds rest_of_line_timeout{100};
// Signals wait while the sinks are talked about.
constexpr milliseconds news_patience{100};
// For whoever reads standard error.
constexpr std::chrono::seconds account_patience{2};

class Run {
 public:
  explicit Run(const RunArguments& arguments);

  Errors start(PipelineOptions options);
  int forward();

 private:
  void read_all();
  bool read_input(Input& input);
  void read_lines(Input& input);
  void finish_line(Input& input);
  void submit_lines();
  void submit_rest(bool cut_off);
  void submit(const EventInput* event);
  void share_counts();
  template <class Function>
  bool survives(const std::string& what, const Function& function);
  void add_input_error(std::string error);

  Pipeline* started();
  template <class Function>
  void ask(const Function& function) noexcept;
  bool tell_news();
  Outcome outcome(StopReport report) const;
  std::int64_t lines_not_counted(const PipelineStats& stats) const;
  int give_account(const Outcome& outcome);
  bool show_account(const Outcome& outcome) const;
  void leave_now(int signal);

  const RunArguments& arguments_;
  const Clock::time_point begin_ = Clock::now();
  LineSplitter splitter_{line_bytes_max};
  EventReader reader_;
  std::int64_t events_ = 0;  // submitted, with the one at hand
  std::int64_t lines_unshared_ = 0;
  Progress progress_;
  SinkWatch sink_watch_{};  // of the thread of signals_
  std::timed_mutex account_mutex_{};
  bool account_is_given_ = false;  // under account_mutex_

  mutable std::mutex mutex_{};
  std::optional<Pipeline> pipeline_{};       // set once, under mutex_
  bool has_ended_ = false;                   // under mutex_
  LineCounts counts_{};                      // under mutex_
  std::int64_t events_counted_ = 0;          // under mutex_; of the lines in counts_
  std::vector<std::string> input_errors_{};  // under mutex_

  SignalWatch signals_;  // last: it uses all of the above
};

Run::Run(const RunArguments& arguments)
    : arguments_(arguments),
      reader_(arguments.format),
      progress_(arguments.quiet ? ShowProgress::never : arguments.progress, STDERR_FILENO),
      signals_(arguments.stop_timeout,
               {.reopen = [this] { ask([](Pipeline& p) { p.control(SinkControl::reopen); }); },
                .end_reading =
                    [this](nanoseconds time_left) {
                      ask([time_left](Pipeline& p) { p.stop(time_left); });
                    },
                .leave_now = [this](int signal) { leave_now(signal); },
                .look = [this] { return tell_news(); }}) {}

// ---- the beginning

Errors Run::start(PipelineOptions options) {
  auto pipeline = Pipeline::start(std::move(options));
  if (!pipeline) return pipeline.errors();
  {
    std::lock_guard lock(mutex_);
    pipeline_.emplace(std::move(*pipeline));
  }
  // Now, and not in the account only: that may be weeks away.
  for (const PipelineStats::LeftOut& sink : pipeline_->stats().left_out) {
    say(fmt::format("sink '{}' is left out: {}", sink.name, sink.reason));
  }
  return {};
}

// Null while it has not started: signals may come before.
Pipeline* Run::started() {
  std::lock_guard lock(mutex_);
  return pipeline_ ? &*pipeline_ : nullptr;
}

// On the thread of signals_.
template <class Function>
void Run::ask(const Function& function) noexcept {
  try {
    if (Pipeline* const pipeline = started()) function(*pipeline);
  } catch (...) {
    say(exception_text());
  }
}

int Run::forward() {
  signals_.look_soon();
  survives("reading", [this] { read_all(); });
  progress_.finish();
  if (const std::int64_t lines = reader_.counts().no_letter; lines != 0) {
    add_input_error(fmt::format("{} left out; the first is {}",
                                lines == 1 ? "1 line was" : fmt::format("{} lines were", lines),
                                reader_.first_left_out()));
  }
  const nanoseconds time_left = signals_.reading_ended();
  signals_.look_soon();
  const Outcome end = outcome(pipeline_->stop(time_left));
  std::lock_guard lock(account_mutex_);
  const int code = give_account(end);
  // A sink that hangs was left behind with its thread, and still uses what the end of a process
  // destroys: its plugin's variables above all.
  if (!end.complete) ::_exit(code);
  return code;
}

// ---- reading

void Run::read_all() {
  std::vector<std::string> paths = arguments_.inputs;
  if (paths.empty()) paths.emplace_back("-");
  for (std::string& path : paths) {
    if (signals_.stop_signal() != 0) return;
    Input input(std::move(path), signals_.stop_fd());
    const Status opened = input.open();
    if (!opened) {
      add_input_error(opened.errors().front().message);
    } else if (!read_input(input)) {
      return;
    }
  }
}

// False when there is no sense in reading on.
bool Run::read_input(Input& input) {
  if (input.is_terminal() && !arguments_.quiet) say("reading lines from the terminal; Ctrl-D ends");
  const bool was_read = survives("reading " + input.name(), [&] { read_lines(input); });
  // What stands in memory has been read, even if there is no more memory.
  const bool was_ended = survives("reading " + input.name(),
                                  [&] { submit_rest(!was_read || signals_.stop_signal() != 0); });
  return was_read && was_ended;
}

void Run::read_lines(Input& input) {
  for (;;) {
    const std::span<char> room = splitter_.room();
    const Input::Read read = input.read(room.first(LineSplitter::read_bytes));
    if (read.got != Input::Got::bytes) {
      if (read.got == Input::Got::stop) finish_line(input);
      if (read.got == Input::Got::error) {
        add_input_error(
            fmt::format("cannot read on in {}: {}", input.name(), std::strerror(read.error)));
      }
      return;
    }
    splitter_.commit(read.bytes);
    submit_lines();
  }
}

// The line that has been read in part is read to its end, and not a byte more.
void Run::finish_line(Input& input) {
  const Clock::time_point deadline = Clock::now() + rest_of_line_timeout;
  while (splitter_.has_rest()) {
    const std::span<char> room = splitter_.room();
    if (input.read_byte(room.front(), deadline).got != Input::Got::bytes) return;
    splitter_.commit(1);
    submit_lines();
  }
}

void Run::submit_lines() {
  for (Line line; splitter_.next(line);) submit(reader_.read(line));
  share_counts();
  signals_.look_soon();
  progress_.update(reader_.counts().lines);
}

// Lines do not reach over the end of a file.
void Run::submit_rest(bool cut_off) {
  for (Line line; splitter_.rest(line);) {
    submit(cut_off ? reader_.read_cut_off(line) : reader_.read(line));
  }
  share_counts();
}

// What is refused (after a stop) the pipeline counts.
void Run::submit(const EventInput* event) {
  if (event != nullptr) ++events_;
  if (++lines_unshared_ >= lines_unshared_max) share_counts();
  if (event != nullptr) (void)pipeline_->submit(*event);
}

void Run::share_counts() {
  lines_unshared_ = 0;
  std::lock_guard lock(mutex_);
  counts_ = reader_.counts();
  events_counted_ = events_;
}

// Runs it. What it throws ends the reading, not the account: false then.
template <class Function>
bool Run::survives(const std::string& what, const Function& function) {
  try {
    function();
    return true;
  } catch (...) {
    add_input_error(fmt::format("{} was given up: {}", what, exception_text()));
    return false;
  }
}

// At once, and in the account.
void Run::add_input_error(std::string error) {
  say(error);
  std::lock_guard lock(mutex_);
  input_errors_.push_back(std::move(error));
}

// ---- while it works

// On the thread of signals_, as the main thread may wait for input, or for room.
bool Run::tell_news() {
  try {
    Pipeline* const pipeline = started();
    if (pipeline == nullptr) return false;
    const PipelineStats stats = pipeline->stats();
    for (const std::string& line : sink_watch_.news(stats, Clock::now())) {
      {
        std::lock_guard lock(mutex_);
        if (has_ended_) return false;  // the account says it
      }
      say(line, news_patience);
    }
    return sink_watch_.has_more() || is_at_work(stats);
  } catch (...) {
    return true;  // there may be memory for it the next time
  }
}

// ---- the end

Outcome Run::outcome(StopReport report) const {
  Outcome outcome;
  outcome.stats = std::move(report.stats);
  outcome.complete = report.complete;
  outcome.stop_signal = signals_.stop_signal();
  outcome.elapsed = Clock::now() - begin_;
  std::lock_guard lock(mutex_);
  outcome.lines = counts_;
  outcome.input_errors = input_errors_;
  return outcome;
}

// While the main thread waits for room, the lines that it has submitted since it counted them last
// are known by their events.
std::int64_t Run::lines_not_counted(const PipelineStats& stats) const {
  std::lock_guard lock(mutex_);
  const std::int64_t events =
      stats.accepted - stats.dead_letters - stats.own_events + stats.refused_after_stop;
  return std::clamp<std::int64_t>(events - events_counted_, 0, lines_unshared_max - 1);
}

// The report first: nobody can hold it up.
int Run::give_account(const Outcome& outcome) {
  account_is_given_ = true;
  {
    std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  bool all_well = outcome.all_well();
  Status reported;
  if (!arguments_.report.empty()) reported = write_report(arguments_.report, report_json(outcome));
  if (!arguments_.quiet) all_well = show_account(outcome) && all_well;
  if (!reported) {
    say(reported.errors().front().message);
    all_well = false;
  }
  return all_well ? exit_all_delivered : exit_not_all_delivered;
}

// Nobody at the other end is nobody who misses it.
bool Run::show_account(const Outcome& outcome) const {
  const std::string text = account_text(outcome, wants_color(STDERR_FILENO));
  return write_within(STDERR_FILENO, text, account_patience) || errno == EPIPE || errno == EBADF;
}

// On the thread of signals_: whatever the main thread waits for, it is not waited for.
void Run::leave_now(int signal) {
  try {
    Pipeline* const pipeline = started();
    if (pipeline != nullptr && account_mutex_.try_lock_for(std::chrono::seconds(1)) &&
        !account_is_given_) {
      Outcome given_up = outcome({.stats = pipeline->stats(), .complete = false});
      given_up.left_now = true;
      given_up.lines.lines += lines_not_counted(given_up.stats);
      give_account(given_up);
    }
  } catch (...) {
    say("no account: " + exception_text());
  }
  ::_exit(128 + signal);
}

bool say_all(const Errors& errors) {
  for (const Error& error : errors) say(error.to_string());
  return !errors.empty();
}

// Empty: it has been said why nothing was started.
std::unique_ptr<Run> start(const RunArguments& arguments) {
  auto options = Pipeline::options_from_yaml_file(
      arguments.config, {.plugin_directories = arguments.plugin_directories});
  if (!options) {
    show_errors(options.errors());
    return nullptr;
  }
  if (say_all(check_inputs(arguments.inputs)) || say_all(check_own_files(arguments, *options))) {
    return nullptr;
  }
  auto run = std::make_unique<Run>(arguments);
  if (say_all(run->start(std::move(*options)))) return nullptr;
  return run;
}

}  // namespace

int run(const RunArguments& arguments) {
  const std::unique_ptr<Run> run = start(arguments);
  if (run == nullptr) return exit_usage;
  try {
    return run->forward();
  } catch (...) {
    say("no account: " + exception_text());
    return exit_not_all_delivered;
  }
}

}  // namespace penstock::cli
