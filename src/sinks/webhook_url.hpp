// SPDX-License-Identifier: Apache-2.0
// webhook_url.hpp: what has to be known of a URL before it is given to libcurl, by libcurl's own
// reading of it.
//
// Errors   never show more of a URL than scheme and host: its path may be a password
#pragma once

#include <string>
#include <string_view>

#include "penstock/result.hpp"

namespace penstock::sinks {

struct WebhookUrl {
  std::string scheme;  // http or https
  std::string host;    // IPv6 addresses without brackets
  std::string origin;  // "https://host:port", for messages
  std::string path;
  std::string query;
};

// Refuses other schemes than http and https, a user or a password, and what is no URL. The message
// reads on after a name: "'url' " + "must begin with http:// or https://, ..".
Result<WebhookUrl> parse_url(const std::string& url);

// What is wrong with a proxy's URL, in the same way; empty when nothing is.
std::string proxy_problem(const std::string& proxy);

// True when `host` is an address that is not public, in any spelling, or a name of this machine.
// Looks nothing up.
bool is_private_literal(std::string host);

}  // namespace penstock::sinks
