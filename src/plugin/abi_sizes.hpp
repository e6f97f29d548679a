// SPDX-License-Identifier: Apache-2.0
// abi_sizes.hpp: how large the structs that a plugin gives, and some that it gets, were in version
// 1.0. A plugin that was built then is as good as ever, however large they are by now; what is
// smaller never was one.
#pragma once

#include <cstddef>

#include "penstock/plugin/abi.h"

namespace penstock::plugin {

// Up to their last members of version 1.0.
inline constexpr std::size_t plugin_bytes_min =
    offsetof(penstock_plugin, get_factory) + sizeof(penstock_plugin::get_factory);
inline constexpr std::size_t factory_bytes_min =
    offsetof(penstock_factory, create) + sizeof(penstock_factory::create);
inline constexpr std::size_t sink_bytes_min =
    offsetof(penstock_sink, close) + sizeof(penstock_sink::close);
inline constexpr std::size_t processor_bytes_min =
    offsetof(penstock_processor, process) + sizeof(penstock_processor::process);

inline constexpr std::size_t sink_host_bytes_min =
    offsetof(penstock_sink_host, report) + sizeof(penstock_sink_host::report);

}  // namespace penstock::plugin
