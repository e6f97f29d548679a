// SPDX-License-Identifier: Apache-2.0
// plugin/processor.hpp: a processor as a plugin. Derive from penstock::Processor
// (penstock/processor.hpp says when it is called), and say at the end of one source file
//
//   PENSTOCK_PROCESSOR_PLUGIN("redact", RedactProcessor)
//
// with the name by which the configuration calls it. The class is made with a
// penstock::plugin::Config, or with nothing.
//
// Threads  as in penstock/processor.hpp
// Errors   no exception leaves the plugin: one that is thrown when the processor is made says why
//          there is none; for one out of process() the event is dropped
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "penstock/plugin/factory.hpp"
#include "penstock/processor.hpp"

namespace penstock::plugin::detail {

// A penstock::Processor as a penstock_processor.
class ProcessorInstance {
 public:
  explicit ProcessorInstance(std::unique_ptr<Processor> processor)
      : processor_(std::move(processor)) {
    c_.instance = {sizeof(penstock_processor), 0, this, &ProcessorInstance::destroy, nullptr};
    c_.process = &ProcessorInstance::process;
  }
  penstock_instance* c() noexcept { return &c_.instance; }

 private:
  static void destroy(void* self) {
    try {
      delete static_cast<ProcessorInstance*>(self);
    } catch (...) {
      // a destructor that throws has no one to tell
    }
  }

  static std::uint32_t process(void* self, const penstock_event* in, penstock_event* out,
                               std::size_t event_bytes, penstock_text* error) {
    ProcessorInstance& me = *static_cast<ProcessorInstance*>(self);
    try {
      // The host's event may be larger or smaller than the one that is known here.
      const std::size_t known = std::min(event_bytes, sizeof(penstock_event));
      me.in_ = {};
      std::memcpy(&me.in_, in, known);
      me.edit_.begin(me.in_);
      if (me.processor_->process(me.edit_) == Processor::Verdict::drop)
        return PENSTOCK_PROCESS_DROP;
      if (!me.edit_.changed()) return PENSTOCK_PROCESS_KEEP;
      std::memcpy(out, &me.edit_.c(), known);
      return PENSTOCK_PROCESS_CHANGE;
    } catch (...) {
      me.error_ = thrown();
      *error = penstock::detail::c_text(me.error_);
      return PENSTOCK_PROCESS_FAILED;
    }
  }

  std::unique_ptr<Processor> processor_;
  penstock_event in_{};
  EventEdit edit_{};
  std::string error_{};
  penstock_processor c_{};
};

}  // namespace penstock::plugin::detail

#define PENSTOCK_PROCESSOR_PLUGIN(name, Class)                          \
  PENSTOCK_PLUGIN_OF_ONE(PENSTOCK_POINT_PROCESSOR, penstock::Processor, \
                         penstock::plugin::detail::ProcessorInstance, name, Class)
