// SPDX-License-Identifier: Apache-2.0
// shared_plugin.hpp: a plugin of the catalog, from its file to its factories, once for all sinks
// that are made by it.
//
// Threads  [any]; the first who asks loads it, and may wait for the probe
// Errors   refusals of the stages load, signature, probe, handshake, create (`create`, `threw`,
//          `struct-size`, `no-function`) and open; a plugin that was refused stays refused: it is
//          not tried again, but by sealed() where may_pass()
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/catalog.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/plugin_guard.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// For want of memory or descriptors: another time it may be well.
bool may_pass(const Refusal& refusal) noexcept;

class SharedPlugin final {
 public:
  // `host_program` as find_host_program() gives it. Without a guard nobody is asked.
  SharedPlugin(Plugin plugin, std::string host_program, std::shared_ptr<PluginGuard> guard = {});

  const Manifest& manifest() const noexcept { return plugin_.manifest; }
  const std::string& file() const noexcept { return plugin_.file.path(); }
  Checked<const penstock_plugin*> load();
  // For a process of its own, which tries the plugin and runs it: the sealed copy, judged, once.
  // The descriptor stays this object's.
  Checked<int> sealed();
  // It was loaded there: what the guard has to say to that. Null: it may be used.
  std::unique_ptr<Refusal> loaded_elsewhere();
  // What the guard has to tell of a plugin that was loaded; empty: nothing.
  std::string concern();
  // To hold while one of its factories is called: they are called by one thread at a time.
  std::mutex& factory_calls() noexcept { return factory_calls_; }

 private:
  struct Sealed {
    Plugin copy;
    Admission admission;
  };

  Checked<Sealed> seal() const;
  Checked<const penstock_plugin*> load_now();
  Checked<Admission> ask_guard(const Plugin& copy) const;
  std::unique_ptr<Refusal> tell_guard(const Admission& admission);

  Plugin plugin_;
  const std::string host_program_;
  const std::shared_ptr<PluginGuard> guard_;
  std::mutex factory_calls_{};
  std::mutex mutex_{};
  std::string concern_{};                                    // under mutex_
  std::optional<Checked<const penstock_plugin*>> loaded_{};  // under mutex_
  std::optional<Checked<Sealed>> sealed_{};                  // under mutex_: for other processes
};

// What an instance has to have, by its extension point.
struct InstanceRules {
  const char* point;
  std::string_view noun;       // "sink"
  std::size_t bytes_min;       // up to its last member of version 1.0
  std::string_view functions;  // those that it must have, for messages
  bool (*has_functions)(const penstock_instance& instance);
};

extern const InstanceRules sink_rules;

// An instance of the component `name`, with all that the rules want; what is thrown meanwhile is a
// refusal too. `id` and `file` are for messages; `config` outlives it.
struct InstanceOrder {
  const InstanceRules& rules;
  const std::string& id;
  const std::string& file;
  const std::string& name;
  const penstock_config& config;
};
Checked<penstock_instance*> make_instance(const penstock_plugin& plugin,
                                          const InstanceOrder& order);

// Makes instances of the component `name` of the plugin, with these options, which have been
// checked.
class InstanceMaker final {
 public:
  InstanceMaker(std::shared_ptr<SharedPlugin> plugin, const InstanceRules& rules, std::string name,
                Value options);

  // Loads the plugin, the first time. destroy() has to be called of what it gives.
  Result<penstock_instance*> make();
  SharedPlugin& plugin() const noexcept { return *plugin_; }
  Refusal refuse(Stage stage, std::string code, std::string reason, std::string fix) const;

 private:
  std::shared_ptr<SharedPlugin> plugin_;
  const InstanceRules& rules_;
  const std::string name_;
  const InstanceConfig config_;
};

// Those of one sink.
class PluginSinkProvider final : public SinkProvider {
 public:
  PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name, Value options);

  Result<penstock_sink*> create() override;
  std::string open_failed(const std::string& why) const override;
  std::string concern() const override { return maker_.plugin().concern(); }

 private:
  InstanceMaker maker_;
};

}  // namespace penstock::plugin
