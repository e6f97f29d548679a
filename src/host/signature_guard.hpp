// SPDX-License-Identifier: Apache-2.0
// signature_guard.hpp: lets in the plugins that somebody who is trusted has signed, or that the
// configuration names one by one.
//
// Threads  made by one thread, which reads the trust store, once; the rest [any]
// Errors   refusals of the stage signature: the words of signing/judgement.hpp; `trust-store`,
// `state`
//          and `signature-unreadable`, when what it takes to judge cannot be read; `pin-mismatch`
#pragma once

#include <memory>

#include "config/plugin_types.hpp"
#include "plugin/plugin_guard.hpp"

namespace penstock::host {

// Admission::by, of plugins whose signatures nobody asked for.
inline constexpr const char* not_looked_at = "not looked at";

// Null when nobody has to be asked: nothing is pinned, and the rule is off.
std::shared_ptr<plugin::PluginGuard> make_guard(const config::PluginOptions& options);

}  // namespace penstock::host
