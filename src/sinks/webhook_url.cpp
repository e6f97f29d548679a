// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_url.hpp"

#include <algorithm>
#include <memory>
#include <netdb.h>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "sinks/webhook_address.hpp"

namespace penstock::sinks {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

// Empty when the URL has no such part.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool begins_with(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  });
}

// What was found in place of http. Nothing of the text is shown but a scheme that everybody knows:
// anything else may be a secret.
std::string no_http(std::string_view url) {
  for (const std::string_view scheme : {"ftp", "ws", "wss", "file", "socks5", "unix"}) {
    if (begins_with(url, scheme) && url.substr(scheme.size()).starts_with("://")) {
      return fmt::format("must begin with http:// or https://, not '{}'", scheme);
    }
  }
  return "must begin with http:// or https://";
}

// What stands between // and the path.
std::string_view authority(std::string_view url) {
  url.remove_prefix(url.find("//") + 2);
  return url.substr(0, url.find_first_of("/?#\\"));
}

bool has_non_ascii(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

Error failure(std::string message) { return Error{.message = std::move(message)}; }

}  // namespace

Result<WebhookUrl> parse_url(const std::string& url) {
  if (!begins_with(url, "http://") && !begins_with(url, "https://")) {
    return failure(no_http(url));
  }
  const char* const not_ascii =
      "names a host with characters that are not ASCII; write it as xn--...";
  if (has_non_ascii(authority(url))) return failure(not_ascii);
  const UrlHandle handle(curl_url());
  if (handle == nullptr) return failure("cannot be read: there is no memory");
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK || url.find('\0') != std::string::npos) {
    return failure(fmt::format("is no URL: {}",
                               code == CURLUE_OK ? "it has a NUL byte" : curl_url_strerror(code)));
  }
  WebhookUrl parsed;
  parsed.scheme = part_of(handle.get(), CURLUPART_SCHEME);
  parsed.host = part_of(handle.get(), CURLUPART_HOST);
  if (has_non_ascii(parsed.host)) return failure(not_ascii);  // it was written with %
  if (parsed.host.empty() || authority(url).empty()) return failure("names no host");
  const std::string port = part_of(handle.get(), CURLUPART_PORT);
  parsed.origin = parsed.scheme + "://" + parsed.host + (port.empty() ? "" : ":" + port);
  parsed.path = part_of(handle.get(), CURLUPART_PATH);
  parsed.query = part_of(handle.get(), CURLUPART_QUERY);
  if (authority(url).find('@') != std::string_view::npos) {
    return failure("cannot hold a user or a password; 'user' and 'password', or 'bearer', can");
  }
  if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  }
  return parsed;
}

std::string proxy_problem(const std::string& proxy) {
  const Result<WebhookUrl> url = parse_url(proxy);
  if (url) return {};
  const std::string& what = url.errors().front().message;
  return what.starts_with("cannot hold") ? "cannot hold a user or a password" : what;
}

bool is_private_literal(std::string host) {
  if (host.ends_with('.')) host.pop_back();
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  const bool is_private = !is_public(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return is_private;
}

}  // namespace penstock::sinks
