// SPDX-License-Identifier: Apache-2.0
// tls.hpp: syslog over TLS (RFC 5425): the server's certificate and name are always verified.
//
// Threads  one at a time
// Errors   TlsContext throws std::runtime_error, which names the file; streams as in stream.hpp
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include <penstock/result.hpp>

#include "stream.hpp"

namespace penstock::syslog {

struct TlsOptions {
  std::string ca_file{};    // certificates that are trusted; the system's when empty
  std::string cert_file{};  // of this side, with those between it and the authority
  std::string key_file{};
  std::string key_password{};
  std::string server_name{};  // that the certificate must have; the host of the server when empty
  bool only_tls_1_3 = false;
};

struct FreeTls {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
using Session = std::unique_ptr<SSL, FreeTls>;

class TlsContext {
 public:
  explicit TlsContext(const TlsOptions& options);
  // A session that will verify that it talks to `host`, or to what `server_name` says.
  Session make_session(const std::string& host) const;

 private:
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::string server_name_;
};

// Does the handshake, on a connected socket.
Result<std::unique_ptr<Stream>> open_tls_stream(Socket socket, const Server& server,
                                                const StreamOptions& options,
                                                const TlsContext& context, const Wait& wait);

}  // namespace penstock::syslog
