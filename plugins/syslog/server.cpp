// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <sys/un.h>

namespace penstock::syslog {
namespace {

struct Scheme {
  std::string_view begin;
  Transport transport;
  std::string_view port;
};
constexpr std::array<Scheme, 5> schemes{{{"udp://", Transport::udp, "514"},
                                         {"tcp://", Transport::tcp, "514"},
                                         {"tls://", Transport::tls, "6514"},
                                         {"unix-datagram://", Transport::unix_datagram, ""},
                                         {"unix-stream://", Transport::unix_stream, ""}}};

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument("servers: '" + std::string(text) + "' " + std::string(why));
}

bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || text.front() == '0') return false;
  unsigned number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65535;
}

void take_path(Server& server, std::string_view rest) {
  server.path = rest;
  if (!rest.starts_with('/')) refuse(server.text, "needs an absolute path behind the //");
  if (rest.size() >= sizeof sockaddr_un{}.sun_path) {
    refuse(server.text, "has a path that is longer than the 107 bytes of a local socket's");
  }
}

void take_host(Server& server, std::string_view rest) {
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) refuse(server.text, "has a [ without a ]");
    server.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) refuse(server.text, "needs a : behind the ]");
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) refuse(server.text, "has no port behind the :");
  } else {
    const std::size_t colon = rest.find(':');
    server.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      if (port.find(':') != std::string_view::npos) {
        refuse(server.text, "has several : outside of brackets; write IPv6 as [::1]:514");
      }
      if (port.empty()) refuse(server.text, "has no port behind the :");
    }
  }
  if (server.host.empty()) refuse(server.text, "has no host");
  if (server.host.starts_with('.')) refuse(server.text, "has a host that begins with a dot");
  if (server.host.find_first_of("/?#@ ") != std::string::npos) {
    refuse(server.text, "has more than a host and a port");
  }
  if (port.empty()) return;
  if (!is_port(port)) refuse(server.text, "has a port that is not 1 .. 65535");
  server.port = port;
}

}  // namespace

Server parse_server(std::string_view text) {
  Server server{.text = std::string(text)};
  if (text.find('\0') != std::string_view::npos) refuse("", "has a NUL in it");
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [&](const Scheme& one) { return text.starts_with(one.begin); });
  if (scheme == schemes.end()) {
    refuse(text, "has to begin with udp://, tcp://, tls://, unix-datagram:// or unix-stream://");
  }
  server.transport = scheme->transport;
  server.port = scheme->port;
  const std::string_view rest = text.substr(scheme->begin.size());
  if (server.is_local()) {
    take_path(server, rest);
  } else {
    take_host(server, rest);
  }
  return server;
}

}  // namespace penstock::syslog
