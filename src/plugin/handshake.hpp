// SPDX-License-Identifier: Apache-2.0
// handshake.hpp: the first words with a plugin that has been loaded: it must be what its manifest
// says. The same in the probe and in the process that uses it.
//
// Threads  one at a time
// Errors   refusals of the stage handshake: `no-entry`, `refused-host`, `struct-size`, `abi`,
//          `identity`, `init`, `no-factory`, `no-function`, `describe`, `threw`
#pragma once

#include <string>
#include <string_view>

#include "penstock/plugin/abi.h"
#include "plugin/manifest.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// What this host gives to every plugin. `id` is the plugin's, shown in front of what it logs; it
// stays as long as the process. [any]
const penstock_host& host_for(const std::string& id);

// Calls the entry function, init, and each factory's descriptions. `file` is for messages.
Checked<const penstock_plugin*> shake_hands(penstock_plugin_entry entry, const Manifest& manifest,
                                            const std::string& file);

// Null when it has none of that name.
const penstock_factory* find_factory(const penstock_plugin& plugin, const std::string& point);

}  // namespace penstock::plugin
