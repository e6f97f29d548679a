// SPDX-License-Identifier: Apache-2.0
// penstock.hpp: all of the library but the test kit.
#pragma once

#include "penstock/call_site.hpp"
#include "penstock/field.hpp"
#include "penstock/level.hpp"
#include "penstock/logger.hpp"
#include "penstock/options.hpp"
#include "penstock/pipeline.hpp"
#include "penstock/result.hpp"
#include "penstock/sink.hpp"
#include "penstock/sinks.hpp"
#include "penstock/stats.hpp"
#include "penstock/version.hpp"
