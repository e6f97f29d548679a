// SPDX-License-Identifier: Apache-2.0
// daemon.hpp: rsyslog and syslog-ng, started by a test on loopback ports, without privileges and
// with all that they write in a folder of their own.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include <nlohmann/json.hpp>

#include "tls_material.hpp"

namespace penstock::syslog::testing {

class Daemon {
 public:
  enum class Kind { rsyslog, syslog_ng };

  explicit Daemon(Kind kind);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Whether the program is on this machine.
  static bool is_there(Kind kind);

  void start();
  // SIGTERM, and waits for its end.
  void stop();
  void send(int signal) const;

  std::string udp() const { return "udp://127.0.0.1:" + std::to_string(counted_port_); }
  std::string counted() const { return "tcp://127.0.0.1:" + std::to_string(counted_port_); }
  std::string lines() const { return "tcp://127.0.0.1:" + std::to_string(lines_port_); }
  std::string tls() const { return "tls://localhost:" + std::to_string(tls_port_); }
  // Of messages of RFC 3164; rsyslog takes both everywhere.
  std::string legacy_udp() const { return "udp://127.0.0.1:" + std::to_string(legacy_port_); }
  std::string legacy_lines() const { return "tcp://127.0.0.1:" + std::to_string(legacy_port_); }
  std::string local_datagram() const { return "unix-datagram://" + file("datagram"); }
  std::string local_stream() const { return "unix-stream://" + file("stream"); }
  // Files of this side: the authority, and a certificate for clients.
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  // What has arrived, as the daemon has understood it: whole lines.
  std::vector<std::string> output() const;
  // Waits until there are so many.
  std::vector<nlohmann::json> wait_for(std::size_t count) const;

 private:
  void write(const std::string& name, const std::string& text) const;
  std::string rsyslog_configuration() const;
  std::string syslog_ng_configuration() const;
  std::vector<std::string> command() const;
  bool listens() const;

  Kind kind_;
  std::string folder_;
  std::uint16_t counted_port_ = 0;
  std::uint16_t lines_port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::uint16_t legacy_port_ = 0;
  pid_t process_ = -1;
};

}  // namespace penstock::syslog::testing
