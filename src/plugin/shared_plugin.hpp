// SPDX-License-Identifier: Apache-2.0
// shared_plugin.hpp: a plugin of the catalog, from its file to its factories, once for all sinks
// that are made by it.
//
// Threads  [any]; the first who asks loads it, and may wait for the probe
// Errors   refusals of the stages load, signature, probe, handshake, create (`create`, `threw`,
//          `struct-size`, `no-function`) and open; a plugin that was refused stays refused: it is
//          not tried again
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "plugin/catalog.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/plugin_guard.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

class SharedPlugin final {
 public:
  // `host_program` as find_host_program() gives it. Without a guard nobody is asked.
  SharedPlugin(Plugin plugin, std::string host_program, std::shared_ptr<PluginGuard> guard = {});

  const Manifest& manifest() const noexcept { return plugin_.manifest; }
  const std::string& file() const noexcept { return plugin_.file.path(); }
  Checked<const penstock_plugin*> load();
  // What the guard has to tell of a plugin that was loaded; empty: nothing.
  std::string concern();
  // To hold while one of its factories is called: they are called by one thread at a time.
  std::mutex& factory_calls() noexcept { return factory_calls_; }

 private:
  Checked<const penstock_plugin*> load_now();
  Checked<Admission> ask_guard(const Plugin& copy) const;

  Plugin plugin_;
  const std::string host_program_;
  const std::shared_ptr<PluginGuard> guard_;
  std::mutex factory_calls_{};
  std::mutex mutex_{};
  std::string concern_{};                                    // under mutex_
  std::optional<Checked<const penstock_plugin*>> loaded_{};  // under mutex_
};

// Makes the instances of one sink: the component `name` of the plugin, with these options, which
// have been checked.
class PluginSinkProvider final : public SinkProvider {
 public:
  PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name, Value options);

  Result<penstock_sink*> create() override;
  std::string open_failed(const std::string& why) const override;
  std::string concern() const override { return plugin_->concern(); }

 private:
  Checked<penstock_sink*> create_now(const penstock_plugin& plugin) const;
  Refusal refuse(Stage stage, std::string code, std::string reason, std::string fix) const;

  std::shared_ptr<SharedPlugin> plugin_;
  const std::string name_;
  const InstanceConfig config_;
};

}  // namespace penstock::plugin
