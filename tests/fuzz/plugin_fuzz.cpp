// SPDX-License-Identifier: Apache-2.0
// plugin_fuzz.cpp: any bytes as a plugin file, as a manifest, and as the schema of options. They
// are refused with a code and one line of reason, or are what the rest may rely on. Nothing runs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "plugin/byte_source.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/json.hpp"
#include "plugin/manifest.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin/schema.hpp"
#include "signing/plugin_id.hpp"

namespace {

using namespace penstock::plugin;  // NOLINT: a harness of one room

void require(bool condition) {
  if (!condition) std::abort();
}

void check_refusal(const Refusal& refusal) {
  require(!refusal.code.empty() && !refusal.reason.empty());
  require(to_string(refusal).find('\n') == std::string::npos);
}

// What is written reads back as the same value.
void check_value(const Value& value) {
  const auto again = parse_json(json_text(value));
  require(again.ok() && *again == value);
}

void check_schema(const Schema& schema, const Value& options) {
  const auto before = validate(schema, options, "options");
  for (const penstock::Error& error : before) {
    require(error.message.find('\n') == std::string::npos);
  }
  Value filled = options;
  fill_defaults(schema, filled);
  // Defaults fit their schemas, so they can mend what is missing and break nothing.
  require(validate(schema, filled, "options").size() <= before.size());
}

void check_manifest_of(const Manifest& manifest) {
  require(penstock::signing::is_plugin_id(manifest.id) && !manifest.provides.empty());
  for (const Component& component : manifest.provides) {
    require(is_point(component.point) && is_component_name(component.name));
    if (component.config_schema) {
      check_schema(*component.config_schema, component.config_schema_tree);
    }
  }
}

void try_json(std::string_view json) {
  if (const auto manifest = parse_manifest(json)) {
    check_manifest_of(*manifest);
  } else {
    check_refusal(manifest.refusal());
  }
  const auto value = parse_json(json);
  if (!value.ok()) return;
  check_value(*value);
  // A pair: a schema, and options for it.
  const Value* const schema_value = value->find("options_schema");
  const Value* const options = value->find("options");
  if (schema_value == nullptr || options == nullptr) return;
  const auto schema = read_schema(*schema_value, "options_schema");
  if (schema.ok()) check_schema(*schema, *options);
}

void try_elf(std::span<const std::byte> bytes) {
  const auto file = read_elf(MemorySource(bytes));
  if (!file) return check_refusal(file.refusal());
  if (const auto refusal = judge_elf(*file)) check_refusal(*refusal);
  const auto manifest = read_manifest(*file);
  if (!manifest) return check_refusal(manifest.refusal());
  check_manifest_of(*manifest);
  if (const auto refusal = judge_plugin(*file, *manifest)) check_refusal(*refusal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  try_elf(std::as_bytes(input));
  if (size <= manifest_bytes_max) {
    try_json(std::string_view(reinterpret_cast<const char*>(data), size));
  }
  return 0;
}
