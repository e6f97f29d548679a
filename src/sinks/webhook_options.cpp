// SPDX-License-Identifier: Apache-2.0
// validate(): the rules of the file, for options that did not come from one.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "penstock/sinks.hpp"
#include "sinks/webhook_credentials.hpp"
#include "sinks/webhook_template.hpp"
#include "sinks/webhook_url.hpp"

namespace penstock {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// A token of RFC 9110.
bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "!#$%&'*+-.^_`|~") == std::string_view::npos;
}

// What the sink sets itself, or what decides where a request ends.
constexpr std::array<std::string_view, 10> own_headers = {"connection",
                                                          "content-encoding",
                                                          "content-length",
                                                          "expect",
                                                          "te",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "webhook-id",
                                                          "webhook-timestamp",
                                                          "webhook-signature"};

class Validator final {
 public:
  explicit Validator(const WebhookOptions& options) : options_(options) {}

  Errors check() {
    check_url();
    check_method();
    check_payload();
    check_duration("connect_timeout", options_.connect_timeout);
    check_duration("timeout", options_.timeout);
    check_credentials();
    check_headers();
    check_retry_codes();
    if (!options_.proxy.empty()) {
      const std::string problem = sinks::proxy_problem(options_.proxy);
      if (!problem.empty()) add("'proxy' {}", problem);
    }
    check_no_nul("ca_file", options_.ca_file);
    return std::move(errors_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    errors_.push_back({.message = "webhook: " + fmt::format(format, std::forward<Args>(args)...)});
  }

  void check_no_nul(const char* name, const std::string& value) {
    if (value.find('\0') != std::string::npos) add("'{}' has a NUL byte", name);
  }

  void check_secret(const std::string& name, const Secret& secret) {
    const std::string problem = secret.problem();
    if (!problem.empty()) add("{}: {}", name, problem);
    // What needs no looking up can be looked at.
    if (problem.empty() && !secret.has_references()) {
      const Result<std::string> value = secret.reveal();
      if (!value) add("{}: {}", name, value.errors().front().message);
    }
  }

  void check_url() {
    if (options_.url.empty()) return add("'url' is not set");
    check_secret("'url'", options_.url);
    if (!options_.url.problem().empty() || options_.url.has_references()) return;
    const Result<std::string> text = options_.url.reveal();
    if (!text) return;
    const Result<sinks::WebhookUrl> url = sinks::parse_url(*text);
    const std::string problem =
        url ? sinks::url_problem(*url, options_) : url.errors().front().message;
    if (!problem.empty()) add("'url' {}", problem);
  }

  void check_method() {
    if (options_.method == "POST" || options_.method == "PUT" || options_.method == "PATCH") return;
    add("'method' must be POST, PUT or PATCH");
  }

  void check_payload() {
    if (options_.payload > WebhookPayload::from_body) add("'payload' is none of its values");
    if (options_.compression > WebhookCompression::gzip) {
      add("'compression' is none of its values");
    }
    if (options_.per && options_.payload != WebhookPayload::json) {
      add("'per' is for the payload json only");
    }
    const bool wants_body = options_.payload == WebhookPayload::from_body;
    if (wants_body && options_.body.empty()) add("'body' is not set");
    if (!wants_body && !options_.body.empty()) add("'body' is for the payload template only");
    const auto parts = sinks::parse_body(options_.body);
    for (const Error& error : parts.errors()) add("'body' {}", error.message);
  }

  void check_duration(const char* name, std::chrono::nanoseconds value) {
    if (value >= WebhookLimits::timeout_min && value <= WebhookLimits::timeout_max) return;
    add("'{}' is {}ns; the range is 1ms .. 10m", name, value.count());
  }

  void check_credentials() {
    check_secret("'bearer'", options_.bearer);
    check_secret("'password'", options_.password);
    check_secret("'signing_secret'", options_.signing_secret);
    if (options_.user.find(':') != std::string::npos) add("'user' cannot hold a colon");
    for (const char c : options_.user) {
      if (static_cast<unsigned char>(c) < 0x20) return add("'user' holds a control character");
    }
    if (options_.user.empty() != options_.password.empty()) {
      add("'{}' is missing: 'user' and 'password' belong together",
          options_.user.empty() ? "user" : "password");
    }
    const auto is_authorization = [](const WebhookHeader& header) {
      return lower_case(header.name) == "authorization";
    };
    const auto own =
        std::count_if(options_.headers.begin(), options_.headers.end(), is_authorization);
    if (own + !options_.bearer.empty() + !options_.user.empty() > 1) {
      add("there can be one of 'bearer', 'user' and a header Authorization only");
    }
  }

  void check_headers() {
    if (options_.headers.size() > WebhookLimits::headers_max) {
      add("'headers' are {}; the range is 0 .. {}", options_.headers.size(),
          WebhookLimits::headers_max);
      return;
    }
    std::set<std::string> seen;
    for (const WebhookHeader& header : options_.headers) {
      if (!is_header_name(header.name)) {
        add("'headers': a name can hold letters, digits and !#$%&'*+-.^_`|~ only");
        continue;
      }
      const std::string name = lower_case(header.name);
      if (std::find(own_headers.begin(), own_headers.end(), name) != own_headers.end()) {
        add("'headers': the sink sets {} itself", header.name);
      }
      if (!seen.insert(name).second) add("'headers': {} is there twice", header.name);
      if (header.value.empty()) add("'headers': {} is empty", header.name);
      check_secret("'headers': " + header.name, header.value);
    }
  }

  void check_retry_codes() {
    if (!options_.retry_codes) return;
    for (const std::uint32_t code : *options_.retry_codes) {
      if (code < WebhookLimits::retry_code_min || code > WebhookLimits::retry_code_max) {
        add("'retry_codes' has {}; the range is {} .. {}", code, WebhookLimits::retry_code_min,
            WebhookLimits::retry_code_max);
      } else if (code == 401 || code == 403 || code == 407 || code == 413) {
        add("'retry_codes' has {}, which has a meaning of its own", code);
      }
    }
  }

  const WebhookOptions& options_;
  Errors errors_;
};

}  // namespace

Errors validate(const WebhookOptions& options) { return Validator(options).check(); }

}  // namespace penstock
