// SPDX-License-Identifier: Apache-2.0
#include "plugin/manifest_rules.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "plugin/json.hpp"
#include "plugin/problems.hpp"
#include "plugin/schema.hpp"
#include "plugin/words.hpp"
#include "signing/plugin_id.hpp"
#include "signing/scan.hpp"
#include "signing/version.hpp"

namespace penstock::plugin {
namespace {

constexpr std::string_view rules_json = R"json({
  "type": "object",
  "required": ["schema", "id", "name", "version", "abi", "provides"],
  "properties": {
    "schema": {"type": "integer", "minimum": 1, "maximum": 1},
    "id": {"type": "string", "maxLength": 128},
    "name": {"type": "string", "minLength": 1, "maxLength": 128},
    "version": {"type": "string", "maxLength": 128},
    "summary": {"type": "string", "maxLength": 512},
    "license": {"type": "string", "maxLength": 128},
    "vendor": {"type": "string", "maxLength": 128},
    "homepage": {"type": "string", "maxLength": 512},
    "abi": {"type": "object", "required": ["major", "minor"], "properties": {
      "major": {"type": "integer", "minimum": 0, "maximum": 65535},
      "minor": {"type": "integer", "minimum": 0, "maximum": 65535},
      "min_host_minor": {"type": "integer", "minimum": 0, "maximum": 65535}}},
    "sdk_version": {"type": "string", "maxLength": 128},
    "arch": {"type": "string", "maxLength": 64},
    "os": {"type": "string", "maxLength": 64},
    "libc": {"type": "string", "maxLength": 64},
    "provides": {"type": "array", "items": {
      "type": "object", "required": ["point", "name"], "properties": {
        "point": {"type": "string", "maxLength": 128},
        "name": {"type": "string", "maxLength": 64},
        "summary": {"type": "string", "maxLength": 512},
        "config_schema": {"type": "object"},
        "concurrency": {"type": "integer", "minimum": 1, "maximum": 1024},
        "delivery": {"type": "string", "enum": ["at_most_once", "at_least_once"]},
        "async": {"type": "boolean"}}}},
    "requires": {"type": "object", "properties": {
      "services": {"type": "array", "items": {"type": "string", "maxLength": 128}},
      "needed": {"type": "array", "items": {"type": "string", "maxLength": 128}}}},
    "permissions": {"type": "object", "properties": {
      "network": {"type": "array", "items": {"type": "string", "maxLength": 512}},
      "files": {"type": "array", "items": {"type": "string", "maxLength": 4096}},
      "exec": {"type": "boolean"}}},
    "isolation": {"type": "string", "enum": ["any", "process"]},
    "build": {"type": "object", "properties": {
      "compiler": {"type": "string", "maxLength": 512},
      "flags_digest": {"type": "string", "maxLength": 128},
      "build_id": {"type": "string", "maxLength": 128},
      "source_commit": {"type": "string", "maxLength": 128}}}
  }
})json";

const Schema& rules() {
  static const Schema schema = *read_schema(*parse_json(rules_json), "manifest");
  return schema;
}

using signing::is_digit;
using signing::is_lower;

// A library is named, not a path to one, which would be searched for where it says.
bool is_soname(std::string_view text) {
  return !text.empty() && is_plain_text(text) && text.find('/') == std::string_view::npos;
}

using Test = bool (*)(std::string_view);

class Checker final {
 public:
  explicit Checker(Problems& problems) : problems_(problems) {}

  // Where the value is text.
  void must(const Value* value, const std::string& path, Test test, std::string_view expected) {
    if (value == nullptr || value->text() == nullptr || test(*value->text())) return;
    problems_.add(*value, fmt::format("'{}' must be {}, not {}", path, expected, shown(*value)));
  }

  void each_must(const Value* values, const std::string& path, Test test,
                 std::string_view expected) {
    if (values == nullptr || values->array() == nullptr) return;
    for (std::size_t i = 0; i < values->array()->size(); ++i) {
      must(&(*values->array())[i], path_of(path, i), test, expected);
    }
  }

  // Nobody should be able to forge a line of a listing. What a schema describes may have lines.
  void check_plain(const Value& value, const std::string& path) {
    must(&value, path, is_plain_text, "text without control characters");
    if (value.array() != nullptr) each_check_plain(*value.array(), path);
    if (value.object() == nullptr) return;
    for (const Member& member : *value.object()) {
      if (member.key != "config_schema") check_plain(member.value, path_of(path, member.key));
    }
  }

  void check_provides(const Value* provides);
  void check_abi(const Value* abi);

 private:
  void each_check_plain(const Value::Array& items, const std::string& path) {
    for (std::size_t i = 0; i < items.size(); ++i) check_plain(items[i], path_of(path, i));
  }

  Problems& problems_;
};

void Checker::check_provides(const Value* provides) {
  if (provides == nullptr || provides->array() == nullptr) return;
  if (provides->array()->empty()) {
    problems_.add(*provides, "'provides' is empty: the plugin would be of no use");
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (std::size_t i = 0; i < provides->array()->size(); ++i) {
    const Value& component = (*provides->array())[i];
    const std::string path = path_of("provides", i);
    const Value* const point = component.find("point");
    const Value* const name = component.find("name");
    must(point, path_of(path, "point"), is_point, "a point such as penstock.sink/1");
    must(name, path_of(path, "name"), is_component_name,
         "a lower-case letter, then letters, digits, '_' or '-'");
    if (point == nullptr || name == nullptr || !point->text() || !name->text()) continue;
    if (!seen.emplace(*point->text(), *name->text()).second) {
      problems_.add(component, fmt::format("'{}' provides {} a second time", path, shown(*name)));
    }
  }
}

void Checker::check_abi(const Value* abi) {
  if (abi == nullptr) return;
  const Value* const minor = abi->find("minor");
  const Value* const needed = abi->find("min_host_minor");
  if (minor == nullptr || needed == nullptr || !minor->is_integer() || !needed->is_integer())
    return;
  if (compare_numbers(*needed, *minor) > 0) {
    problems_.add(*needed, fmt::format("'abi.min_host_minor' must be at most 'abi.minor' ({}), not "
                                       "{}",
                                       shown(*minor), shown(*needed)));
  }
}

}  // namespace

bool is_point(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view revision = text.substr(slash + 1);
  return signing::is_plugin_id(text.substr(0, slash)) && !revision.empty() &&
         revision.size() <= 4 && revision[0] != '0' &&
         std::all_of(revision.begin(), revision.end(), is_digit);
}

bool is_component_name(std::string_view text) {
  return !text.empty() && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

Errors check_manifest(const Value& manifest) {
  if (manifest.object() == nullptr) {
    return {{.message = fmt::format("the whole must be a mapping, not {}", shown(manifest))}};
  }
  Problems problems;
  problems.add_all(validate(rules(), manifest, ""));
  Checker checker(problems);
  checker.check_plain(manifest, "");
  checker.must(manifest.find("id"), "id", signing::is_plugin_id,
               "a name such as org.example.kafka: a-z, 0-9, '-', with a dot");
  checker.must(
      manifest.find("version"), "version",
      [](std::string_view text) { return signing::Version::parse(text).has_value(); },
      "a semantic version such as 1.4.0");
  checker.check_abi(manifest.find("abi"));
  checker.check_provides(manifest.find("provides"));
  if (const Value* const demands = manifest.find("requires")) {
    checker.each_must(demands->find("needed"), "requires.needed", is_soname,
                      "the name of a library, without '/'");
  }
  return problems.take();
}

}  // namespace penstock::plugin
