// SPDX-License-Identifier: Apache-2.0
#include "cli/account.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "cli/shown.hpp"

namespace penstock::cli {
namespace {

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";

class Paint {
 public:
  explicit Paint(bool colored) noexcept : colored_(colored) {}
  std::string operator()(std::string_view color, std::string_view text) const {
    return colored_ ? fmt::format("{}{}\x1b[0m", color, text) : std::string(text);
  }

 private:
  bool colored_;
};

std::string plural(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", with_commas(count), noun, count == 1 ? "" : "s");
}

// ---- the table: a column of words, then columns of numbers

struct Column {
  std::string head;
  std::vector<std::int64_t> cells;
  bool is_loss;  // anything but 0 in it
};

std::vector<Column> columns_of(const PipelineStats& stats) {
  std::vector<Column> columns;
  bool is_loss = false;
  const auto add = [&](std::string_view head, bool always, const auto& cell_of) {
    Column column{std::string(head), {}, is_loss};
    for (const SinkStats& sink : stats.sinks) column.cells.push_back(cell_of(sink));
    const bool any = std::any_of(column.cells.begin(), column.cells.end(),
                                 [](std::int64_t cell) { return cell != 0; });
    if (any || always) columns.push_back(std::move(column));
  };
  add("delivered", true, [](const SinkStats& sink) { return sink.delivered; });
  add("filtered", true, [](const SinkStats& sink) { return sink.filtered; });
  // What limits held back; the rest of `filtered` was not wanted, which needs no column.
  for (std::size_t i = 0; i < filter_reason_count; ++i) {
    const auto reason = static_cast<FilterReason>(i);
    if (reason == FilterReason::not_wanted) continue;
    add(filter_reason_name(reason), false,
        [i](const SinkStats& sink) { return sink.filtered_by[i]; });
  }
  is_loss = true;
  add("dropped", true, [](const SinkStats& sink) { return sink.dropped_total(); });
  for (std::size_t i = 0; i < drop_reason_count; ++i) {
    add(drop_reason_name(static_cast<DropReason>(i)), false,
        [i](const SinkStats& sink) { return sink.dropped[i]; });
  }
  add("dead_lettered", false, [](const SinkStats& sink) { return sink.dead_lettered; });
  add("in_queue", false, [](const SinkStats& sink) { return sink.in_queue; });
  add("in_spool", false, [](const SinkStats& sink) { return sink.in_spool; });
  add("in_flight", false, [](const SinkStats& sink) { return sink.in_flight; });
  return columns;
}

std::string table(const PipelineStats& stats, const Paint& paint) {
  std::size_t name_width = 4;
  for (const SinkStats& sink : stats.sinks) name_width = std::max(name_width, sink.name.size());
  const std::vector<Column> columns = columns_of(stats);
  std::vector<std::size_t> widths;
  std::string head = fmt::format("  {:<{}}", "sink", name_width);
  for (const Column& column : columns) {
    std::size_t width = column.head.size();
    for (const std::int64_t cell : column.cells) width = std::max(width, with_commas(cell).size());
    widths.push_back(width);
    head += fmt::format("  {:>{}}", column.head, width);
  }
  std::string text = paint(bold, head) + "\n";
  for (std::size_t row = 0; row < stats.sinks.size(); ++row) {
    text += fmt::format("  {:<{}}", stats.sinks[row].name, name_width);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string cell = fmt::format("{:>{}}", with_commas(columns[i].cells[row]), widths[i]);
      const bool is_loss = columns[i].is_loss && columns[i].cells[row] != 0;
      text += "  " + (is_loss ? paint(red, cell) : cell);
    }
    text += "\n";
  }
  return text;
}

// ---- below the table

std::string unknown_destinations(const PipelineStats& stats) {
  if (stats.unknown_destination == 0) return {};
  std::string text =
      fmt::format("  unknown destinations: {}", with_commas(stats.unknown_destination));
  std::vector<std::string> names;
  for (const std::string& name : stats.unknown_destination_names) {
    names.push_back(shown(name, shown_name_bytes));
  }
  if (!names.empty()) text += fmt::format(" ({})", fmt::join(names, ", "));
  return text + "\n";
}

std::string notes(const Outcome& outcome, const Paint& paint) {
  const PipelineStats& stats = outcome.stats;
  std::string text;
  if (outcome.lines.malformed != 0) {
    text += fmt::format("  malformed lines: {}, forwarded as text\n",
                        with_commas(outcome.lines.malformed));
  }
  if (outcome.lines.empty != 0) {
    text += fmt::format("  empty lines: {}, left out\n", with_commas(outcome.lines.empty));
  }
  text += unknown_destinations(stats);
  if (stats.truncated != 0) {
    text += paint(yellow, fmt::format("  warning: longer than max_event_bytes: {}, cut there and "
                                      "marked",
                                      with_commas(stats.truncated))) +
            "\n";
  }
  if (stats.refused_after_stop != 0) {
    text += fmt::format("  read, but not accepted any more: {}\n",
                        with_commas(stats.refused_after_stop));
  }
  for (const PipelineStats::LeftOut& sink : stats.left_out) {
    text += fmt::format("  sink '{}' was left out: {}\n", shown(sink.name, shown_name_bytes),
                        shown(sink.reason));
  }
  for (const SinkStats& sink : stats.sinks) {
    if (!sink.last_error.empty()) {
      text += fmt::format("  sink '{}': {}\n", shown(sink.name, shown_name_bytes),
                          shown(sink.last_error));
    }
  }
  for (const std::string& error : outcome.input_errors) text += "  " + shown(error) + "\n";
  return text;
}

std::string verdict(const Outcome& outcome, const Paint& paint) {
  if (outcome.stats.conservation_error != 0) {
    return paint(red,
                 fmt::format("  THE ACCOUNT IS OFF BY {}: this is a defect of Penstock, please "
                             "report it",
                             with_commas(outcome.stats.conservation_error)));
  }
  if (outcome.all_well()) {
    constexpr std::string_view all = "  everything that was accepted was delivered or filtered";
    const std::size_t left_out = outcome.stats.left_out.size();
    if (left_out == 0) return paint(green, all);
    return paint(yellow, fmt::format("{}; {} {} left out", all,
                                     plural(static_cast<std::int64_t>(left_out), "sink"),
                                     left_out == 1 ? "was" : "were"));
  }
  std::int64_t left = 0;
  for (const SinkStats& sink : outcome.stats.sinks) {
    left += sink.in_queue + sink.in_spool + sink.in_flight;
  }
  if (left != 0) {
    const std::string_view when =
        outcome.left_now ? "at the second signal" : "within --stop-timeout";
    return paint(red, fmt::format("  {} could not be delivered {}", plural(left, "event"), when));
  }
  return paint(yellow, "  NOT everything was delivered: see above");
}

// Accepted events that came from no line.
std::string made_here(const PipelineStats& stats) {
  std::vector<std::string> parts;
  if (stats.dead_letters != 0) parts.push_back(plural(stats.dead_letters, "dead letter"));
  if (stats.own_events != 0) {
    parts.push_back(fmt::format("{} by penstock itself", with_commas(stats.own_events)));
  }
  return parts.empty() ? std::string() : fmt::format(" (with {})", fmt::join(parts, ", "));
}

}  // namespace

std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t i = text.size(); i > first + 3;) text.insert(i -= 3, 1, ',');
  return text;
}

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.2f} M", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.1f} k", per_second / 1e3);
  return fmt::format("{:.0f}", per_second);
}

bool wants_color(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(fd) == 1;
}

std::string account_text(const Outcome& outcome, bool colored) {
  const Paint paint(colored);
  const double seconds = std::chrono::duration<double>(outcome.elapsed).count();
  std::string text =
      fmt::format("penstock: {}, {} accepted{}, in {:.2f} s", plural(outcome.lines.lines, "line"),
                  plural(outcome.stats.accepted, "event"), made_here(outcome.stats), seconds);
  if (seconds > 0) {
    text +=
        fmt::format(" ({} lines/s)", rate_text(static_cast<double>(outcome.lines.lines) / seconds));
  }
  if (outcome.stop_signal != 0) {
    text += fmt::format(", stopped by SIG{}", ::sigabbrev_np(outcome.stop_signal));
  }
  text += "\n";
  text += table(outcome.stats, paint);
  text += notes(outcome, paint);
  return text + verdict(outcome, paint) + "\n";
}

}  // namespace penstock::cli
