// SPDX-License-Identifier: Apache-2.0
#include "config/sink_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/built_in_reader.hpp"
#include "config/cpus.hpp"
#include "config/dead_letter_routes.hpp"
#include "config/keys.hpp"
#include "config/limits_reader.hpp"
#include "config/names.hpp"
#include "config/paths.hpp"
#include "config/plugin_reader.hpp"
#include "config/processor_reader.hpp"
#include "config/section.hpp"
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

// A type that nobody provides: a slip of the pen, or that of a plugin that is gone. Says then that.
std::string read_unknown_type(const Section& sink, const TreeNode& node, const Plugins& plugins,
                              const SinkOptions& options) {
  const Entry entry = *sink.find("type");
  std::vector<std::string> known =
      plugins.types == nullptr ? std::vector<std::string>() : plugins.types->names();
  for (const SinkType& type : sink_types()) known.emplace_back(type.name);
  std::sort(known.begin(), known.end());
  const std::vector<std::string_view> names(known.begin(), known.end());
  const bool may_be_missing =
      plugins.may_be_missing && base::nearest_word(options.type, names).empty();
  if (may_be_missing && !options.required) return no_plugin_provides("sink", options.type);
  sink.report().add(entry.node->at, not_one_of(entry, names));
  if (!may_be_missing) check_keys(node, tables_of_any_sink(), sink.report());
  return {};
}

// Says why the sink is left out; empty: it is not, or the report says what is wrong.
std::string read_plugin_sink(const Section& sink, const TreeNode& node, const Plugins& plugins,
                             SinkOptions& options) {
  std::optional<PluginTypes::Answer> answer;
  if (plugins.types != nullptr) {
    answer = plugins.types->find(
        options, {node, own_members(node, {&keys::sink, &keys::plugin_sink}), read_isolation(sink)},
        sink.report());
  }
  if (!answer) return read_unknown_type(sink, node, plugins, options);
  options.make = std::move(answer->make);
  if (answer->left_out.empty() || !options.required) return answer->left_out;
  sink.report().add(sink.find("type")->node->at, answer->left_out);
  return {};
}

void check_path(const Section& sink, const SinkOptions& options, SinkPaths& paths) {
  const std::optional<Entry> path = sink.find("path");
  if (!path || options.path.empty()) return;
  const std::string problem = paths.add(options.path, options.name);
  if (!problem.empty()) sink.report().add(path->node->at, problem);
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
  std::string left_out;
  if (const SinkType* type = find_sink_type(options.type)) {
    check_keys(node, {type->keys, &keys::sink}, report);
    read_built_in(sink, *type, options);
    if (type->keys == &keys::file) check_path(sink, options, paths);
  } else {
    left_out = read_plugin_sink(sink, node, plugins, options);
  }
  const std::string without = read_processors(sink, plugins, options);
  if (left_out.empty()) left_out = without;
  if (left_out.empty()) {
    pipeline.sinks.push_back(std::move(options));
  } else {
    pipeline.left_out.push_back({options.name, left_out});
  }
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
  check_processed_letters(sinks, report);
  if (options.sinks.size() > limits::sinks_max) {
    report.add(sinks.name_at, too_many_sinks(options.sinks.size()));
  }
}

}  // namespace penstock::config
