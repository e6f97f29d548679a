// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_transfer.hpp"

#include <chrono>
#include <new>
#include <stdexcept>
#include <sys/socket.h>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <strings.h>

#include "penstock/version.hpp"
#include "sinks/webhook_address.hpp"

namespace penstock::sinks {
namespace {

constexpr std::size_t head_max = 64 * KiB;
constexpr std::size_t body_max = 64 * KiB;
// A certificate file that was changed is seen after so long.
constexpr long ca_cache_seconds = 60;

long milliseconds(std::chrono::nanoseconds time) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
}

bool is_untrusted(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

// What OpenSSL's own words leave open.
void explain(std::string& error, long verified) {
  const std::string_view why =
      verified > X509_V_ERR_UNSPECIFIED ? X509_verify_cert_error_string(verified)
      : error.find("wrong version number") != std::string::npos ? "the server does not speak TLS"
                                                                : "";
  if (!why.empty() && error.find(why) == std::string::npos) error += fmt::format(" ({})", why);
}

}  // namespace

bool curl_is_ready() {
  // A sink that stop() had to leave behind may be in the middle of a handshake when the process
  // ends: OpenSSL must not take itself down before it. Too late if the application has begun to use
  // OpenSSL before.
  static const bool ready = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1 &&
                            curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

WebhookTransfer::WebhookTransfer(const WebhookOptions& options)
    : options_(options), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  set_what_stays();
  set_security();
}

// An option that libcurl does not take is one that would be ignored, which none may be.
template <class T>
void WebhookTransfer::set(CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw std::runtime_error(fmt::format("this libcurl does not take its option {}: {}",
                                         static_cast<int>(option), curl_easy_strerror(code)));
  }
}

void WebhookTransfer::set_what_stays() {
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // close() does not wait for a resolver that hangs
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_.connect_timeout));
  set(CURLOPT_TIMEOUT_MS, milliseconds(options_.timeout));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_USERAGENT, "penstock/" PENSTOCK_VERSION);
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void WebhookTransfer::set_security() {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  // Empty texts, so that no environment variable is asked.
  set(CURLOPT_PROXY, options_.proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
  set(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CA_CACHE_TIMEOUT, ca_cache_seconds);
  if (!options_.ca_file.empty()) {
    set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void WebhookTransfer::prepare(const Request& request) {
  std::unique_ptr<curl_slist, FreeList> list;
  const auto append = [&](const char* header) {
    curl_slist* const longer = curl_slist_append(list.get(), header);
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  };
  for (const std::string& header : request.headers) append(header.c_str());
  append("Expect:");  // the body goes out at once
  set(CURLOPT_HTTPHEADER, list.get());
  headers_ = std::move(list);
  is_plain_ = ::strncasecmp(request.url.c_str(), "http:", 5) == 0;
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDS, request.body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(CURLOPT_CUSTOMREQUEST, options_.method.c_str());
  // Over TLS it shows at once whether a connection can be shared; without, only by an answer.
  set(CURLOPT_PIPEWAIT, is_plain_ ? 0L : 1L);
  head_bytes_ = 0;
  body_bytes_ = 0;
  cut_off_ = false;
  refused_.clear();
  error_[0] = '\0';
}

Ending WebhookTransfer::ending(CURLcode code) const {
  Ending ending;
  (void)curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &ending.status);
  // A proxy that does not connect has said nothing about the events; what it may want is 407.
  long connected = 0;
  (void)curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &connected);
  if (code != CURLE_OK && connected != 0 && connected / 100 != 2) {
    ending.status = connected == 407 ? connected : 0;
  }
  ending.complete = code == CURLE_OK || cut_off_;
  // What OpenSSL said of the certificate. 0: nothing against it; X509_V_ERR_UNSPECIFIED: nothing
  // yet, which is no doubt about the server when only the time was over.
  long verified = 0;
  (void)curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &verified);
  ending.untrusted = is_untrusted(code) || (code == CURLE_SSL_CONNECT_ERROR && verified != 0) ||
                     (code != CURLE_OK && verified > X509_V_ERR_UNSPECIFIED);
  if (code != CURLE_OK) {
    ending.refused = refused_;
    ending.error = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    if (head_bytes_ > head_max) ending.error = "more than 64 KiB of headers";
    explain(ending.error, verified);
  }
  curl_header* header = nullptr;
  if (curl_easy_header(easy_.get(), "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
    ending.retry_after = header->value;
  }
  return ending;
}

// Answering less than it was given ends the transfer. An answer without an end to its headers is
// none.
std::size_t WebhookTransfer::take_header(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<WebhookTransfer*>(self);
  transfer.head_bytes_ += size * count;
  return transfer.head_bytes_ <= head_max ? size * count : 0;
}

std::size_t WebhookTransfer::take_body(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<WebhookTransfer*>(self);
  transfer.body_bytes_ += size * count;
  if (transfer.body_bytes_ <= body_max) return size * count;
  transfer.cut_off_ = true;
  return 0;
}

bool WebhookTransfer::is_refused(const curl_sockaddr& address) {
  if (!options_.proxy.empty()) return false;  // this is the way to the proxy
  if (is_public(&address.addr, address.addrlen)) {
    if (!is_plain_ || options_.allow_plain_http) return false;
    refused_ = fmt::format("{} is a public address, and 'allow_plain_http' is not set",
                           address_text(&address.addr, address.addrlen));
    return true;
  }
  if (options_.allow_private) return false;
  refused_ = fmt::format("{} is not a public address, and 'allow_private' is not set",
                         address_text(&address.addr, address.addrlen));
  return true;
}

// What is refused is never connected to.
curl_socket_t WebhookTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  try {
    if (static_cast<WebhookTransfer*>(self)->is_refused(*address)) return CURL_SOCKET_BAD;
  } catch (...) {  // no memory for the reason; libcurl is C
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace penstock::sinks
