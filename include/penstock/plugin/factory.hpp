// SPDX-License-Identifier: Apache-2.0
// plugin/factory.hpp: what plugins of every extension point have in common: a factory that makes
// instances of one class, and the entry function. For plugin/sink.hpp and plugin/processor.hpp.
//
// Threads  the factory's functions by one thread at a time
// Errors   no exception leaves: one that is thrown when an instance is made says why there is none
#pragma once

#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "penstock/plugin/abi.h"
#include "penstock/plugin/config.hpp"

namespace penstock::plugin::detail {

// In a catch block: what was thrown, or what could still be said about it.
inline std::string thrown() noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& error) {
      return error.what();
    } catch (...) {
      return "an exception of no known type";
    }
  } catch (...) {
    return "out of memory";  // stands in the string itself
  }
}

template <class Base, class Class>
std::unique_ptr<Base> make(const Config& config) {
  if constexpr (std::is_constructible_v<Class, const Config&>) {
    return std::make_unique<Class>(config);
  } else {
    return std::make_unique<Class>();
  }
}

// A factory with the one component `Class`, called `name`, which is a literal. `Instance` shows it
// to the host.
template <class Instance, class Base, class Class>
const penstock_factory* factory_of(const char* name) noexcept {
  static const char* const component_name = name;
  static const penstock_component component{sizeof(penstock_component), 1, component_name};
  static const penstock_factory factory{
      sizeof(penstock_factory), 1,
      [](std::uint32_t index) -> const penstock_component* {
        return index == 0 ? &component : nullptr;
      },
      [](const char* wanted, const penstock_config* config,
         penstock_text* error) -> penstock_instance* {
        static std::string why;
        try {
          why = "there is none of that name in this plugin";
          if (std::strcmp(wanted, component_name) == 0) {
            auto instance = std::make_unique<Instance>(make<Base, Class>(Config(*config)));
            return instance.release()->c();
          }
        } catch (...) {
          why = thrown();
        }
        *error = penstock::detail::c_text(why);
        return nullptr;
      }};
  return &factory;
}

}  // namespace penstock::plugin::detail

#if !defined(PENSTOCK_PLUGIN_ID) || !defined(PENSTOCK_PLUGIN_VERSION)
// As in the manifest, which penstock_add_plugin() reads them from.
#define PENSTOCK_PLUGIN_ID "org.example.unnamed"
#define PENSTOCK_PLUGIN_VERSION "0.0.0"
#endif

#define PENSTOCK_PLUGIN_OF_ONE(wanted_point, Base, Instance, name, Class)                         \
  extern "C" __attribute__((visibility("default"))) const penstock_plugin* PENSTOCK_PLUGIN_ENTRY( \
      const penstock_host* host) {                                                                \
    static const penstock_plugin plugin{                                                          \
        sizeof(penstock_plugin),                                                                  \
        PENSTOCK_ABI_MAJOR,                                                                       \
        PENSTOCK_ABI_MINOR,                                                                       \
        0,                                                                                        \
        PENSTOCK_PLUGIN_ID,                                                                       \
        PENSTOCK_PLUGIN_VERSION,                                                                  \
        nullptr,                                                                                  \
        nullptr,                                                                                  \
        [](const char* point) -> const penstock_factory* {                                        \
          if (std::strcmp(point, wanted_point) != 0) return nullptr;                              \
          return penstock::plugin::detail::factory_of<Instance, Base, Class>(name);               \
        }};                                                                                       \
    return host->abi_major == PENSTOCK_ABI_MAJOR ? &plugin : nullptr;                             \
  }                                                                                               \
  static_assert(std::is_base_of_v<Base, Class>, #Class " must derive from " #Base)
