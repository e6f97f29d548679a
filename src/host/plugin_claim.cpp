// SPDX-License-Identifier: Apache-2.0
#include "host/plugin_claim.hpp"

#include <algorithm>

namespace penstock::host {

signing::Claim claim_of(const plugin::Plugin& plugin) {
  const plugin::Manifest& manifest = plugin.manifest;
  signing::Claim claim{.id = manifest.id,
                       .version = manifest.version.text(),
                       .abi = {.major = manifest.abi.major, .minor = manifest.abi.minor},
                       .arch = plugin::machine_name(plugin.elf.machine),
                       .needed = plugin.elf.needed};
  // "x86_64", as uname has it
  std::replace(claim.arch.begin(), claim.arch.end(), '-', '_');
  for (const plugin::Component& component : manifest.provides) {
    claim.points.push_back(component.point);
  }
  return claim;
}

}  // namespace penstock::host
