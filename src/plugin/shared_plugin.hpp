// SPDX-License-Identifier: Apache-2.0
// shared_plugin.hpp: a plugin of the catalog, from its file to its factories, once for all sinks
// that are made by it.
//
// Threads  [any]; the first who asks loads it, and may wait for the probe
// Errors   refusals of the stages load, probe, handshake, create (`create`, `threw`, `struct-size`,
//          `no-function`) and open; a plugin that was refused stays refused: it is not tried again
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "plugin/catalog.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

class SharedPlugin final {
 public:
  // `host_program` as find_host_program() gives it.
  SharedPlugin(Plugin plugin, std::string host_program);

  const Manifest& manifest() const noexcept { return plugin_.manifest; }
  const std::string& file() const noexcept { return plugin_.file.path(); }
  Checked<const penstock_plugin*> load();

 private:
  Checked<const penstock_plugin*> load_now();

  Plugin plugin_;
  const std::string host_program_;
  std::mutex mutex_{};
  std::optional<Checked<const penstock_plugin*>> loaded_{};  // under mutex_
};

// Makes the instances of one sink: the component `name` of the plugin, with these options, which
// have been checked.
class PluginSinkProvider final : public SinkProvider {
 public:
  PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name, Value options);

  Result<penstock_sink*> create() override;
  std::string open_failed(const std::string& why) const override;

 private:
  Checked<penstock_sink*> create_now(const penstock_plugin& plugin) const;
  Refusal refuse(Stage stage, std::string code, std::string reason, std::string fix) const;

  std::shared_ptr<SharedPlugin> plugin_;
  const std::string name_;
  const InstanceConfig config_;
};

}  // namespace penstock::plugin
