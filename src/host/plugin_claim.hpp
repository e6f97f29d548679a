// SPDX-License-Identifier: Apache-2.0
// plugin_claim.hpp: what a signature of a plugin has to say, as its file says it.
#pragma once

#include "plugin/catalog.hpp"
#include "signing/judgement.hpp"

namespace penstock::host {

// [any]
signing::Claim claim_of(const plugin::Plugin& plugin);

}  // namespace penstock::host
