// SPDX-License-Identifier: Apache-2.0
// options.hpp: the options of a syslog sink (manifest.json describes them).
//
// Threads  pure functions
// Errors   std::invalid_argument names the option and its value; std::runtime_error: a secret that
//          cannot be read
#pragma once

#include <penstock/plugin/config.hpp>

#include "formatter.hpp"
#include "sender.hpp"

namespace penstock::syslog {

struct Options {
  Format format{};
  SenderOptions sender{};
  bool is_ready = false;  // the message is the event in the sink's `format`
  bool is_stream = false;
};

Options read_options(const plugin::Config& config);

}  // namespace penstock::syslog
