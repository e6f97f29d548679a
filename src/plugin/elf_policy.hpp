// SPDX-License-Identifier: Apache-2.0
// elf_policy.hpp: which shared objects may become plugins. The loader would take more: libraries
// from a folder of the plugin's choice, a stack that runs, symbols that replace another plugin's.
//
// Threads  [any]
// Errors   refusals of the stage elf: `arch`, `elf-type`, `exec-stack`, `writable-code`, `textrel`,
//          `rpath`, `needed`, `no-entry`, `exports`, `unique`; of the stage manifest: `abi`
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "penstock/plugin/abi.h"
#include "plugin/elf_file.hpp"
#include "plugin/manifest.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// The one function that a plugin shows, and the interface that it is of.
inline constexpr std::string_view entry_symbol = "penstock_plugin_entry_v1";
inline constexpr std::uint32_t host_abi_major = PENSTOCK_ABI_MAJOR;
inline constexpr std::uint32_t host_abi_minor = PENSTOCK_ABI_MINOR;

// What holds for any shared object. Null when it passes. [any]
std::unique_ptr<Refusal> judge_elf(const ElfFile& file);

// What takes the manifest to judge: libraries that it declares, and the interface it is for.
// `minor` is the host's. Null when it passes. [any]
std::unique_ptr<Refusal> judge_plugin(const ElfFile& file, const Manifest& manifest,
                                      std::uint32_t minor = host_abi_minor);

}  // namespace penstock::plugin
