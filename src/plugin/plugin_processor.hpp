// SPDX-License-Identifier: Apache-2.0
// plugin_processor.hpp: an instance of a plugin's processor, as a pipeline sees any processor.
//
// Threads  [worker]
// Errors   process() throws what the plugin says of its failure, and at an answer that there is
//          not. What may not be changed stays as it was, whatever the plugin puts there
#pragma once

#include <memory>
#include <string>

#include "penstock/processor.hpp"
#include "plugin/shared_plugin.hpp"

namespace penstock::plugin {

class PluginProcessor final : public Processor {
 public:
  // Takes `instance`, which is a whole penstock_processor. `maker` keeps alive what it needs.
  PluginProcessor(penstock_processor& instance, std::shared_ptr<const InstanceMaker> maker);
  ~PluginProcessor() override;
  PluginProcessor(const PluginProcessor&) = delete;
  PluginProcessor& operator=(const PluginProcessor&) = delete;

  Verdict process(EventEdit& event) override;
  std::string concern() const override;

 private:
  penstock_processor& c_;
  const std::shared_ptr<const InstanceMaker> maker_;
};

// Makes those of the component `name`, with these options, which have been checked.
ProcessorFactory processor_factory(std::shared_ptr<SharedPlugin> plugin, std::string name,
                                   Value options);

}  // namespace penstock::plugin
