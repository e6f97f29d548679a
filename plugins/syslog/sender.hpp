// SPDX-License-Identifier: Apache-2.0
// sender.hpp: how batches of messages get to the servers: one for streams, one for datagrams.
//
// Threads  all by the sink's thread
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <penstock/sink.hpp>

#include "formatter.hpp"
#include "server.hpp"
#include "stream.hpp"
#include "tls.hpp"

namespace penstock::syslog {

struct SenderOptions {
  std::vector<Server> servers{};  // the first that can be reached is used
  StreamOptions stream{};
  TlsOptions tls{};
  std::size_t resend_bytes = 1024 * 1024;
  std::chrono::milliseconds failback{60'000};  // 0: never
  // A batch is answered within this, before anybody takes the sink for stuck.
  std::chrono::milliseconds answer_within{10'000};
};

class Sender {
 public:
  virtual ~Sender() = default;
  virtual Status open(SinkContext& context) = 0;
  virtual WriteResult write(const Batch& batch) = 0;
  // New certificates and addresses.
  virtual void reopen() = 0;
  virtual void close() = 0;
};

// Writes the messages of a batch; `is_ready` if they are in its encoded text.
class BatchFormatter {
 public:
  BatchFormatter(Format format, bool is_ready)
      : formatter_(std::move(format)), is_ready_(is_ready) {}
  void format(const Batch& batch, Encoded& out);
  bool is_ready() const noexcept { return is_ready_; }

 private:
  Formatter formatter_;
  bool is_ready_;
};

std::unique_ptr<Sender> make_datagram_sender(SenderOptions options, BatchFormatter formatter);
std::unique_ptr<Sender> make_stream_sender(SenderOptions options, BatchFormatter formatter);

}  // namespace penstock::syslog
