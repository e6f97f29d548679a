// SPDX-License-Identifier: Apache-2.0
#include "tls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <poll.h>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace penstock::syslog {
namespace {

// A server of TLS 1.3 refuses a certificate after the client has begun to send. It has accepted it
// when a session ticket comes, or, as some send none, when nothing has come for so long.
constexpr std::chrono::seconds time_to_refuse{1};

// One of its errors in words; nothing for one that only says in which library another one was.
std::string words_of(unsigned long code) {
  constexpr long libraries_max = 64;
  constexpr long flags = long{ERR_RFLAGS_MASK} << ERR_RFLAGS_OFFSET;
  if (ERR_SYSTEM_ERROR(code)) return error_text(ERR_GET_REASON(code));
  if ((ERR_GET_REASON(code) & ~flags) < libraries_max) return {};
  if (const char* reason = ::ERR_reason_error_string(code); reason != nullptr) return reason;
  std::array<char, 256> words{};
  ::ERR_error_string_n(code, words.data(), words.size());
  return words.data();
}

// What OpenSSL has to say, oldest first. What follows an error of the system says the same again.
std::string openssl_errors() {
  std::string text;
  while (const unsigned long code = ::ERR_get_error()) {
    const std::string words = words_of(code);
    if (words.empty() || text.find(words) != std::string::npos) continue;
    if (!text.empty()) text += "; ";
    text += words;
    if (ERR_SYSTEM_ERROR(code)) ::ERR_clear_error();
  }
  return text.empty() ? "no reason given" : text;
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error(what + ": " + openssl_errors());
}

int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return 0;
  text.copy(buffer, text.size());
  return static_cast<int>(text.size());
}

// Of a session: its server has accepted it.
int see_ticket(SSL* session, SSL_SESSION*) {
  if (auto* seen = static_cast<bool*>(SSL_get_app_data(session)); seen != nullptr) *seen = true;
  return 0;  // it is not kept
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* const address = ::a2i_IPADDRESS(host.c_str());
  const bool is = address != nullptr;
  ::ASN1_OCTET_STRING_free(address);
  ::ERR_clear_error();
  return is;
}

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, const Server& server, const StreamOptions& options, Session session)
      : Stream(std::move(socket), server, options), session_(std::move(session)) {
    SSL_set_app_data(session_.get(), &has_ticket_);
  }

  Status shake_hands(const Wait& wait);

  std::size_t send(std::span<const iovec> data) override;
  void listen() override;
  std::uint64_t acked() override;
  void end() override {
    ::ERR_clear_error();
    if (!broken()) ::SSL_shutdown(session_.get());
  }

 private:
  // Up to which plain byte all is out when so many bytes have been written to the socket.
  struct Mark {
    std::uint64_t plain = 0;
    std::uint64_t wire = 0;
  };

  std::uint64_t on_wire() const noexcept {
    return ::BIO_number_written(::SSL_get_wbio(session_.get()));
  }
  bool is_accepted() const noexcept {
    return has_ticket_ || ::SSL_version(session_.get()) < TLS1_3_VERSION ||
           Clock::now() >= accepted_at_;
  }
  void failed(int result);
  std::string why_not_verified() const;

  Session session_;
  bool has_ticket_ = false;
  Clock::time_point accepted_at_{};
  std::deque<Mark> marks_{};
  std::uint64_t acked_ = 0;
};

std::string TlsStream::why_not_verified() const {
  const long result = ::SSL_get_verify_result(session_.get());
  if (result == X509_V_OK) return openssl_errors();
  ::ERR_clear_error();
  return std::string("its certificate does not hold: ") + ::X509_verify_cert_error_string(result);
}

Status TlsStream::shake_hands(const Wait& wait) {
  ::SSL_set_fd(session_.get(), descriptor());
  for (;;) {
    ::ERR_clear_error();
    errno = 0;
    const int result = ::SSL_connect(session_.get());
    if (result == 1) break;
    const int error = errno;
    const int what = ::SSL_get_error(session_.get(), result);
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) {
      if (wait_for(descriptor(), what == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, wait)) continue;
      return failure(server().text + ": the TLS handshake was not done in time");
    }
    const bool by_system = what == SSL_ERROR_SYSCALL && ::ERR_peek_error() == 0;
    const std::string why = !by_system   ? why_not_verified()
                            : error != 0 ? error_text(error)
                                         : "it has closed the connection";
    return failure(server().text + ": the TLS handshake failed: " + why);
  }
  accepted_at_ = Clock::now() + time_to_refuse;
  return {};
}

void TlsStream::failed(int result) {
  const int error = errno;
  switch (::SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      waits_for_peer_ = true;
      return;
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      break_off("it has closed the connection", false);
      return;
    case SSL_ERROR_SYSCALL:
      if (::ERR_peek_error() == 0) {
        if (error == 0) return break_off("it has closed the connection", false);
        return break_off(error);
      }
      [[fallthrough]];
    default: {
      const bool is_end = ERR_GET_REASON(::ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      break_off(is_end ? "it has closed the connection" : "TLS: " + openssl_errors(), !is_end);
    }
  }
}

std::size_t TlsStream::send(std::span<const iovec> data) {
  std::size_t sent = 0;
  waits_for_peer_ = false;
  for (const iovec& piece : data) {
    for (std::size_t at = 0; at < piece.iov_len;) {
      ::ERR_clear_error();
      errno = 0;
      std::size_t taken = 0;
      const int result =
          ::SSL_write_ex(session_.get(), static_cast<const char*>(piece.iov_base) + at,
                         piece.iov_len - at, &taken);
      if (result != 1) {
        failed(result);
        return sent;
      }
      at += taken;
      sent += taken;
      taken_ += taken;
      marks_.push_back({.plain = taken_, .wire = on_wire()});
    }
  }
  return sent;
}

void TlsStream::listen() {
  std::array<char, 4096> ignored{};
  for (int turn = 0; turn < turns_of_listening && !broken(); ++turn) {
    ::ERR_clear_error();
    errno = 0;
    std::size_t size = 0;
    const int result = ::SSL_read_ex(session_.get(), ignored.data(), ignored.size(), &size);
    if (result == 1) continue;
    acked();
    failed(result);
    return;
  }
}

std::uint64_t TlsStream::acked() {
  if (!is_accepted()) return acked_;
  const std::uint64_t wire = acked_of(on_wire());
  while (!marks_.empty() && marks_.front().wire <= wire) {
    acked_ = marks_.front().plain;
    marks_.pop_front();
  }
  return acked_;
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : server_name_(options.server_name) {
  // The library is the process's: it gets no function that runs at the process's end.
  ::OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  ::ERR_clear_error();
  context_.reset(::SSL_CTX_new(::TLS_client_method()));
  if (context_ == nullptr) refuse("TLS cannot be used");
  SSL_CTX* const context = context_.get();
  ::SSL_CTX_set_min_proto_version(context, options.only_tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // A peer could ask for another handshake and leave it undone, so that nothing is sent any more.
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  ::SSL_CTX_sess_set_new_cb(context, &see_ticket);
  if (options.ca_file.empty()) {
    if (::SSL_CTX_set_default_verify_paths(context) != 1) refuse("the system's certificates");
  } else if (::SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    refuse("ca_file '" + options.ca_file + "' cannot be used");
  }
  if (options.cert_file.empty()) return;
  std::string password = options.key_password;
  ::SSL_CTX_set_default_passwd_cb(context, &give_password);
  ::SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  if (::SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    refuse("cert_file '" + options.cert_file + "' cannot be used");
  }
  if (::SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    refuse("key_file '" + options.key_file + "' cannot be used");
  }
  if (::SSL_CTX_check_private_key(context) != 1) {
    refuse("key_file '" + options.key_file + "' is not the key of cert_file '" + options.cert_file +
           "'");
  }
  ::SSL_CTX_set_default_passwd_cb(context, nullptr);
  ::SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
}

Session TlsContext::make_session(const std::string& host) const {
  Session session(::SSL_new(context_.get()));
  if (session == nullptr) refuse("a TLS session cannot be made");
  const std::string& name = server_name_.empty() ? host : server_name_;
  ::SSL_set_hostflags(session.get(),
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_address(name)) {
    if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session.get()), name.c_str()) != 1) {
      refuse("the address '" + name + "' cannot be verified");
    }
    return session;
  }
  if (::SSL_set1_host(session.get(), name.c_str()) != 1 ||
      ::SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(name.c_str())) != 1) {
    refuse("the name '" + name + "' cannot be verified");
  }
  return session;
}

Result<std::unique_ptr<Stream>> open_tls_stream(Socket socket, const Server& server,
                                                const StreamOptions& options,
                                                const TlsContext& context, const Wait& wait) {
  try {
    auto stream = std::make_unique<TlsStream>(std::move(socket), server, options,
                                              context.make_session(server.host));
    if (const Status done = stream->shake_hands(wait); !done.ok()) return done.errors();
    return std::unique_ptr<Stream>(std::move(stream));
  } catch (const std::exception& error) {
    return failure(server.text + ": " + error.what());
  }
}

}  // namespace penstock::syslog
