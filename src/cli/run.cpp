// SPDX-License-Identifier: Apache-2.0
// The main thread reads and submits; `signals` (signal_watch.hpp) listens; the rest is the
// pipeline's.
#include "cli/run.hpp"

#include <cstring>
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
#include "penstock/pipeline.hpp"

namespace penstock::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t line_bytes_max = 16 * MiB;
// For the rest of the line that a stop signal came in the middle of.
constexpr std::chrono::milliseconds rest_of_line_timeout{100};

void say(const std::string& text) { write_all(STDERR_FILENO, "penstock: " + text + "\n"); }

class Run {
 public:
  Run(const RunArguments& arguments, Pipeline pipeline);

  int forward();

 private:
  void read_all();
  void read_input(Input& input);
  void finish_line(Input& input);
  void submit_lines();
  void submit(const EventInput* event);
  void share_counts();
  Outcome outcome(StopReport report) const;
  int give_account(const Outcome& outcome);
  void leave_now(int signal);

  const RunArguments& arguments_;
  Pipeline pipeline_;
  const Clock::time_point begin_ = Clock::now();
  LineSplitter splitter_{line_bytes_max};
  EventReader reader_;
  Progress progress_;
  std::timed_mutex account_mutex_{};
  bool account_is_given_ = false;  // under account_mutex_

  mutable std::mutex mutex_{};
  LineCounts counts_{};                      // under mutex_
  std::vector<std::string> input_errors_{};  // under mutex_

  SignalWatch signals_;  // last: it uses all of the above
};

Run::Run(const RunArguments& arguments, Pipeline pipeline)
    : arguments_(arguments),
      pipeline_(std::move(pipeline)),
      reader_(arguments.format),
      progress_(arguments.quiet ? ShowProgress::never : arguments.progress, STDERR_FILENO),
      signals_(arguments.stop_timeout,
               {.reopen = [this] { pipeline_.control(SinkControl::reopen); },
                .end_reading = [this](nanoseconds time_left) { pipeline_.stop(time_left); },
                .leave_now = [this](int signal) { leave_now(signal); }}) {}

int Run::forward() {
  read_all();
  progress_.finish();
  const nanoseconds time_left = signals_.reading_ended();
  const Outcome end = outcome(pipeline_.stop(time_left));
  std::lock_guard lock(account_mutex_);
  return give_account(end);
}

void Run::read_all() {
  std::vector<std::string> paths = arguments_.inputs;
  if (paths.empty()) paths.emplace_back("-");
  for (std::string& path : paths) {
    if (signals_.stop_signal() != 0) return;
    Input input(std::move(path), signals_.stop_fd());
    const Status opened = input.open();
    if (opened) {
      read_input(input);
    } else {
      std::lock_guard lock(mutex_);
      input_errors_.push_back(opened.errors().front().message);
    }
  }
}

void Run::read_input(Input& input) {
  if (input.is_terminal() && !arguments_.quiet) say("reading lines from the terminal; Ctrl-D ends");
  for (;;) {
    const std::span<char> room = splitter_.room();
    const Input::Read read = input.read(room.first(LineSplitter::read_bytes));
    if (read.got != Input::Got::bytes) {
      if (read.got == Input::Got::stop) finish_line(input);
      if (read.got == Input::Got::error) {
        std::lock_guard lock(mutex_);
        input_errors_.push_back(
            fmt::format("cannot read on in {}: {}", input.name(), std::strerror(read.error)));
      }
      break;
    }
    splitter_.commit(read.bytes);
    submit_lines();
  }
  // Lines do not reach over the end of a file.
  for (Line line; splitter_.rest(line);) {
    submit(signals_.stop_signal() == 0 ? reader_.read(line) : reader_.read_cut_off(line));
  }
  share_counts();
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
  progress_.update(reader_.counts().lines);
}

// What is refused (after a stop) the pipeline counts.
void Run::submit(const EventInput* event) {
  if (event != nullptr) (void)pipeline_.submit(*event);
}

void Run::share_counts() {
  std::lock_guard lock(mutex_);
  counts_ = reader_.counts();
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

int Run::give_account(const Outcome& outcome) {
  account_is_given_ = true;
  int code = outcome.all_well() ? exit_all_delivered : exit_not_all_delivered;
  if (!arguments_.quiet) {
    write_all(STDERR_FILENO, account_text(outcome, wants_color(STDERR_FILENO)));
  }
  if (!arguments_.report.empty()) {
    const Status written = write_report(arguments_.report, report_json(outcome));
    if (!written) {
      say(written.errors().front().message);
      code = exit_not_all_delivered;
    }
  }
  return code;
}

// On the thread of signals_: whatever the main thread waits for, it is not waited for.
void Run::leave_now(int signal) {
  if (account_mutex_.try_lock_for(std::chrono::seconds(1)) && !account_is_given_) {
    Outcome given_up = outcome({.stats = pipeline_.stats(), .complete = false});
    given_up.left_now = true;
    give_account(given_up);
  }
  ::_exit(128 + signal);
}

}  // namespace

int run(const RunArguments& arguments) {
  auto options = Pipeline::options_from_yaml_file(arguments.config);
  if (!options) {
    write_all(STDERR_FILENO, to_string(options.errors()));
    return exit_usage;
  }
  const Errors unreadable = check_inputs(arguments.inputs);
  for (const Error& error : unreadable) say(error.message);
  if (!unreadable.empty()) return exit_usage;
  auto pipeline = Pipeline::start(std::move(*options));
  if (!pipeline) {
    for (const Error& error : pipeline.errors()) say(error.to_string());
    return exit_usage;
  }
  return Run(arguments, std::move(*pipeline)).forward();
}

}  // namespace penstock::cli
