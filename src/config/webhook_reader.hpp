// SPDX-License-Identifier: Apache-2.0
// webhook_reader.hpp: the options that only a webhook sink has.
//
// Errors   reported with the position of the value; they show no secret and no part of a URL but
// its
//          scheme and host
#pragma once

#include "config/section.hpp"
#include "penstock/options.hpp"
#include "penstock/sinks.hpp"

namespace penstock::config {

WebhookOptions read_webhook(const Section& sink);

// Makes batches small when each event has a request of its own, unless the file says how large.
void fit_batch(const Section& sink, const WebhookOptions& webhook, BatchOptions& batch);

// Makes `format` what the payload needs, when the file leaves it open; otherwise it has to fit.
void fit_format(const Section& sink, const WebhookOptions& webhook, FormatOptions& format);

}  // namespace penstock::config
