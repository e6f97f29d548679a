// SPDX-License-Identifier: Apache-2.0
#include "config/trigger_reader.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/dead_letter_routes.hpp"
#include "config/json_text.hpp"
#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/scalar.hpp"
#include "config/section.hpp"
#include "config/trigger_rules.hpp"

namespace penstock::config {
namespace {

class TriggerReader final {
 public:
  TriggerReader(const SinkNames& names, const std::vector<SinkOptions>& sinks, Report& report)
      : names_(names), list_(names.list()), sinks_(sinks), report_(report) {}

  void read(const TreeNode& node);
  // Reports the cycles; then gives up what was read.
  std::vector<TriggerOptions> finish();

 private:
  void read_event_details(const Section& trigger, TriggerOptions& target);
  void read_tag_details(const Section& trigger, TriggerOptions& target);
  void read_message(const Section& details, TriggerOptions::Details& target);
  void read_destinations(const Section& details, std::vector<std::string>& target);
  std::optional<std::string> read_destination(const Entry& entry);
  void read_extra(const Section& details, TriggerOptions::Details& target);
  void read_field(const Entry& entry, std::vector<TriggerOptions::ExtraField>& target);
  void read_tags(const Entry& entry, std::vector<std::string>& target);

  const SinkNames& names_;
  const std::vector<std::string_view> list_;
  const std::vector<SinkOptions>& sinks_;
  Report& report_;
  std::vector<TriggerOptions> triggers_;
  std::vector<Position> next_event_at_;  // for each trigger: where extra names its new event
  Position new_event_at_;
};

void TriggerReader::read(const TreeNode& node) {
  const Section trigger(node, report_);
  check_keys(node, {&keys::trigger}, report_);
  const bool has_event = trigger.find("event").has_value();
  const bool has_tag = trigger.find("tag").has_value();
  if (has_event == has_tag) {
    report_.add(node.at, fmt::format("a trigger must have exactly one of 'event' and 'tag', not {}",
                                     has_event ? "both" : "neither"));
    return;
  }
  TriggerOptions options;
  new_event_at_ = node.at;
  trigger.text("event", options.event);
  trigger.text("tag", options.tag);
  trigger.text("action", options.action);
  if (has_event) {
    read_event_details(trigger, options);
  } else {
    read_tag_details(trigger, options);
  }
  triggers_.push_back(std::move(options));
  next_event_at_.push_back(new_event_at_);
}

std::vector<TriggerOptions> TriggerReader::finish() {
  for (const TriggerCycle& cycle : find_cycles(triggers_)) {
    report_.add(next_event_at_[cycle.trigger],
                fmt::format("triggers set each other off for ever: {}", cycle.chain));
  }
  return std::move(triggers_);
}

void TriggerReader::read_event_details(const Section& trigger, TriggerOptions& target) {
  const std::optional<Entry> entry = trigger.find("details");
  if (!entry || !expect_mapping(*entry, report_)) return;
  check_keys(*entry->node, {&keys::event_details}, report_);
  const Section details(*entry->node, report_);
  read_message(details, target.details);
  details.level("level", target.details.level);
  read_destinations(details, target.details.destinations);
  read_extra(details, target.details);
}

void TriggerReader::read_tag_details(const Section& trigger, TriggerOptions& target) {
  trigger.require("action", "a tag trigger");
  static constexpr std::array<std::string_view, 1> actions = {route_to_sink};
  if (!target.action.empty() && target.action != route_to_sink) {
    const Entry action = *trigger.find("action");
    report_.add(action.node->at, not_one_of(action, actions));
  }
  trigger.require("details", "a tag trigger");
  const std::optional<Entry> entry = trigger.find("details");
  if (!entry || !expect_mapping(*entry, report_)) return;
  check_keys(*entry->node, {&keys::tag_details}, report_);
  const Section details(*entry->node, report_);
  details.require("destination", keys::tag_details.place);
  if (const std::optional<Entry> destination = details.find("destination")) {
    target.details.destination = read_destination(*destination).value_or("");
  }
}

// Unlike other texts it may be empty.
void TriggerReader::read_message(const Section& details, TriggerOptions::Details& target) {
  const std::optional<Entry> entry = details.find("message");
  if (entry && expect_scalar(*entry, "text", report_)) target.message = entry->node->text;
}

void TriggerReader::read_destinations(const Section& details, std::vector<std::string>& target) {
  const std::optional<Entry> entry = details.find("destinations");
  if (!entry || !expect_sequence(*entry, report_)) return;
  for (const TreePtr& item : entry->node->items) {
    auto name = read_destination({entry->name, entry->name_at, item.get()});
    if (name) target.push_back(*std::move(name));
  }
}

std::optional<std::string> TriggerReader::read_destination(const Entry& entry) {
  std::optional<std::string> name = read_text(entry, report_);
  if (!name || report_.full()) return name;
  if (takes_dead_letters_only(sinks_, *name)) {
    report_.add(entry.node->at, fmt::format("{} names the sink {}, which takes dead letters only",
                                            in_quotes(entry.name), in_quotes(*name)));
  }
  if (names_.contains(*name)) return name;
  report_.add(entry.node->at, unknown_sink(entry.name, *name, list_));
  return name;
}

void TriggerReader::read_extra(const Section& details, TriggerOptions::Details& target) {
  const std::optional<Entry> extra = details.find("extra");
  if (!extra || !expect_mapping(*extra, report_)) return;
  for (const Member& member : extra->node->members) {
    const Entry entry{member.key, member.at, member.value.get()};
    if (member.key.empty()) {
      report_.add(member.at, "a field of 'extra' needs a name");
    } else if (member.key == "event") {
      target.event = read_text(entry, report_).value_or("");
      new_event_at_ = entry.node->at;
    } else if (member.key == "tags") {
      read_tags(entry, target.tags);
    } else {
      read_field(entry, target.extra);
    }
  }
}

void TriggerReader::read_field(const Entry& entry,
                               std::vector<TriggerOptions::ExtraField>& target) {
  const TreeNode& node = *entry.node;
  if (node.broken) return;
  TriggerOptions::ExtraField field{std::string(entry.name), {}, {}};
  if (node.kind == TreeNode::Kind::sequence || node.kind == TreeNode::Kind::mapping) {
    field.text = json_text(entry, report_);
  } else {
    if (!expect_scalar(entry, "a value", report_)) return;
    const Parsed<Value> parsed = parse_scalar(node);
    if (!parsed.value) {
      report_.add(node.at, fmt::format("{} {}", in_quotes(entry.name), parsed.problem));
      return;
    }
    field.value = *parsed.value;
    if (field.value.type() == Value::Type::text) field.text = node.text;
  }
  target.push_back(std::move(field));
}

void TriggerReader::read_tags(const Entry& entry, std::vector<std::string>& target) {
  if (!expect_sequence(entry, report_)) return;
  for (const TreePtr& item : entry.node->items) {
    auto tag = read_text({entry.name, entry.name_at, item.get()}, report_);
    if (tag) target.push_back(*std::move(tag));
  }
}

}  // namespace

void read_triggers(const Entry& triggers, PipelineOptions& options, const SinkNames& names,
                   Report& report) {
  if (!expect_sequence(triggers, report)) return;
  TriggerReader reader(names, options.sinks, report);
  for (std::size_t i = 0; i < triggers.node->items.size(); ++i) {
    const TreeNode& trigger = *triggers.node->items[i];
    const std::string name = fmt::format("triggers[{}]", i);
    if (expect_mapping({name, trigger.at, &trigger}, report)) reader.read(trigger);
  }
  options.triggers = reader.finish();
}

}  // namespace penstock::config
