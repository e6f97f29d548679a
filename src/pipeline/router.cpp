// SPDX-License-Identifier: Apache-2.0
#include "pipeline/router.hpp"

#include <fmt/format.h>

namespace penstock::pipeline {

Router::Router(const PipelineOptions& options, const std::vector<std::string>& sinks)
    : triggers_(options.triggers) {
  for (std::size_t i = 0; i < sinks.size(); ++i) sinks_.emplace(sinks[i], std::uint64_t{1} << i);
  for (const TriggerOptions& trigger : triggers_) {
    if (!trigger.event.empty()) {
      if (!replacements_.contains(trigger.event)) resolve(trigger);
    } else {
      tag_routes_[trigger.tag] |= bit_of(trigger.details.destination);
    }
  }
}

std::uint64_t Router::bit_of(std::string_view sink) const {
  const auto found = sinks_.find(sink);
  return found == sinks_.end() ? 0 : found->second;
}

std::uint64_t Router::bits_of(const std::vector<std::string>& sinks) const {
  if (sinks.empty()) return ~std::uint64_t{0};
  std::uint64_t bits = 0;
  for (const std::string& sink : sinks) bits |= bit_of(sink);
  return bits;
}

// The first in the file wins.
const TriggerOptions* Router::first_event_trigger(std::string_view event) const {
  for (const TriggerOptions& trigger : triggers_) {
    if (!event.empty() && trigger.event == event) return &trigger;
  }
  return nullptr;
}

// Follows the chain to its end. A cycle is a configuration error; the bound keeps options that were
// never validated from hanging us.
void Router::resolve(const TriggerOptions& trigger) {
  const TriggerOptions* last = &trigger;
  for (std::size_t steps = 0; steps < triggers_.size(); ++steps) {
    const TriggerOptions* next = first_event_trigger(last->details.event);
    if (next == nullptr) break;
    last = next;
  }
  const TriggerOptions::Details& details = last->details;
  Replacement replacement{
      .message = details.message.value_or(fmt::format("Triggered by event: {}", last->event)),
      .level = details.level.value_or(Level::info),
      .destinations = bits_of(details.destinations),
      .event = details.event,
      .tags = {details.tags.begin(), details.tags.end()}};
  for (const auto& extra : details.extra) {
    const bool text = extra.value.type() == Value::Type::text;
    replacement.fields.push_back(
        {extra.key, text ? Value(std::string_view(extra.text)) : extra.value});
  }
  replacements_.emplace(trigger.event, std::move(replacement));
}

Router::Decision Router::route(std::uint64_t sink_bit, Level sink_level, Level level,
                               const event::ContextView& context) const {
  std::uint64_t destinations = context.has_destinations ? context.destinations : ~std::uint64_t{0};
  if (context.as_is) return {.take = (destinations & sink_bit) != 0};
  const Replacement* replacement = nullptr;
  if (!context.event.empty() && !replacements_.empty()) {
    const auto found = replacements_.find(context.event);
    if (found != replacements_.end()) {
      replacement = &found->second;
      level = replacement->level;
      destinations = replacement->destinations;
    }
  }
  const auto add_routes = [&](const auto& tags) {
    for (const std::string_view tag : tags) {
      const auto found = tag_routes_.find(tag);
      if (found != tag_routes_.end()) destinations |= found->second;
    }
  };
  if (!tag_routes_.empty()) {
    if (replacement != nullptr) {
      add_routes(replacement->tags);
    } else {
      add_routes(context.tags);
    }
  }
  return {.take = level >= sink_level && (destinations & sink_bit) != 0,
          .replacement = replacement};
}

}  // namespace penstock::pipeline
