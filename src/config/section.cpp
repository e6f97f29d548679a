// SPDX-License-Identifier: Apache-2.0
#include "config/section.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace penstock::config {
namespace {

constexpr std::array<std::string_view, level_count> level_words = {"TRACE",   "DEBUG", "INFO",
                                                                   "WARNING", "ERROR", "CRITICAL"};

// "'queue' must be a mapping, not a list"
bool wrong_kind(const Entry& entry, std::string_view wanted, Report& report) {
  const TreeNode& node = *entry.node;
  if (node.broken) return false;
  switch (node.kind) {
    case TreeNode::Kind::null:
      report.add(node.at, fmt::format("{} has no value", in_quotes(entry.name)));
      return false;
    case TreeNode::Kind::scalar:
      report.add(node.at, fmt::format("{} must be {}, not {}", in_quotes(entry.name), wanted,
                                      in_quotes(node.text)));
      return false;
    case TreeNode::Kind::sequence:
    case TreeNode::Kind::mapping:
      report.add(node.at, fmt::format("{} must be {}, not a {}", in_quotes(entry.name), wanted,
                                      node.kind == TreeNode::Kind::sequence ? "list" : "mapping"));
      return false;
  }
  return false;
}

template <class T>
std::string range_text(const Range<T>& range, std::string (*format)(T)) {
  return fmt::format("{}{} .. {}", range.zero_too ? "0, or " : "", format(range.min),
                     format(range.max));
}

std::string format_count(std::uint64_t count) { return fmt::format("{}", count); }

// The steps that all numbers share: kind, notation, range.
template <class T>
std::optional<T> read_in_range(const Entry& entry, Parsed<T> (*parse)(std::string_view),
                               std::string (*format)(T), Range<T> range, Report& report) {
  if (!expect_scalar(entry, "a single value", report)) return std::nullopt;
  const TreeNode& node = *entry.node;
  const Parsed<T> parsed = parse(node.text);
  if (!parsed.value) {
    report.add(node.at, fmt::format("{} {}", in_quotes(entry.name), parsed.problem));
    return std::nullopt;
  }
  if (!range.contains(*parsed.value)) {
    report.add(node.at, fmt::format("{} is {}; the range is {}", in_quotes(entry.name),
                                    in_quotes(node.text), range_text(range, format)));
    return std::nullopt;
  }
  return parsed.value;
}

}  // namespace

bool expect_scalar(const Entry& entry, std::string_view wanted, Report& report) {
  if (entry.node->kind != TreeNode::Kind::scalar) return wrong_kind(entry, wanted, report);
  if (entry.node->has_secrets) {
    report.add(
        entry.node->at,
        fmt::format("{} cannot refer to a secret; ${{NAME}} puts in an environment variable, "
                    "and $${{ is a literal ${{",
                    in_quotes(entry.name)));
    return false;
  }
  return !entry.node->broken;
}

bool expect_secret(const Entry& entry, Report& report) {
  if (entry.node->kind == TreeNode::Kind::scalar) return !entry.node->broken;
  return wrong_kind(entry, "text", report);
}

bool expect_sequence(const Entry& entry, Report& report) {
  if (entry.node->kind == TreeNode::Kind::sequence) return true;
  return wrong_kind(entry, "a list", report);
}

bool expect_mapping(const Entry& entry, Report& report) {
  if (entry.node->kind == TreeNode::Kind::mapping) return true;
  return wrong_kind(entry, "a mapping", report);
}

std::optional<std::string> read_text(const Entry& entry, Report& report) {
  if (!expect_scalar(entry, "text", report)) return std::nullopt;
  if (!entry.node->text.empty()) return entry.node->text;
  report.add(entry.node->at, fmt::format("{} is empty", in_quotes(entry.name)));
  return std::nullopt;
}

std::optional<Level> read_level(const Entry& entry, Report& report) {
  if (!expect_scalar(entry, "a level", report)) return std::nullopt;
  const std::optional<Level> level = parse_level(entry.node->text);
  if (!level) report.add(entry.node->at, not_one_of(entry, level_words));
  return level;
}

std::optional<std::uint64_t> read_count(const Entry& entry, CountRange range, Report& report) {
  return read_number(entry, parse_count, range, report);
}

std::optional<std::uint64_t> read_number(const Entry& entry,
                                         Parsed<std::uint64_t> (*parse)(std::string_view),
                                         CountRange range, Report& report) {
  return read_in_range(entry, parse, format_count, range, report);
}

std::optional<std::chrono::nanoseconds> read_duration(const Entry& entry, DurationRange range,
                                                      Report& report) {
  return read_in_range(entry, parse_duration, format_duration, range, report);
}

std::string not_one_of(const Entry& entry, std::span<const std::string_view> words) {
  const std::string& text = entry.node->text;
  return fmt::format("{} cannot be {}{}; it is one of {}", in_quotes(entry.name), in_quotes(text),
                     did_you_mean(text, words), listed(words));
}

std::optional<Entry> Section::find(std::string_view key) const {
  const auto found = std::find_if(mapping_.members.begin(), mapping_.members.end(),
                                  [&](const Member& member) { return member.key == key; });
  if (found == mapping_.members.end()) return std::nullopt;
  return Entry{found->key, found->at, found->value.get()};
}

void Section::require(std::string_view key, std::string_view place) const {
  if (!find(key)) report_.add(at(), fmt::format("missing key '{}' in {}", key, place));
}

void Section::text(std::string_view key, std::string& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry) return;
  if (auto value = read_text(*entry, report_)) target = *std::move(value);
}

void Section::boolean(std::string_view key, bool& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry || !expect_scalar(*entry, "true or false", report_)) return;
  const std::string& text = entry->node->text;
  const bool is_true = text == "true" || text == "True" || text == "TRUE";
  const bool is_false = text == "false" || text == "False" || text == "FALSE";
  if (is_true || is_false) {
    target = is_true;
  } else {
    report_.add(entry->node->at,
                fmt::format("'{}' must be true or false, not {}", key, in_quotes(text)));
  }
}

void Section::level(std::string_view key, std::optional<Level>& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry) return;
  if (const auto value = read_level(*entry, report_)) target = value;
}

void Section::size(std::string_view key, SizeRange range, std::uint64_t& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry) return;
  const auto value = read_in_range(*entry, parse_size, format_size, range, report_);
  if (value) target = *value;
}

std::optional<Rate> Section::rate(std::string_view key) const {
  const std::optional<Entry> entry = find(key);
  if (!entry || !expect_scalar(*entry, "a rate such as 1000/s or 10MiB/s", report_)) {
    return std::nullopt;
  }
  const TreeNode& node = *entry->node;
  Parsed<Rate> parsed = parse_rate(node.text);
  if (!parsed.value) {
    report_.add(node.at, fmt::format("{} {}", in_quotes(key), parsed.problem));
    return std::nullopt;
  }
  const bool of_bytes = parsed.value->of_bytes;
  if ((of_bytes ? limits::rate_bytes : limits::rate_events).contains(parsed.value->per_second)) {
    return parsed.value;
  }
  report_.add(node.at,
              fmt::format("{} is {}; the range is {}", in_quotes(key), in_quotes(node.text),
                          of_bytes ? range_text(limits::rate_bytes, format_size)
                                   : range_text(limits::rate_events, format_count)));
  return std::nullopt;
}

}  // namespace penstock::config
