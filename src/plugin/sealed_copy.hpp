// SPDX-License-Identifier: Apache-2.0
// sealed_copy.hpp: the bytes of a plugin where nobody can change them any more. What is hashed,
// probed and loaded is this copy, so that a file that changes between two looks never gets in.
//
// Threads  [any]
// Errors   refusals of the stage load: `copy` (no memory, or the file got shorter meanwhile)
#pragma once

#include "plugin/plugin_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// A memfd with F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_SEAL, of the file's bytes.
Checked<PluginFile> sealed_copy(const PluginFile& file);

}  // namespace penstock::plugin
