// SPDX-License-Identifier: Apache-2.0
// plugin_guard.hpp: who decides whether a plugin may run. The answers come from above: this level
// knows no keys and no signatures.
//
// Threads  [any]; several at a time
// Errors   refusals of the stage signature
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugin/catalog.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// A plugin that may be loaded.
struct Admission {
  std::string by{};          // whose signature it has, for its user to read
  std::string concern{};     // why it would be refused under stricter rules; empty: it would not
  std::uint64_t serial = 0;  // of its signature; 0: there is none
};

class PluginGuard {
 public:
  virtual ~PluginGuard() = default;
  // Before anything of the plugin runs; `plugin.file` holds the bytes that would. May wait for the
  // disk.
  virtual Checked<Admission> judge(const Plugin& plugin) = 0;
  // It was loaded, as `admission` allowed. Null: it may be used. What is not bad enough for a
  // refusal is put into `concern`.
  virtual std::unique_ptr<Refusal> loaded(const Manifest& manifest, const std::string& file,
                                          const Admission& admission, std::string& concern) = 0;
};

}  // namespace penstock::plugin
