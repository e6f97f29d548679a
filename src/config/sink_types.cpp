// SPDX-License-Identifier: Apache-2.0
#include "config/sink_types.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/keys.hpp"

namespace penstock::config {
namespace {

constexpr std::array<Word<ConsoleStream>, 2> streams = {{
    {"stdout", ConsoleStream::standard_output},
    {"stderr", ConsoleStream::standard_error},
}};
constexpr std::array<Word<Color>, 3> colors = {{
    {"auto", Color::automatic},
    {"never", Color::never},
    {"always", Color::always},
}};

// A duration of whole seconds, or one of two words.
void read_rotate_every(const Section& sink, std::chrono::seconds& target) {
  const std::optional<Entry> entry = sink.find("rotate_every");
  if (!entry || !expect_scalar(*entry, "a duration, hourly or daily", sink.report())) return;
  static constexpr std::array<std::string_view, 2> words = {"hourly", "daily"};
  const std::string& text = entry->node->text;
  if (text == words[0] || text == words[1]) {
    target = std::chrono::hours(text == words[0] ? 1 : 24);
    return;
  }
  if (!base::nearest_word(text, words).empty()) {
    sink.report().add(entry->node->at, not_one_of(*entry, words) + ", or a duration");
    return;
  }
  const auto value = read_duration(*entry, limits::rotate_every, sink.report());
  if (!value) return;
  target = std::chrono::duration_cast<std::chrono::seconds>(*value);
  if (target != *value) {
    sink.report().add(
        entry->node->at,
        fmt::format("'rotate_every' is not a whole number of seconds: {}", in_quotes(text)));
  }
}

// The form only; whether user and group exist is found out when the sink opens.
void read_owner(const Section& sink, std::string& target) {
  sink.text("owner", target);
  const auto colons = std::count(target.begin(), target.end(), ':');
  const bool has_space = target.find_first_of(" \t\n") != std::string::npos;
  if (colons > 1 || target.ends_with(':') || has_space) {
    sink.report().add(
        sink.find("owner")->node->at,
        fmt::format("'owner' must be user, user:group or :group, not {}", in_quotes(target)));
  }
}

}  // namespace

ConsoleOptions read_console(const Section& sink) {
  ConsoleOptions options;
  sink.word("stream", streams, options.stream);
  sink.word("color", colors, options.color);
  return options;
}

FileOptions read_file(const Section& sink) {
  FileOptions options;
  sink.require("path", keys::file.place);
  sink.text("path", options.path);
  sink.size("max_bytes", limits::file_max_bytes, options.max_bytes);
  sink.count("backup_count", limits::backup_count, options.backup_count);
  read_rotate_every(sink, options.rotate_every);
  sink.number("mode", parse_mode, limits::file_mode, options.mode);
  read_owner(sink, options.owner);
  sink.duration("fsync_interval", limits::fsync_interval, options.fsync_interval);
  sink.boolean("create_directories", options.create_directories);
  return options;
}

}  // namespace penstock::config
