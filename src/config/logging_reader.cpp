// SPDX-License-Identifier: Apache-2.0
#include "config/logging_reader.hpp"

#include <fmt/format.h>

#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/plugin_reader.hpp"
#include "config/section.hpp"
#include "config/sink_reader.hpp"
#include "config/trigger_reader.hpp"

namespace penstock::config {
namespace {

constexpr std::array<Word<Oversize>, 2> oversize_words = {{
    {"truncate", Oversize::truncate},
    {"refuse", Oversize::refuse},
}};

// A logger's name and its level; "" and "root" both name the root.
void read_levels(const Section& logging, std::vector<LevelRule>& target) {
  const std::optional<Entry> entry = logging.find("levels");
  if (!entry || !expect_mapping(*entry, logging.report())) return;
  bool has_root = false;
  for (const Member& member : entry->node->members) {
    const bool is_root = member.key.empty() || member.key == "root";
    if (is_root && has_root) {
      logging.report().add(member.at, "'levels' names the root logger twice, as '' and as 'root'");
    }
    has_root = has_root || is_root;
    if (!is_logger_name(member.key)) {
      logging.report().add(member.at, fmt::format("'levels' has the logger {}: a part between dots "
                                                  "cannot be empty",
                                                  in_quotes(member.key)));
    }
    const Entry rule{member.key, member.at, member.value.get()};
    if (const auto level = read_level(rule, logging.report())) {
      target.push_back({is_root ? std::string() : member.key, *level});
    }
  }
}

void read_logging(const Section& logging, PipelineOptions& options) {
  std::optional<Level> default_level;
  logging.level("default_level", default_level);
  if (default_level) options.default_level = *default_level;
  read_levels(logging, options.levels);
  std::uint64_t max_event_bytes = options.max_event_bytes;
  logging.size("max_bytes", limits::pipeline_max_bytes, options.max_bytes);
  logging.size("max_event_bytes", limits::max_event_bytes, max_event_bytes);
  options.max_event_bytes = static_cast<std::uint32_t>(max_event_bytes);
  logging.word("oversize", oversize_words, options.oversize);
  logging.boolean("own_events", options.own_events);
}

// At the top level, or inside `logging`, but not in both places.
std::optional<Entry> find_triggers(const Section& root, const std::optional<Section>& logging) {
  const std::optional<Entry> outside = root.find("triggers");
  const std::optional<Entry> inside = logging ? logging->find("triggers") : std::nullopt;
  if (outside && inside) {
    root.report().add(outside->name_at,
                      fmt::format("'triggers' is in 'logging' already, in line {}; it can be in "
                                  "one place only",
                                  inside->name_at.line));
  }
  return inside ? inside : outside;
}

}  // namespace

PipelineOptions read_root(const TreeNode& root, const FindPlugins& find_plugins, Report& report) {
  PipelineOptions options;
  if (root.kind != TreeNode::Kind::mapping) {
    report.add(root.at, "the file must be a mapping with the key 'logging'");
    return options;
  }
  check_keys(root, {&keys::root}, report);
  const Section top(root, report);
  top.require("logging", keys::root.place);
  const PluginOptions plugin_options = read_plugins(top);
  const std::unique_ptr<PluginTypes> plugins =
      find_plugins ? find_plugins(plugin_options) : nullptr;
  std::optional<Section> logging;
  SinkNames names;
  const std::optional<Entry> entry = top.find("logging");
  if (entry && expect_mapping(*entry, report)) {
    check_keys(*entry->node, {&keys::logging}, report);
    logging.emplace(*entry->node, report);
    read_logging(*logging, options);
    logging->require("sinks", keys::logging.place);
    if (const auto sinks = logging->find("sinks")) {
      const bool may_be_missing = plugin_options.is_written;
      read_sinks(*sinks, {.types = plugins.get(), .may_be_missing = may_be_missing}, options, names,
                 report);
    }
  }
  if (const std::optional<Entry> triggers = find_triggers(top, logging)) {
    read_triggers(*triggers, options, names, report);
  }
  return options;
}

}  // namespace penstock::config
