// SPDX-License-Identifier: Apache-2.0
#include "config/limits_reader.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "config/keys.hpp"

namespace penstock::config {
namespace {

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

}  // namespace

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

}  // namespace penstock::config
