// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_credentials.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sinks/webhook_signature.hpp"

namespace penstock::sinks {
namespace {

// Looks up one option after the other, and keeps all that is wrong.
class LookUp final {
 public:
  explicit LookUp(const WebhookOptions& options) : options_(options) {}

  Result<WebhookCredentials> run() {
    find_url();
    find_authorization();
    for (const WebhookHeader& header : options_.headers) {
      if (auto value = reveal("header '" + header.name + "'", header.value)) {
        add_header(header.name, *value);
      }
    }
    find_signing_key();
    if (!errors_.empty()) return std::move(errors_);
    return std::move(found_);
  }

 private:
  std::optional<std::string> reveal(const std::string& name, const Secret& secret) {
    Result<std::string> value = secret.reveal();
    if (value) return *std::move(value);
    for (const Error& error : value.errors()) fail(name, error.message);
    return std::nullopt;
  }

  void fail(const std::string& name, const std::string& what) {
    errors_.push_back({.message = fmt::format("webhook: {}: {}", name, what)});
  }

  void add_header(const std::string& name, const std::string& value) {
    found_.headers.push_back(name + ": " + value);
    found_.secrets.push_back(value);
  }

  void find_url() {
    std::optional<std::string> text = reveal("url", options_.url);
    if (!text) return;
    Result<WebhookUrl> url = parse_url(*text);
    std::string problem = url ? url_problem(*url, options_) : url.errors().front().message;
    if (!problem.empty()) {
      errors_.push_back({.message = fmt::format("webhook: 'url' {}", problem)});
      return;
    }
    found_.url = *std::move(text);
    found_.origin = url->origin;
    // "/" alone would be found in any text
    if (url->path.size() > 1) found_.secrets.push_back(url->path);
    if (!url->query.empty()) found_.secrets.push_back(url->query);
  }

  void find_authorization() {
    if (!options_.bearer.empty()) {
      if (auto token = reveal("bearer", options_.bearer)) {
        add_header("Authorization", "Bearer " + *token);
        found_.secrets.push_back(*std::move(token));
      }
    }
    if (options_.user.empty()) return;
    if (auto password = reveal("password", options_.password)) {
      add_header("Authorization", "Basic " + base64(options_.user + ":" + *password));
      found_.secrets.push_back(*std::move(password));
    }
  }

  void find_signing_key() {
    if (options_.signing_secret.empty()) return;
    const std::optional<std::string> text = reveal("signing_secret", options_.signing_secret);
    if (!text) return;
    if (auto key = signing_key(*text)) {
      found_.signing_key = *std::move(key);
    } else {
      fail("signing_secret", "is not whsec_ and the base64 of 24 .. 64 bytes");
    }
  }

  const WebhookOptions& options_;
  WebhookCredentials found_;
  Errors errors_;
};

}  // namespace

bool WebhookCredentials::show_in(std::string_view text) const {
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return !secret.empty() && text.find(secret) != std::string_view::npos;
  });
}

Result<WebhookCredentials> look_up(const WebhookOptions& options) { return LookUp(options).run(); }

std::string url_problem(const WebhookUrl& url, const WebhookOptions& options) {
  // Which address a proxy goes to is not known, so that allow_private does not help there.
  const bool may_be_private = options.allow_private && options.proxy.empty();
  if (url.scheme == "http" && !options.allow_plain_http && !may_be_private) {
    return "is http://, which everybody on the way can read; use https://, or set "
           "'allow_plain_http'";
  }
  // Where a proxy connects to does not show here; what is written out does.
  const bool hidden = !options.proxy.empty() && !options.allow_private;
  if (hidden && is_private_literal(url.host)) {
    return fmt::format("names '{}', which is not public; 'allow_private' permits it", url.host);
  }
  return {};
}

}  // namespace penstock::sinks
