// SPDX-License-Identifier: Apache-2.0
// keys.hpp: every key of the file, and every sink type, as data. The readers accept these and no
// others; a test compares them with docs/configuration.md.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "config/tree.hpp"

namespace penstock::config {

// The keys that one kind of mapping can have.
struct KeyTable {
  std::string_view place;  // for messages: "unknown key 'x' in " + place
  std::span<const std::string_view> keys;
};

namespace keys {

extern const KeyTable root;
extern const KeyTable plugin_sink;  // beside those of its manifest
extern const KeyTable plugins;
extern const KeyTable logging;
extern const KeyTable sink;  // of every type
extern const KeyTable console;
extern const KeyTable file;
extern const KeyTable null;
extern const KeyTable webhook;
extern const KeyTable processor;  // of every type
extern const KeyTable format;
extern const KeyTable queue;
extern const KeyTable batch;
extern const KeyTable retry;
extern const KeyTable limits;
extern const KeyTable rate_limit;
extern const KeyTable trigger;
extern const KeyTable event_details;
extern const KeyTable tag_details;
extern const KeyTable extra;  // the keys with a meaning; any other is a field

// All of the above.
std::span<const KeyTable* const> all();

}  // namespace keys

// A word in `type:`.
struct SinkType {
  std::string_view name;
  const KeyTable* keys;
};

std::span<const SinkType> sink_types();
// Null when there is none of that name.
const SinkType* find_sink_type(std::string_view name);

// The tables that a mapping's keys may be in. The first one names the place in messages.
using KeyTables = std::span<const KeyTable* const>;

// Those of a sink whose type is not known: `keys::sink` and what any type has.
std::vector<const KeyTable*> tables_of_any_sink();

bool has_key(const KeyTable& table, std::string_view key);
// Reports the keys of `mapping` that none of `tables` has.
void check_keys(const TreeNode& mapping, KeyTables tables, Report& report);
inline void check_keys(const TreeNode& mapping, std::initializer_list<const KeyTable*> tables,
                       Report& report) {
  check_keys(mapping, KeyTables(tables.begin(), tables.size()), report);
}

}  // namespace penstock::config
