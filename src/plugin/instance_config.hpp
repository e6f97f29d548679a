// SPDX-License-Identifier: Apache-2.0
// instance_config.hpp: the options of one instance, as its plugin reads them.
//
// Threads  made by one thread; then [any]
// Errors   codes, as plugin/abi.h says; nothing is thrown into the plugin
#pragma once

#include <string>

#include "penstock/plugin/abi.h"
#include "plugin/value.hpp"

namespace penstock::plugin {

class InstanceConfig final {
 public:
  // `options` has been checked against the schema, and its defaults are filled in.
  explicit InstanceConfig(Value options);
  InstanceConfig(const InstanceConfig&) = delete;
  InstanceConfig& operator=(const InstanceConfig&) = delete;

  const penstock_config& c() const noexcept { return c_; }

 private:
  const Value options_;
  const std::string json_;
  penstock_config c_{};
};

// What is at "key", "key.key" or "list[0].key"; the whole at ""; null when there is nothing. [any]
const Value* find_path(const Value& root, std::string_view path) noexcept;

}  // namespace penstock::plugin
