// SPDX-License-Identifier: Apache-2.0
#include "config/processor_reader.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/keys.hpp"

namespace penstock::config {
namespace {

// A type that nobody provides: a slip of the pen, or that of a plugin that is gone. Says then that.
std::string read_unknown(const Entry& type, const Plugins& plugins, bool is_required,
                         Report& report) {
  const std::vector<std::string> known =
      plugins.types == nullptr ? std::vector<std::string>() : plugins.types->processor_names();
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string missing = no_plugin_provides("processor", type.node->text);
  if (base::nearest_word(type.node->text, names).empty()) {
    if (plugins.may_be_missing && !is_required) return missing;
    report.add(type.node->at, missing);
  } else {
    report.add(type.node->at, not_one_of(type, names));
  }
  return {};
}

std::string read_processor(const TreeNode& node, const Plugins& plugins, Report& report,
                           SinkOptions& target) {
  const Section section(node, report);
  section.require("type", keys::processor.place);
  const std::optional<Entry> type = section.find("type");
  if (!type || !expect_scalar(*type, "a type of processor", report)) return {};
  std::optional<PluginTypes::ProcessorAnswer> answer;
  if (plugins.types != nullptr) {
    answer = plugins.types->find_processor(type->node->text, node,
                                           own_members(node, {&keys::processor}), report);
  }
  if (!answer) return read_unknown(*type, plugins, target.required, report);
  if (!answer->left_out.empty()) {
    if (!target.required) return answer->left_out;
    report.add(type->node->at, answer->left_out);
    return {};
  }
  target.processors.push_back({type->node->text, std::move(answer->make)});
  return {};
}

const TreeNode* find_sink(const TreeNode& sinks, std::string_view name, Report& report) {
  for (const TreePtr& item : sinks.items) {
    if (item->kind != TreeNode::Kind::mapping) continue;
    const std::optional<Entry> entry = Section(*item, report).find("name");
    if (entry && entry->node->text == name) return item.get();
  }
  return nullptr;
}

bool has_processors(const Section& sink) {
  const std::optional<Entry> entry = sink.find("processors");
  return entry && !entry->node->items.empty();
}

// As far as sinks see what the first one should not: each has to say so. They may lead back.
void check_way_of_letters(const TreeNode& sinks, const TreeNode& first, Report& report) {
  const TreeNode* from = &first;
  for (std::size_t steps = 0; steps < sinks.items.size(); ++steps) {
    const std::optional<Entry> target = Section(*from, report).find("dead_letter");
    const TreeNode* const to = target ? find_sink(sinks, target->node->text, report) : nullptr;
    if (to == nullptr || has_processors(Section(*to, report))) return;
    if (!Section(*to, report).find("processors")) {
      const std::optional<Entry> name = Section(first, report).find("name");
      report.add(target->node->at,
                 fmt::format("dead letters are the events as they were before the 'processors' of "
                             "{}; give {} 'processors' too, or 'processors: []' if it may see them "
                             "like that",
                             name ? in_quotes(name->node->text) : "their sink",
                             in_quotes(target->node->text)));
      return;
    }
    from = to;
  }
}

}  // namespace

std::string read_processors(const Section& sink, const Plugins& plugins, SinkOptions& target) {
  const std::optional<Entry> entry = sink.find("processors");
  if (!entry || !expect_sequence(*entry, sink.report())) return {};
  if (entry->node->items.size() > limits::processors_max) {
    sink.report().add(entry->node->at, too_many_processors(entry->node->items.size()));
    return {};
  }
  std::string without;
  for (std::size_t i = 0; i < entry->node->items.size(); ++i) {
    const TreeNode& item = *entry->node->items[i];
    const std::string name = fmt::format("processors[{}]", i);
    if (!expect_mapping({name, item.at, &item}, sink.report())) continue;
    const std::string missing = read_processor(item, plugins, sink.report(), target);
    if (without.empty()) without = missing;
  }
  return without;
}

void check_processed_letters(const Entry& sinks, Report& report) {
  for (const TreePtr& item : sinks.node->items) {
    if (item->kind == TreeNode::Kind::mapping && has_processors(Section(*item, report))) {
      check_way_of_letters(*sinks.node, *item, report);
    }
  }
}

}  // namespace penstock::config
