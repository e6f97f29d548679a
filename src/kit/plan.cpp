// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>

#include "kit/runner.hpp"
#include "penstock/plugin/abi.h"

namespace penstock::kit {
namespace {

bool matches(const Selection& selection, std::string_view id) {
  return ::fnmatch(selection.glob.c_str(), std::string(id).c_str(), 0) == 0;
}

void add_static(const Selection& selection, std::vector<PlannedCase>& plan) {
  for (const StaticCase& each : static_cases()) {
    if (!matches(selection, each.id)) continue;
    plan.push_back({.id = each.id, .what = each.what, .gate = each.gate, .judge = each.judge});
  }
}

void add_run(const Selection& selection, Case::Of of, const plugin::Component& component,
             std::vector<PlannedCase>& plan) {
  for (const Case& each : cases()) {
    const bool is_of = each.of == of || (each.of == Case::Of::component && of != Case::Of::plugin);
    if (!is_of || !matches(selection, each.id)) continue;
    if (each.optional && !selection.with_speed) continue;
    plan.push_back({.id = each.id,
                    .what = each.what,
                    .component = component.name,
                    .point = component.point,
                    .gate = each.gate});
  }
}

void add_components(const plugin::Manifest& manifest, const Selection& selection,
                    std::vector<PlannedCase>& plan) {
  for (const plugin::Component& each : manifest.provides) {
    if (!selection.component.empty() && selection.component != each.name) continue;
    if (each.point == PENSTOCK_POINT_SINK) add_run(selection, Case::Of::sink, each, plan);
    if (each.point == PENSTOCK_POINT_PROCESSOR) {
      add_run(selection, Case::Of::processor, each, plan);
    }
  }
}

}  // namespace

std::string PlannedCase::name() const {
  return component.empty() ? std::string(id) : std::string(id) + " " + component;
}

std::vector<PlannedCase> plan_cases(const FileFacts& facts, const Selection& selection) {
  std::vector<PlannedCase> plan;
  add_static(selection, plan);
  add_run(selection, Case::Of::plugin, {}, plan);
  if (facts.manifest) add_components(*facts.manifest, selection, plan);
  return plan;
}

std::vector<PlannedCase> plan_builtin_cases(const plugin::Manifest& manifest,
                                            const Selection& selection) {
  std::vector<PlannedCase> plan;
  add_run(selection, Case::Of::plugin, {}, plan);
  add_components(manifest, selection, plan);
  return plan;
}

}  // namespace penstock::kit
