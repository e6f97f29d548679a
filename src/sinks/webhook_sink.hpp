// SPDX-License-Identifier: Apache-2.0
// webhook_sink.hpp: posts events over HTTP.
//
// Threads  all [worker]; transfers have a thread of their own, see webhook_io.hpp
// Order    with one batch pending at a time, that of the batches; within a batch that of its events
// Loss     none: an event is delivered when a 2xx answer came whole. What has no answer is sent
// again
//          under the same webhook-id
// Errors   no server, refused credentials, redirections -> retry; what the server refuses -> reject
#pragma once

#include <memory>
#include <string>

#include "penstock/sinks.hpp"
#include "sinks/webhook_io.hpp"

namespace penstock::sinks {

class WebhookSink final : public Sink {
 public:
  explicit WebhookSink(WebhookOptions options);

  Needs needs() const noexcept override { return needs_; }
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;
  Status flush() override;
  void control(SinkControl request) override;
  void close() override;

 private:
  const WebhookOptions options_;
  const Needs needs_;
  const std::string id_prefix_;  // of this object: a batch keeps its id when the sink is reopened
  WebhookMemory memory_{};       // of the thread in io_, while there is one
  std::unique_ptr<WebhookIo> io_{};
};

}  // namespace penstock::sinks
