// SPDX-License-Identifier: Apache-2.0
#include "config/sink_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/cpus.hpp"
#include "config/dead_letter_routes.hpp"
#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/paths.hpp"
#include "config/section.hpp"
#include "config/sink_types.hpp"
#include "config/webhook_reader.hpp"
#include "event/encoder.hpp"

namespace penstock::config {
namespace {

constexpr std::array<Word<FormatType>, 3> format_types = {{
    {"text", FormatType::text},
    {"json", FormatType::json},
    {"logfmt", FormatType::logfmt},
}};
constexpr std::array<Word<WhenFull>, 3> when_full_words = {{
    {"block", WhenFull::block},
    {"drop_newest", WhenFull::drop_newest},
    {"drop_oldest", WhenFull::drop_oldest},
}};

void read_pattern(const Section& format, FormatOptions& target) {
  const std::optional<Entry> entry = format.find("pattern");
  if (!entry) return;
  if (target.type != FormatType::text) {
    format.report().add(entry->name_at, "'pattern' is for the format 'text' only");
    return;
  }
  auto pattern = read_text(*entry, format.report());
  if (!pattern) return;
  for (const Error& error : event::check_pattern(*pattern)) {
    format.report().add(entry->node->at, error.message);
  }
  target.pattern = *std::move(pattern);
}

// `format: json`, or a mapping with `type` and `pattern`.
void read_format(const Section& sink, FormatOptions& target) {
  const std::optional<Entry> entry = sink.find("format");
  if (!entry) return;
  if (entry->node->kind != TreeNode::Kind::mapping) {
    sink.word("format", format_types, target.type);
    return;
  }
  check_keys(*entry->node, {&keys::format}, sink.report());
  const Section format(*entry->node, sink.report());
  format.word("type", format_types, target.type);
  read_pattern(format, target);
}

void read_queue(const Section& sink, QueueOptions& target) {
  const std::optional<Entry> entry = sink.find("queue");
  if (!entry || !expect_mapping(*entry, sink.report())) return;
  check_keys(*entry->node, {&keys::queue}, sink.report());
  const Section queue(*entry->node, sink.report());
  queue.size("max_bytes", limits::queue_max_bytes, target.max_bytes);
  queue.number("reserve", parse_percent, limits::queue_reserve, target.reserve_percent);
}

void read_batch(const Section& sink, BatchOptions& target) {
  const std::optional<Entry> entry = sink.find("batch");
  if (!entry || !expect_mapping(*entry, sink.report())) return;
  check_keys(*entry->node, {&keys::batch}, sink.report());
  const Section batch(*entry->node, sink.report());
  batch.count("max_events", limits::batch_max_events, target.max_events);
  batch.size("max_bytes", limits::batch_max_bytes, target.max_bytes);
  batch.duration("linger", limits::batch_linger, target.linger);
}

// A duration, or the word for one without end.
void read_patience(const Section& section, std::string_view key, DurationRange range,
                   std::chrono::nanoseconds& target) {
  const std::optional<Entry> entry = section.find(key);
  if (!entry) return;
  static constexpr std::array<std::string_view, 1> words = {"forever"};
  const bool is_word = entry->node->kind == TreeNode::Kind::scalar && !entry->node->broken;
  if (is_word && entry->node->text == words[0]) {
    target = forever;
  } else if (is_word && !base::nearest_word(entry->node->text, words).empty()) {
    section.report().add(entry->node->at, not_one_of(*entry, words) + ", or a duration");
  } else {
    section.duration(key, range, target);
  }
}

void read_retry(const Section& sink, RetryOptions& target) {
  const std::optional<Entry> entry = sink.find("retry");
  if (!entry || !expect_mapping(*entry, sink.report())) return;
  check_keys(*entry->node, {&keys::retry}, sink.report());
  const Section retry(*entry->node, sink.report());
  retry.duration("min_backoff", limits::backoff, target.min_backoff);
  retry.duration("max_backoff", limits::backoff, target.max_backoff);
  read_patience(retry, "expire_after", limits::expire_after, target.expire_after);
  retry.count("breaker_failures", limits::breaker_failures, target.breaker_failures);
  retry.count("error_budget", limits::error_budget, target.error_budget);
  if (target.min_backoff > target.max_backoff) {
    sink.report().add(
        entry->node->at,
        fmt::format("'min_backoff' ({}) is longer than 'max_backoff' ({})",
                    format_duration(target.min_backoff), format_duration(target.max_backoff)));
  }
}

// One of the two rates of the mapping.
void read_rate(const Section& section, std::string_view key, bool of_bytes, std::uint64_t& target) {
  const std::optional<Rate> rate = section.rate(key);
  if (!rate) return;
  if (rate->of_bytes == of_bytes) {
    target = rate->per_second;
    return;
  }
  section.report().add(section.find(key)->node->at,
                       of_bytes ? "'bytes' is a rate of bytes, such as 10MiB/s; that of events is "
                                  "'events'"
                                : "'events' is a rate of events, such as 1000/s; that of bytes is "
                                  "'bytes'");
}

// A burst means nothing without its rate.
void check_burst(const Section& section, std::string_view burst, std::string_view rate) {
  const std::optional<Entry> entry = section.find(burst);
  if (!entry || section.find(rate)) return;
  section.report().add(entry->name_at, fmt::format("'{}' needs '{}' beside it", burst, rate));
}

// `rate_limit: 1000/s`, `rate_limit: 10MiB/s`, or a mapping with either or both.
void read_rate_limit(const Section& limits_of, LimitOptions::RateLimit& target) {
  const std::optional<Entry> entry = limits_of.find("rate_limit");
  if (!entry) return;
  if (entry->node->kind != TreeNode::Kind::mapping) {
    const std::optional<Rate> rate = limits_of.rate("rate_limit");
    if (rate) (rate->of_bytes ? target.bytes : target.events) = rate->per_second;
    return;
  }
  check_keys(*entry->node, {&keys::rate_limit}, limits_of.report());
  const Section section(*entry->node, limits_of.report());
  read_rate(section, "events", false, target.events);
  section.count("events_burst", limits::rate_events, target.events_burst);
  check_burst(section, "events_burst", "events");
  read_rate(section, "bytes", true, target.bytes);
  section.size("bytes_burst", limits::rate_bytes, target.bytes_burst);
  check_burst(section, "bytes_burst", "bytes");
}

// A level, or the word for none.
void read_exempt(const Section& section, std::optional<Level>& target) {
  const std::optional<Entry> entry = section.find("exempt");
  if (!entry) return;
  if (!expect_scalar(*entry, "a level", section.report())) return;
  static constexpr std::array<std::string_view, level_count + 1> words = {
      "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "never"};
  const std::optional<Level> level = parse_level(entry->node->text);
  if (!level && entry->node->text != words.back()) {
    section.report().add(entry->node->at, not_one_of(*entry, words));
    return;
  }
  target = level;
}

void read_limits(const Section& sink, LimitOptions& target) {
  const std::optional<Entry> entry = sink.find("limits");
  if (!entry || !expect_mapping(*entry, sink.report())) return;
  check_keys(*entry->node, {&keys::limits}, sink.report());
  const Section section(*entry->node, sink.report());
  read_rate_limit(section, target.rate_limit);
  section.number("sample", parse_sample, limits::sample, target.sample);
  section.duration("deduplicate", limits::deduplicate, target.deduplicate);
  section.count("max_keys", limits::max_keys, target.max_keys);
  read_exempt(section, target.exempt);
}

void read_affinity(const Section& sink, std::vector<int>& target) {
  const std::optional<Entry> entry = sink.find("affinity");
  if (!entry || !expect_sequence(*entry, sink.report())) return;
  for (const TreePtr& item : entry->node->items) {
    const Entry cpu{entry->name, entry->name_at, item.get()};
    const auto number = read_count(cpu, limits::cpu, sink.report());
    if (!number) continue;
    target.push_back(static_cast<int>(*number));
    if (const std::string problem = cpu_problem(*number); !problem.empty()) {
      sink.report().add(item->at, "'affinity' " + problem);
    }
  }
}

void read_name(const Section& sink, SinkNames& names, std::string& target) {
  sink.require("name", keys::sink.place);
  const std::optional<Entry> entry = sink.find("name");
  if (!entry) return;
  const std::optional<std::string> name = read_text(*entry, sink.report());
  if (!name) return;
  target = *name;
  int line = entry->node->at.line;
  if (!is_sink_name(*name)) {
    sink.report().add(entry->node->at, fmt::format("'name' can hold letters, digits and "
                                                   "underscores only, not {}",
                                                   in_quotes(*name)));
  }
  if (!names.add(*name, line)) {
    sink.report().add(
        entry->node->at,
        fmt::format("duplicate sink name {}; the first is in line {}", in_quotes(*name), line));
  }
}

// The keys that a sink of any type has.
void read_common(const Section& sink, SinkOptions& target) {
  sink.level("level", target.level);
  read_format(sink, target.format);
  sink.word("when_full", when_full_words, target.when_full);
  read_patience(sink, "block_timeout", limits::block_timeout, target.block_timeout);
  read_queue(sink, target.queue);
  read_batch(sink, target.batch);
  read_retry(sink, target.retry);
  sink.count("max_in_flight", limits::max_in_flight, target.max_in_flight);
  read_patience(sink, "call_timeout", limits::call_timeout, target.call_timeout);
  sink.text("dead_letter", target.dead_letter);
  sink.boolean("only_dead_letters", target.only_dead_letters);
  read_limits(sink, target.limits);
  read_affinity(sink, target.affinity);
  sink.boolean("required", target.required);
}

// Every `dead_letter` names a sink, and none leads back to where it came from.
void check_dead_letters(const Entry& sinks, const PipelineOptions& options, const SinkNames& names,
                        Report& report) {
  for (const TreePtr& item : sinks.node->items) {
    if (item->kind != TreeNode::Kind::mapping) continue;
    const Section sink(*item, report);
    const std::optional<Entry> entry = sink.find("dead_letter");
    const std::optional<Entry> name = sink.find("name");
    if (!entry || entry->node->kind != TreeNode::Kind::scalar) continue;
    const std::vector<std::string_view> known = names.list();
    const std::string& target = entry->node->text;
    if (std::find(known.begin(), known.end(), target) == known.end()) {
      report.add(entry->node->at, unknown_sink("dead_letter", target, known));
    } else if (name && dead_letters_return(options.sinks, name->node->text)) {
      report.add(entry->node->at,
                 fmt::format("'dead_letter' of sink {} leads back to itself; its dead letters need "
                             "a sink of their own",
                             in_quotes(name->node->text)));
    }
  }
}

// Empty when the type is missing, which is reported.
std::string read_type(const Section& sink) {
  sink.require("type", keys::sink.place);
  const std::optional<Entry> entry = sink.find("type");
  if (!entry) return {};
  // YAML reads an unquoted `null` as "no value"; here it is the name of a type.
  if (entry->node->written_null) return "null";
  if (!expect_scalar(*entry, "a type of sink", sink.report())) return {};
  return entry->node->text;
}

std::vector<const Member*> own_members(const TreeNode& sink) {
  std::vector<const Member*> own;
  for (const Member& member : sink.members) {
    const auto& common = keys::sink.keys;
    if (std::find(common.begin(), common.end(), member.key) == common.end()) own.push_back(&member);
  }
  return own;
}

// A type that nobody provides: a slip of the pen, or that of a plugin that is gone.
void read_unknown_type(const Section& sink, const TreeNode& node, const Plugins& plugins,
                       const SinkOptions& options, PipelineOptions& pipeline) {
  const Entry entry = *sink.find("type");
  std::vector<std::string> known =
      plugins.types == nullptr ? std::vector<std::string>() : plugins.types->names();
  for (const SinkType& type : sink_types()) known.emplace_back(type.name);
  std::sort(known.begin(), known.end());
  const std::vector<std::string_view> names(known.begin(), known.end());
  const bool may_be_missing =
      plugins.may_be_missing && base::nearest_word(options.type, names).empty();
  if (may_be_missing && !options.required) {
    pipeline.left_out.push_back(
        {options.name, fmt::format("no plugin provides the sink type {}; `penstock plugin list` "
                                   "shows those that are there, and why others are not used",
                                   in_quotes(options.type))});
    return;
  }
  sink.report().add(entry.node->at, not_one_of(entry, names));
  if (!may_be_missing) check_keys(node, tables_of_any_sink(), sink.report());
}

void read_plugin_sink(const Section& sink, const TreeNode& node, const Plugins& plugins,
                      SinkOptions options, PipelineOptions& pipeline) {
  std::optional<PluginTypes::Answer> answer;
  if (plugins.types != nullptr) {
    answer = plugins.types->find(options, node, own_members(node), sink.report());
  }
  if (!answer) {
    read_unknown_type(sink, node, plugins, options, pipeline);
  } else if (answer->left_out.empty()) {
    options.make = std::move(answer->make);
    pipeline.sinks.push_back(std::move(options));
  } else if (options.required) {
    sink.report().add(sink.find("type")->node->at, answer->left_out);
  } else {
    pipeline.left_out.push_back({options.name, answer->left_out});
  }
}

void check_path(const Section& sink, const std::string& path, const std::string& name,
                SinkPaths& paths) {
  if (path.empty()) return;
  const std::string problem = paths.add(path, name);
  if (!problem.empty()) sink.report().add(sink.find("path")->node->at, problem);
}

void read_sink(const TreeNode& node, const Plugins& plugins, PipelineOptions& pipeline,
               SinkNames& names, SinkPaths& paths, Report& report) {
  const Section sink(node, report);
  SinkOptions options;
  read_name(sink, names, options.name);
  read_common(sink, options);
  options.type = read_type(sink);
  if (options.type.empty()) {
    check_keys(node, tables_of_any_sink(), report);  // which it may have is not known
    return;
  }
  const SinkType* type = find_sink_type(options.type);
  if (type == nullptr) {
    read_plugin_sink(sink, node, plugins, std::move(options), pipeline);
    return;
  }
  check_keys(node, {type->keys, &keys::sink}, report);
  if (type->keys == &keys::console) {
    const ConsoleOptions console = read_console(sink);
    options.path = console.stream == ConsoleStream::standard_error ? "/dev/stderr" : "/dev/stdout";
    options.make = console_sink(console);
  } else if (type->keys == &keys::file) {
    FileOptions file = read_file(sink);
    check_path(sink, file.path, options.name, paths);
    options.path = file.path;
    options.make = file_sink(std::move(file));
  } else if (type->keys == &keys::null) {
    options.make = null_sink();
  } else {
    WebhookOptions webhook = read_webhook(sink);
    fit_format(sink, webhook, options.format);
    fit_batch(sink, webhook, options.batch);
    options.make = webhook_sink(std::move(webhook));
  }
  pipeline.sinks.push_back(std::move(options));
}

}  // namespace

bool SinkNames::add(const std::string& name, int& line) {
  const auto [first, added] = lines_.emplace(name, line);
  line = first->second;
  return added;
}

std::vector<std::string_view> SinkNames::list() const {
  std::vector<std::string_view> names;
  for (const auto& [name, line] : lines_) names.push_back(name);
  return names;
}

void read_sinks(const Entry& sinks, const Plugins& plugins, PipelineOptions& options,
                SinkNames& names, Report& report) {
  if (!expect_sequence(sinks, report)) return;
  if (sinks.node->items.empty()) {
    report.add(sinks.node->at, "'sinks' is empty; there must be at least one sink");
    return;
  }
  SinkPaths paths;
  for (std::size_t i = 0; i < sinks.node->items.size(); ++i) {
    const TreeNode& sink = *sinks.node->items[i];
    const std::string name = fmt::format("sinks[{}]", i);
    if (expect_mapping({name, sink.at, &sink}, report)) {
      read_sink(sink, plugins, options, names, paths, report);
    }
  }
  check_dead_letters(sinks, options, names, report);
  if (options.sinks.size() > limits::sinks_max) {
    report.add(sinks.name_at, too_many_sinks(options.sinks.size()));
  }
}

}  // namespace penstock::config
