// SPDX-License-Identifier: Apache-2.0
// reserved_keys.hpp: options that nobody could ever set, because every sink, or every
// processor, has a key of that name.
//
// Threads  [any]
#pragma once

#include <optional>
#include <string_view>

#include "plugin/manifest.hpp"
#include "plugin/refusal.hpp"

namespace penstock::host {

// Why this component of a plugin cannot be used: of the stage schema, `reserved-key`. Empty when it
// can.
std::optional<plugin::Refusal> judge_options(const plugin::Manifest& manifest,
                                             const plugin::Component& component,
                                             std::string_view file);

}  // namespace penstock::host
