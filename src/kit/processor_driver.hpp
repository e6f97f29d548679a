// SPDX-License-Identifier: Apache-2.0
// processor_driver.hpp: one instance of a processor, called as a host calls it.
//
// Threads  one
// Errors   Failure, when a call does not do what plugin/abi.h asks for
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kit/batch_memory.hpp"
#include "kit/bench.hpp"
#include "kit/placed.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/instance_config.hpp"

namespace penstock::kit {

class ProcessorDriver final {
 public:
  // create(), with the author's options and the defaults. `layout`: of the event that it may
  // change.
  explicit ProcessorDriver(Bench& bench, const Layout& layout = {});
  // An instance that a failure has left behind keeps its options.
  ~ProcessorDriver();
  ProcessorDriver(const ProcessorDriver&) = delete;
  ProcessorDriver& operator=(const ProcessorDriver&) = delete;

  // Each event of the batch, in order. The last answer.
  std::uint32_t process(BatchMemory& memory);
  void destroy();

 private:
  std::uint32_t process(const penstock_event& in);

  Bench& bench_;
  Layout layout_;
  std::size_t event_bytes_;
  std::unique_ptr<plugin::InstanceConfig> config_;
  penstock_event* out_;
  penstock_processor* processor_ = nullptr;
};

}  // namespace penstock::kit
