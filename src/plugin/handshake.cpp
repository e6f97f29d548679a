// SPDX-License-Identifier: Apache-2.0
#include "plugin/handshake.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "penstock/event_view.hpp"
#include "penstock/level.hpp"
#include "penstock/version.hpp"
#include "plugin/abi_sizes.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using detail::text_of;

struct Host {
  std::string id;
  penstock_host c{};
};

const void* no_service(void*, const char*) { return nullptr; }

// One line of standard error. A plugin that has much to say is its own log's business.
void log_line(void* ctx, std::uint32_t level, penstock_text message) {
  try {
    const Host& host = *static_cast<const Host*>(ctx);
    constexpr std::size_t most = 2000;
    const std::string line =
        fmt::format("penstock: plugin {}: {}: {}\n", host.id, level_name(static_cast<Level>(level)),
                    one_line(text_of(message).substr(0, most)));
    std::fwrite(line.data(), 1, line.size(), stderr);
  } catch (...) {
    // there was no memory to say it
  }
}

// Refuses with what is known of the plugin.
class Handshake {
 public:
  Handshake(const Manifest& manifest, const std::string& file) : manifest_(manifest), file_(file) {}

  Checked<const penstock_plugin*> run(penstock_plugin_entry entry) {
    const penstock_plugin* const plugin = entry(&host_for(manifest_.id));
    if (plugin == nullptr) {
      return refuse("refused-host", "it does not want to work with this host",
                    "see what it needs in its documentation");
    }
    if (auto refusal = check_struct(*plugin)) return *refusal;
    if (auto refusal = check_identity(*plugin)) return *refusal;
    if (auto refusal = call_init(*plugin)) return *refusal;
    if (auto refusal = check_factories(*plugin)) return *refusal;
    return plugin;
  }

  Refusal refuse(std::string code, std::string reason, std::string fix) const {
    return {.plugin = manifest_.id,
            .file = file_,
            .stage = Stage::handshake,
            .code = std::move(code),
            .reason = std::move(reason),
            .fix = std::move(fix)};
  }

 private:
  using Problem = std::optional<Refusal>;

  Problem check_struct(const penstock_plugin& plugin) const {
    if (plugin.size < plugin_bytes_min) {
      return refuse(
          "struct-size",
          fmt::format("its penstock_plugin has {} bytes, less than version 1.0 has", plugin.size),
          "build it with Penstock's own headers");
    }
    if (plugin.abi_major != PENSTOCK_ABI_MAJOR || plugin.min_host_minor > PENSTOCK_ABI_MINOR) {
      return refuse(
          "abi",
          fmt::format("it needs the plugin interface {}.{}, this host has {}.{}", plugin.abi_major,
                      plugin.min_host_minor, PENSTOCK_ABI_MAJOR, PENSTOCK_ABI_MINOR),
          "use a newer Penstock, or a plugin that is built for this one");
    }
    return {};
  }

  Problem check_identity(const penstock_plugin& plugin) const {
    const std::string id = plugin.id == nullptr ? "" : plugin.id;
    const std::string version = plugin.version == nullptr ? "" : plugin.version;
    if (id == manifest_.id && version == manifest_.version.text()) return {};
    return refuse("identity",
                  fmt::format("it calls itself {} {}, its manifest says {} {}", in_quotes(id),
                              in_quotes(version), in_quotes(manifest_.id),
                              in_quotes(manifest_.version.text())),
                  "build it with penstock_add_plugin(), which takes both from one place");
  }

  Problem call_init(const penstock_plugin& plugin) const {
    if (plugin.init == nullptr) return {};
    penstock_text error{};
    if (plugin.init(&host_for(manifest_.id), &error) == PENSTOCK_OK) return {};
    return refuse("init", fmt::format("its init() failed: {}", one_line(text_of(error))),
                  "see what it needs in its documentation");
  }

  Problem check_factories(const penstock_plugin& plugin) const {
    std::set<std::string> points;
    for (const Component& component : manifest_.provides) points.insert(component.point);
    for (const std::string& point : points) {
      const penstock_factory* const factory = find_factory(plugin, point);
      if (factory == nullptr) {
        return refuse("no-factory",
                      fmt::format("it has nothing for {}, which its manifest names", point),
                      "correct `provides` of its manifest");
      }
      if (factory->size < factory_bytes_min) {
        return refuse("struct-size", fmt::format("its factory for {} is too small", point),
                      "build it with Penstock's own headers");
      }
      if (factory->describe == nullptr || factory->create == nullptr) {
        return refuse("no-function",
                      fmt::format("its factory for {} lacks describe() or create()", point),
                      "build it with Penstock's own headers");
      }
      if (names_of(*factory) != names_in_manifest(point)) {
        return refuse("describe",
                      fmt::format("for {} it makes {}; its manifest says {}", point,
                                  fmt::join(names_of(*factory), ", "),
                                  fmt::join(names_in_manifest(point), ", ")),
                      "correct `provides` of its manifest");
      }
    }
    return {};
  }

  static std::set<std::string> names_of(const penstock_factory& factory) {
    constexpr std::uint32_t most = 1000;
    std::set<std::string> names;
    for (std::uint32_t i = 0; i < std::min(factory.count, most); ++i) {
      const penstock_component* const component = factory.describe(i);
      if (component != nullptr && component->name != nullptr) names.insert(component->name);
    }
    return names;
  }

  std::set<std::string> names_in_manifest(const std::string& point) const {
    std::set<std::string> names;
    for (const Component& component : manifest_.provides) {
      if (component.point == point) names.insert(component.name);
    }
    return names;
  }

  const Manifest& manifest_;
  const std::string& file_;
};

}  // namespace

const penstock_host& host_for(const std::string& id) {
  static std::mutex mutex;
  // Plugins are never unloaded, so neither is what they have been given.
  static std::deque<Host>& hosts = *new std::deque<Host>;
  std::lock_guard lock(mutex);
  for (const Host& host : hosts) {
    if (host.id == id) return host.c;
  }
  Host& host = hosts.emplace_back();
  host.id = id;
  host.c.size = sizeof host.c;
  host.c.abi_major = PENSTOCK_ABI_MAJOR;
  host.c.abi_minor = PENSTOCK_ABI_MINOR;
  host.c.name = "penstock";
  host.c.version = PENSTOCK_VERSION;
  host.c.ctx = &host;
  host.c.get_service = &no_service;
  host.c.log = &log_line;
  return host.c;
}

Checked<const penstock_plugin*> shake_hands(penstock_plugin_entry entry, const Manifest& manifest,
                                            const std::string& file) {
  Handshake handshake(manifest, file);
  if (entry == nullptr) {
    return handshake.refuse("no-entry", "it has no function " PENSTOCK_PLUGIN_ENTRY_NAME,
                            "build it with penstock_add_plugin()");
  }
  std::string what = "an exception of no known type";
  try {
    return handshake.run(entry);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    // as said
  }
  return handshake.refuse("threw", "it threw: " + one_line(what),
                          "no exception may leave a plugin; the C++ headers see to that");
}

const penstock_factory* find_factory(const penstock_plugin& plugin, const std::string& point) {
  return plugin.get_factory == nullptr ? nullptr : plugin.get_factory(point.c_str());
}

}  // namespace penstock::plugin
