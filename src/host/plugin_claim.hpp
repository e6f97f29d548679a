// SPDX-License-Identifier: Apache-2.0
// plugin_claim.hpp: what a signature of a plugin has to say, as its file says it.
#pragma once

#include <string_view>

#include "plugin/catalog.hpp"
#include "signing/judgement.hpp"

namespace penstock::host {

// Of the file beside the plugin, after its own name.
inline constexpr std::string_view signature_ending = ".minisig";

// [any]
signing::Claim claim_of(const plugin::Plugin& plugin);

}  // namespace penstock::host
