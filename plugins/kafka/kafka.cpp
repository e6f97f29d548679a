// SPDX-License-Identifier: Apache-2.0
// kafka.cpp: the plugin.
#include <penstock/plugin/sink.hpp>

#include "kafka_sink.hpp"

PENSTOCK_SINK_PLUGIN("kafka", kafka::KafkaSink);
