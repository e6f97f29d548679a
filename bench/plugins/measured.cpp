// SPDX-License-Identifier: Apache-2.0
#include <penstock/plugin/sink.hpp>

#include "measured_sink.hpp"

class MeasuredPlugin final : public penstock::bench::MeasuredSink {
 public:
  explicit MeasuredPlugin(const penstock::plugin::Config& config)
      : MeasuredSink(config.boolean("reads")) {}
};
PENSTOCK_SINK_PLUGIN("measured", MeasuredPlugin);
