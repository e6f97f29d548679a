// SPDX-License-Identifier: Apache-2.0
#include "host/reserved_keys.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/keys.hpp"
#include "penstock/plugin/abi.h"

namespace penstock::host {
namespace {

// Empty for a point whose options have a place of their own.
std::vector<const config::KeyTable*> common_keys(std::string_view point) {
  if (point == PENSTOCK_POINT_SINK) return {&config::keys::sink, &config::keys::plugin_sink};
  if (point == PENSTOCK_POINT_PROCESSOR) return {&config::keys::processor};
  return {};
}

}  // namespace

std::optional<plugin::Refusal> judge_options(const plugin::Manifest& manifest,
                                             const plugin::Component& component,
                                             std::string_view file) {
  const std::vector<const config::KeyTable*> common = common_keys(component.point);
  if (common.empty() || !component.config_schema) return std::nullopt;
  std::string taken;
  for (const plugin::SchemaProperty& property : component.config_schema->properties) {
    const bool is_taken = std::any_of(
        common.begin(), common.end(),
        [&](const config::KeyTable* table) { return config::has_key(*table, property.name); });
    if (is_taken) taken += (taken.empty() ? "'" : ", '") + property.name + "'";
  }
  if (taken.empty()) return std::nullopt;
  return plugin::Refusal{
      .plugin = manifest.id,
      .file = std::string(file),
      .stage = plugin::Stage::schema,
      .code = "reserved-key",
      .reason = fmt::format("the config_schema of '{}' has {}, which {} has anyway: the "
                            "plugin would never get it",
                            component.name, taken, common.front()->place),
      .fix = "give the option another name, such as '" + component.name + "_...'"};
}

}  // namespace penstock::host
