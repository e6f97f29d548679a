// SPDX-License-Identifier: Apache-2.0
#include "plugin/catalog.hpp"

#include <compare>
#include <utility>

#include <fmt/format.h>

namespace penstock::plugin {
namespace {

// The refusal with what the step that made it could not know.
Refusal of_file(Refusal refusal, const PluginFile& file, std::string_view id = {}) {
  refusal.file = file.path();
  if (refusal.plugin.empty()) refusal.plugin = id;
  return refusal;
}

Shadowed outdone(const Plugin& plugin, const Plugin& by) {
  const bool is_newer = plugin.manifest.version < by.manifest.version;
  return {.id = plugin.manifest.id,
          .version = plugin.manifest.version,
          .file = plugin.file.path(),
          .by = by.file.path(),
          .reason = fmt::format("{} is {}", by.manifest.version.text(),
                                is_newer ? "newer" : "found first")};
}

}  // namespace

Checked<Plugin> read_plugin(PluginFile file, std::uint32_t host_minor) {
  Checked<ElfFile> elf = read_elf(file.source());
  if (!elf) return of_file(elf.refusal(), file);
  if (const auto refusal = judge_elf(*elf)) return of_file(*refusal, file);
  Checked<Manifest> manifest = read_manifest(*elf);
  if (!manifest) return of_file(manifest.refusal(), file);
  if (const auto refusal = judge_plugin(*elf, *manifest, host_minor)) {
    return of_file(*refusal, file, manifest->id);
  }
  return Plugin{std::move(file), *std::move(elf), *std::move(manifest)};
}

Catalog Catalog::read(const CatalogOptions& options) {
  Catalog catalog;
  for (const std::string& path : options.directories) catalog.read_directory(path, options);
  return catalog;
}

void Catalog::read_directory(const std::string& path, const CatalogOptions& options) {
  const Checked<PluginDirectory> directory = PluginDirectory::open(path, options.rules);
  if (!directory) {
    refusals_.push_back(directory.refusal());
    return;
  }
  const Checked<std::vector<std::string>> names = directory->names(plugin_ending);
  if (!names) {
    refusals_.push_back(names.refusal());
    return;
  }
  for (const std::string& name : *names) {
    Checked<PluginFile> file = directory->open_file(name);
    if (!file) {
      refusals_.push_back(file.refusal());
      continue;
    }
    if (is_known(*file)) continue;
    Checked<Plugin> plugin = read_plugin(*std::move(file), options.host_minor);
    if (plugin) {
      take(*std::move(plugin));
    } else {
      refusals_.push_back(plugin.refusal());
    }
  }
}

// A folder that is named twice, or a hard link.
bool Catalog::is_known(const PluginFile& file) {
  for (const Seen& seen : seen_) {
    if (seen.device != file.device() || seen.inode != file.inode()) continue;
    shadowed_.push_back({.file = file.path(), .by = seen.path, .reason = "it is the same file"});
    return true;
  }
  seen_.push_back({.device = file.device(), .inode = file.inode(), .path = file.path()});
  return false;
}

void Catalog::take(Plugin plugin) {
  for (Plugin& other : plugins_) {
    if (other.manifest.id != plugin.manifest.id) continue;
    const bool wins = plugin.manifest.version > other.manifest.version;
    if (wins) std::swap(other, plugin);
    shadowed_.push_back(outdone(plugin, other));
    return;
  }
  plugins_.push_back(std::move(plugin));
}

const Plugin* Catalog::find_id(std::string_view id) const noexcept {
  for (const Plugin& plugin : plugins_) {
    if (plugin.manifest.id == id) return &plugin;
  }
  return nullptr;
}

std::vector<const Plugin*> Catalog::providers(std::string_view point, std::string_view name) const {
  std::vector<const Plugin*> found;
  for (const Plugin& plugin : plugins_) {
    if (find_component(plugin.manifest, point, name) != nullptr) found.push_back(&plugin);
  }
  return found;
}

const Component* find_component(const Manifest& manifest, std::string_view point,
                                std::string_view name) noexcept {
  for (const Component& component : manifest.provides) {
    if (component.point == point && component.name == name) return &component;
  }
  return nullptr;
}

}  // namespace penstock::plugin
