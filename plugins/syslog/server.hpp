// SPDX-License-Identifier: Apache-2.0
// server.hpp: where messages go, as the configuration writes it:
//
//   udp://logs.example.com:514      tcp://[2001:db8::1]:601      tls://logs.example.com
//   unix-datagram:///dev/log        unix-stream:///run/log.sock
//
// Threads  a value; the functions [any]
// Errors   std::invalid_argument, which names the text and says what it has to look like
#pragma once

#include <string>
#include <string_view>

namespace penstock::syslog {

enum class Transport { udp, tcp, tls, unix_datagram, unix_stream };

struct Server {
  Transport transport = Transport::udp;
  std::string host{};  // a name or an address, without brackets
  std::string port{};
  std::string path{};  // of a local socket
  std::string text{};  // as it was written

  bool is_stream() const noexcept {
    return transport != Transport::udp && transport != Transport::unix_datagram;
  }
  bool is_local() const noexcept {
    return transport == Transport::unix_datagram || transport == Transport::unix_stream;
  }
};

Server parse_server(std::string_view text);

}  // namespace penstock::syslog
