// SPDX-License-Identifier: Apache-2.0
// syslog_sink.hpp: sends events to a syslog receiver.
//
// Threads  as in penstock/sink.hpp; a stream has a thread of its own, which gives the answers
// Order    events arrive in the order of the batches, also after a connection has ended
// Loss     a datagram is delivered when the kernel has taken it; what goes over a stream, when the
//          peer's TCP has acknowledged it (README.md says what that leaves open)
#pragma once

#include <memory>
#include <utility>

#include <penstock/plugin/sink.hpp>

#include "options.hpp"

namespace penstock::syslog {

class SyslogSink final : public Sink {
 public:
  explicit SyslogSink(const plugin::Config& config) {
    Options options = read_options(config);
    is_stream_ = options.is_stream;
    is_ready_ = options.is_ready;
    BatchFormatter formatter(std::move(options.format), is_ready_);
    const auto make = is_stream_ ? &make_stream_sender : &make_datagram_sender;
    sender_ = make(std::move(options.sender), std::move(formatter));
  }

  Needs needs() const noexcept override {
    return {.events = true, .encoded = is_ready_, .max_in_flight = is_stream_ ? 16U : 1U};
  }
  Status open(SinkContext& context) override { return sender_->open(context); }
  WriteResult write(const Batch& batch) override { return sender_->write(batch); }
  void control(SinkControl what) override {
    if (what == SinkControl::reopen) sender_->reopen();
  }
  void close() override { sender_->close(); }

 private:
  bool is_stream_ = false;
  bool is_ready_ = false;
  std::unique_ptr<Sender> sender_{};
};

}  // namespace penstock::syslog
