// SPDX-License-Identifier: Apache-2.0
// probe.hpp: lets a plugin run for the first time in a process of its own, so that one that crashes
// or hangs there never does so here.
//
// Threads  [any]; probe() waits
// Errors   refusals of the stage probe: `no-host-program`, `spawn`, `timeout`, `crash`; and those
//          that the child has found, of the stages load and handshake
#pragma once

#include <chrono>
#include <string>

#include "plugin/manifest.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

inline constexpr std::chrono::milliseconds probe_timeout{2000};

struct Unit {};

// Loads the plugin that `fd` holds in a child, which is the program `host_program`, and shakes
// hands with it there. [any]
Checked<Unit> probe(int fd, const Manifest& manifest, const std::string& file,
                    const std::string& host_program,
                    std::chrono::milliseconds timeout = probe_timeout);

// The child's part: the plugin is descriptor 3, what there is to say goes to descriptor 4. The exit
// code.
int run_probe();

// penstock-plugin-host, as it belongs to this library: beside the program that runs, where it lies
// from there in an installed tree, which may have been moved, or where it was installed; empty when
// it is in none of these places. [any]
std::string find_host_program();

}  // namespace penstock::plugin
