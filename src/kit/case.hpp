// SPDX-License-Identifier: Apache-2.0
// case.hpp: the cases of the kit. An id never changes its meaning; scripts select by it.
//
// Order    as listed. What a gate finds missing is what all after it need: they are not run
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kit/verdict.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::kit {

class Bench;

// A case that runs the plugin, in a process of its own: once for the plugin, or for each component
// that is of the kind.
struct Case {
  enum class Of : std::uint8_t { plugin, component, sink, processor };

  std::string_view id;
  std::string_view what;  // that holds, when it passes
  Of of = Of::sink;
  bool gate = false;
  void (*run)(Bench&) = nullptr;
  bool optional = false;  // it measures, and is run when that is asked for
  bool faults = false;    // it needs penstock-kit-faults.so
};

// In their order. [any]
std::span<const Case> cases();
// Null when there is none. [any]
const Case* find_case(std::string_view id);

std::span<const Case> load_cases();
std::span<const Case> host_cases();
std::span<const Case> config_cases();
std::span<const Case> first_life_cases();
std::span<const Case> life_cases();
std::span<const Case> first_write_cases();
std::span<const Case> write_cases();
std::span<const Case> settle_cases();
std::span<const Case> layout_cases();
std::span<const Case> fault_cases();
std::span<const Case> memory_cases();
std::span<const Case> network_cases();
std::span<const Case> first_processor_cases();
std::span<const Case> processor_cases();
std::span<const Case> hygiene_cases();
std::span<const Case> last_cases();
std::span<const Case> speed_cases();

// What is known of the file without running anything; the manifest is refused when the file is.
struct FileFacts {
  const plugin::PluginFile& file;
  plugin::Checked<plugin::ElfFile> elf;
  plugin::Checked<plugin::Manifest> manifest;
};

// A case that reads the file.
struct StaticCase {
  std::string_view id;
  std::string_view what;
  bool gate = false;
  Verdict (*judge)(const FileFacts&) = nullptr;
};

std::span<const StaticCase> static_cases();

}  // namespace penstock::kit
