// SPDX-License-Identifier: Apache-2.0
#include "signing/scope.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signing/store_yaml.hpp"

namespace penstock::signing {
namespace {

constexpr std::array<std::string_view, 5> keys = {"label", "ids", "points", "not_before",
                                                  "not_after"};

// In YAML's single quotes, where a quote alone is special.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

void read_label(const YamlNode& root, YamlReader& reader, Scope& scope) {
  const YamlNode* const node = YamlReader::find(root, "label");
  if (node == nullptr) return;
  scope.label = reader.text(*node, "label");
}

void read_ids(const YamlNode& root, YamlReader& reader, Scope& scope) {
  reader.each(root, "ids", [&](const YamlNode& item) {
    const std::string_view text = reader.text(item, "ids");
    const auto pattern = IdPattern::parse(text);
    if (pattern) {
      scope.ids.push_back(*pattern);
    } else if (!text.empty()) {
      reader.add(item,
                 fmt::format("'{}' is no plugin's id and no pattern; write org.example.kafka, "
                             "org.example.* or *",
                             text));
    }
  });
  if (scope.ids.empty() && reader.ok()) {
    reader.add(root, "'ids' must list the plugins that the key may sign");
  }
}

void read_points(const YamlNode& root, YamlReader& reader, Scope& scope) {
  reader.each(root, "points", [&](const YamlNode& item) {
    scope.points.emplace_back(reader.text(item, "points"));
  });
  const YamlNode* const node = YamlReader::find(root, "points");
  if (node != nullptr && scope.points.empty() && reader.ok()) {
    reader.add(*node, "'points' must list extension points; leave it out to allow all");
  }
}

void read_time(const YamlNode& root, std::string_view key, YamlReader& reader,
               std::optional<Time>& target) {
  const YamlNode* const node = YamlReader::find(root, key);
  if (node == nullptr) return;
  const std::string_view text = reader.text(*node, key);
  target = parse_utc(text);
  if (!target && !text.empty()) {
    reader.add(*node, fmt::format("'{}' must be a time such as 2026-01-02T03:04:05Z", key));
  }
}

}  // namespace

bool Scope::allows_id(std::string_view id) const noexcept {
  return std::any_of(ids.begin(), ids.end(),
                     [&](const IdPattern& pattern) { return pattern.matches(id); });
}

bool Scope::allows_point(std::string_view point) const noexcept {
  return points.empty() || std::find(points.begin(), points.end(), point) != points.end();
}

Scope Scope::everything(std::string label) {
  return {.label = std::move(label), .ids = {*IdPattern::parse("*")}};
}

Result<Scope> parse_scope(std::string_view yaml, const std::string& file) {
  const auto root = read_yaml(yaml, file);
  if (!root) return root.errors();
  YamlReader reader(file);
  Scope scope;
  if (reader.is_mapping(*root, "the scope of a key", keys)) {
    read_label(*root, reader, scope);
    read_ids(*root, reader, scope);
    read_points(*root, reader, scope);
    read_time(*root, "not_before", reader, scope.not_before);
    read_time(*root, "not_after", reader, scope.not_after);
    if (scope.not_before && scope.not_after && *scope.not_after < *scope.not_before) {
      reader.add(*root, "'not_after' is before 'not_before'");
    }
  }
  if (!reader.ok()) return reader.take();
  return scope;
}

Result<std::string> format_scope(const Scope& scope) {
  std::string yaml;
  if (!scope.label.empty()) yaml += fmt::format("label: {}\n", quoted(scope.label));
  yaml += "ids:\n";
  for (const IdPattern& id : scope.ids) yaml += fmt::format("  - {}\n", quoted(id.text()));
  if (!scope.points.empty()) yaml += "points:\n";
  for (const std::string& point : scope.points) yaml += fmt::format("  - {}\n", quoted(point));
  if (scope.not_before) yaml += fmt::format("not_before: {}\n", format_utc(*scope.not_before));
  if (scope.not_after) yaml += fmt::format("not_after: {}\n", format_utc(*scope.not_after));
  const auto again = parse_scope(yaml, "the scope");
  if (!again) return again.errors();
  if (again->label != scope.label || again->points != scope.points) {
    return Error{.message = "the label and the points of a scope must each be one line"};
  }
  return yaml;
}

}  // namespace penstock::signing
