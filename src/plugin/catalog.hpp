// SPDX-License-Identifier: Apache-2.0
// catalog.hpp: the plugins that are there, and why others are not. It reads files and runs nothing.
//
// Threads  made by one thread; const functions [any]
// Order    folders as given, files by name. Of plugins with one id the highest version is used, of
//          equal versions the first
// Errors   each candidate that is not used has a Refusal or a Shadowed; none vanishes. One bad file
//          does not hide the others
// Bound    directory_entries_max a folder; an open descriptor for each plugin that is used
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/elf_file.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

inline constexpr std::string_view plugin_ending = ".penstock.so";

// A plugin that may be loaded, as far as that can be told without doing so.
struct Plugin {
  PluginFile file;  // open; what is loaded later is what was judged here
  ElfFile elf;
  Manifest manifest;
};

// A file that is not used, because another one is: an older version, or the same file again.
struct Shadowed {
  std::string id{};  // empty for the same file
  signing::Version version{};
  std::string file{};
  std::string by{};      // the file that is used
  std::string reason{};  // "1.4.0 is newer", "it is the same file"
};

struct CatalogOptions {
  std::vector<std::string> directories{};  // absolute
  FileRules rules{};
  std::uint32_t host_minor = host_abi_minor;
};

class Catalog final {
 public:
  // Looks into each folder, and not into those within. [any]
  static Catalog read(const CatalogOptions& options);

  const std::vector<Plugin>& plugins() const noexcept { return plugins_; }
  std::vector<Plugin>& plugins() noexcept { return plugins_; }
  const std::vector<Shadowed>& shadowed() const noexcept { return shadowed_; }
  const std::vector<Refusal>& refusals() const noexcept { return refusals_; }

  // Null when there is none.
  const Plugin* find_id(std::string_view id) const noexcept;
  // Those that provide it, in the catalog's order: more than one is for the caller to settle.
  std::vector<const Plugin*> providers(std::string_view point, std::string_view name) const;

 private:
  struct Seen {
    dev_t device = 0;
    ino_t inode = 0;
    std::string path{};
  };

  void read_directory(const std::string& path, const CatalogOptions& options);
  void take(Plugin plugin);
  bool is_known(const PluginFile& file);

  std::vector<Plugin> plugins_;
  std::vector<Shadowed> shadowed_;
  std::vector<Refusal> refusals_;
  std::vector<Seen> seen_;
};

// One file: opened, read and judged. The refusal has the file's path. [any]
Checked<Plugin> read_plugin(PluginFile file, std::uint32_t host_minor = host_abi_minor);

// The component of a plugin; null when it has none of that name.
const Component* find_component(const Manifest& manifest, std::string_view point,
                                std::string_view name) noexcept;

}  // namespace penstock::plugin
