// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/words.hpp"

namespace penstock::config {
namespace {

using Words = std::string_view[];

constexpr Words root_keys = {"logging", "triggers", "plugins"};
constexpr Words logging_keys = {"default_level", "levels",          "sinks",    "triggers",
                                "max_bytes",     "max_event_bytes", "oversize", "own_events"};
constexpr Words sink_keys = {"name",          "type",
                             "level",         "format",
                             "queue",         "batch",
                             "when_full",     "block_timeout",
                             "retry",         "limits",
                             "max_in_flight", "call_timeout",
                             "dead_letter",   "only_dead_letters",
                             "processors",    "affinity",
                             "required"};
constexpr Words console_keys = {"stream", "color"};
constexpr Words file_keys = {"path", "max_bytes", "backup_count",   "rotate_every",
                             "mode", "owner",     "fsync_interval", "create_directories"};
constexpr Words webhook_keys = {
    "url",     "method",      "payload",  "per",     "body",           "compression",
    "bearer",  "user",        "password", "headers", "signing_secret", "connect_timeout",
    "timeout", "retry_codes", "proxy",    "ca_file", "allow_private",  "allow_plain_http"};
constexpr Words plugin_sink_keys = {"isolation"};
constexpr Words plugins_keys = {"directories",    "signature", "trust",
                                "revoked",        "state",     "pins",
                                "allow_unsigned", "isolation", "process_max_bytes"};
constexpr Words processor_keys = {"type"};
constexpr Words format_keys = {"type", "pattern"};
constexpr Words queue_keys = {"max_bytes", "reserve"};
constexpr Words batch_keys = {"max_events", "max_bytes", "linger"};
constexpr Words retry_keys = {"min_backoff", "max_backoff", "expire_after", "breaker_failures",
                              "error_budget"};
constexpr Words limits_keys = {"rate_limit", "sample", "deduplicate", "max_keys", "exempt"};
constexpr Words rate_limit_keys = {"events", "events_burst", "bytes", "bytes_burst"};
constexpr Words trigger_keys = {"event", "tag", "action", "details"};
constexpr Words event_details_keys = {"message", "level", "destinations", "extra"};
constexpr Words tag_details_keys = {"destination"};
constexpr Words extra_keys = {"event", "tags"};

constexpr std::array<SinkType, 4> types = {{
    {"console", &keys::console},
    {"file", &keys::file},
    {"null", &keys::null},
    {"webhook", &keys::webhook},
}};

// Where `key` would be right: "; it belongs to 'queue' or 'batch'".
std::string home_of(std::string_view key) {
  std::vector<std::string_view> places;
  for (const KeyTable* table : keys::all()) {
    if (table != &keys::extra && has_key(*table, key)) places.push_back(table->place);
  }
  if (places.empty()) return {};
  return fmt::format("; it belongs to {}", fmt::join(places, " or "));
}

std::string unknown_key(std::string_view key, KeyTables tables) {
  std::vector<std::string_view> valid;
  for (const KeyTable* table : tables) {
    valid.insert(valid.end(), table->keys.begin(), table->keys.end());
  }
  const std::string_view place = tables.front()->place;
  std::string message = fmt::format("unknown key {} in {}", in_quotes(key), place);
  const std::string home = home_of(key);
  const std::string_view near = base::nearest_word(key, valid);
  // A key that is right elsewhere is no slip of the pen, unless one letter would explain it.
  const bool misplaced = !home.empty() && (near.empty() || base::edit_distance(key, near) > 1);
  std::string hint = misplaced ? home : did_you_mean(key, valid);
  if (hint.empty()) hint = fmt::format("; valid keys are {}", listed(valid));
  return message + hint;
}

}  // namespace

namespace keys {

const KeyTable root{"the top level of the file", root_keys};
const KeyTable logging{"'logging'", logging_keys};
const KeyTable sink{"a sink", sink_keys};
const KeyTable console{"a console sink", console_keys};
const KeyTable file{"a file sink", file_keys};
const KeyTable null{"a null sink", {}};
const KeyTable webhook{"a webhook sink", webhook_keys};
const KeyTable plugin_sink{"a sink of a plugin", plugin_sink_keys};
const KeyTable plugins{"'plugins'", plugins_keys};
const KeyTable processor{"a processor", processor_keys};
const KeyTable format{"'format'", format_keys};
const KeyTable queue{"'queue'", queue_keys};
const KeyTable batch{"'batch'", batch_keys};
const KeyTable retry{"'retry'", retry_keys};
const KeyTable limits{"'limits'", limits_keys};
const KeyTable rate_limit{"'rate_limit'", rate_limit_keys};
const KeyTable trigger{"a trigger", trigger_keys};
const KeyTable event_details{"the 'details' of an event trigger", event_details_keys};
const KeyTable tag_details{"the 'details' of a tag trigger", tag_details_keys};
const KeyTable extra{"'extra'", extra_keys};

std::span<const KeyTable* const> all() {
  static constexpr std::array<const KeyTable*, 20> tables = {
      &root,   &plugins,    &plugin_sink, &logging,       &sink,        &console, &file,
      &null,   &webhook,    &processor,   &format,        &queue,       &batch,   &retry,
      &limits, &rate_limit, &trigger,     &event_details, &tag_details, &extra};
  return tables;
}

}  // namespace keys

std::span<const SinkType> sink_types() { return types; }

const SinkType* find_sink_type(std::string_view name) {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const SinkType& type) { return type.name == name; });
  return found == types.end() ? nullptr : &*found;
}

std::vector<const KeyTable*> tables_of_any_sink() {
  std::vector<const KeyTable*> tables = {&keys::sink};
  for (const SinkType& type : types) tables.push_back(type.keys);
  return tables;
}

bool has_key(const KeyTable& table, std::string_view key) {
  return std::find(table.keys.begin(), table.keys.end(), key) != table.keys.end();
}

void check_keys(const TreeNode& mapping, KeyTables tables, Report& report) {
  for (const Member& member : mapping.members) {
    const bool known = std::any_of(tables.begin(), tables.end(), [&](const KeyTable* table) {
      return has_key(*table, member.key);
    });
    if (known) continue;
    report.add(member.at, report.full() ? std::string() : unknown_key(member.key, tables));
  }
}

}  // namespace penstock::config
