// SPDX-License-Identifier: Apache-2.0
// library.hpp: a plugin in this process. Once loaded it stays: code of it may be on any stack, in
// any thread-local destructor, in any exception.
//
// Threads  [any]
// Errors   refusals of the stages load (`dlopen`) and handshake
#pragma once

#include <string>

#include "penstock/plugin/abi.h"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// Loads what the descriptor holds and shakes hands with it. The descriptor stays open as long as
// the process: glibc takes a library's path for its name, and this one's is /proc/self/fd/N. `file`
// is for messages.
Checked<const penstock_plugin*> load_library(Descriptor descriptor, const Manifest& manifest,
                                             const std::string& file);

}  // namespace penstock::plugin
