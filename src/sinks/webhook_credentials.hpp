// SPDX-License-Identifier: Apache-2.0
// webhook_credentials.hpp: all of a webhook that is secret, looked up.
//
// Errors   name the option and what is wrong with it, never what it holds
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "penstock/sinks.hpp"
#include "sinks/webhook_url.hpp"

namespace penstock::sinks {

struct WebhookCredentials {
  std::string url;
  std::string origin;                // of the URL; may be shown
  std::vector<std::string> headers;  // "Name: value"
  std::string signing_key;           // empty: requests are not signed

  friend bool operator==(const WebhookCredentials&, const WebhookCredentials&) = default;

  // True when some of it stands in `text`.
  bool show_in(std::string_view text) const;

  std::vector<std::string> secrets;  // whatever must not be shown
};

// Looks everything up, now. [any]
Result<WebhookCredentials> look_up(const WebhookOptions& options);

// What is wrong with the scheme or the host of a URL under these options; empty when nothing is.
std::string url_problem(const WebhookUrl& url, const WebhookOptions& options);

}  // namespace penstock::sinks
