// SPDX-License-Identifier: Apache-2.0
// broker.hpp: a real broker of Apache Kafka, one node, as a child process on free loopback ports.
// It is what `./dev setup --kafka` has fetched.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace kafka::test {

class Broker final {
 public:
  // The jars; empty when they are not there, or no Java is.
  static std::string jars();

  // In a new folder, formatted, and not started.
  Broker();
  // Kills it, and removes its folder.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Until it answers. False: it does not in time; what it said is in log().
  bool start();
  // As a crash does it. Until it is gone.
  void kill();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Another way in: TLS, with the certificate of `localhost` in authority(), and SASL PLAIN, for
  // `penstock` with the password `right`.
  std::string guarded_address() const { return "localhost:" + std::to_string(guarded_port_); }
  std::string authority() const { return folder_ / "server.crt"; }
  std::string log() const;
  bool make_topic(const std::string& topic, int partitions) const;
  // Messages in all partitions.
  std::int64_t messages(const std::string& topic, int partitions) const;

 private:
  void make_certificate() const;
  int run_java(const std::vector<std::string>& arguments) const;

  std::filesystem::path folder_{};
  int port_ = 0;
  int guarded_port_ = 0;
  int pid_ = -1;
};

}  // namespace kafka::test
