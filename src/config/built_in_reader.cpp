// SPDX-License-Identifier: Apache-2.0
#include "config/built_in_reader.hpp"

#include <utility>

#include "config/sink_types.hpp"
#include "config/webhook_reader.hpp"

namespace penstock::config {

void read_built_in(const Section& sink, const SinkType& type, SinkOptions& options) {
  if (type.keys == &keys::console) {
    const ConsoleOptions console = read_console(sink);
    options.path = console.stream == ConsoleStream::standard_error ? "/dev/stderr" : "/dev/stdout";
    options.make = console_sink(console);
  } else if (type.keys == &keys::file) {
    FileOptions file = read_file(sink);
    options.path = file.path;
    options.make = file_sink(std::move(file));
  } else if (type.keys == &keys::null) {
    options.make = null_sink();
  } else {
    WebhookOptions webhook = read_webhook(sink);
    fit_format(sink, webhook, options.format);
    fit_batch(sink, webhook, options.batch);
    options.make = webhook_sink(std::move(webhook));
  }
}

}  // namespace penstock::config
