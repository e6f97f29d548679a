// SPDX-License-Identifier: Apache-2.0
// webhook_job.hpp: a batch on its way: its requests, one after the other, and what came of them.
//
// Threads  one at a time
// Order    of a batch that goes out in parts, each waits for the one before. That is: event by
//          event, or when the server has found the whole, or others like it, too large
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bisection.hpp"
#include "base/buffer.hpp"
#include "penstock/sink.hpp"
#include "sinks/webhook_answer.hpp"
#include "sinks/webhook_credentials.hpp"
#include "sinks/webhook_memory.hpp"
#include "sinks/webhook_payload.hpp"
#include "sinks/webhook_transfer.hpp"

namespace penstock::sinks {

class WebhookJob final {
 public:
  // All must stay.
  WebhookJob(const WebhookOptions& options, WebhookPayloadWriter& writer, WebhookMemory& memory)
      : options_(options), writer_(writer), memory_(memory), transfer_(options) {}

  // What a request needs to know beside its events.
  struct Surroundings {
    const WebhookCredentials& credentials;
    std::string_view id_prefix;
    std::int64_t now_s;
  };

  // Takes the next batch. It must stay until the job has an answer for it.
  void begin(const Batch& batch);
  // Makes the transfer ready for the next request.
  void prepare(const Surroundings& surroundings);
  // Of that request. The answer for the batch, or nothing: then there is another request to make.
  std::optional<WriteResult> take(const Answer& answer);
  // The answer when it cannot go on. What is on its way keeps its id for the next try.
  WriteResult give_up(std::string reason, std::chrono::nanoseconds after = {});
  // True once for each request: it may be made again with other credentials.
  bool may_change_credentials() noexcept;

  WebhookTransfer& transfer() noexcept { return transfer_; }
  std::uint64_t token() const noexcept { return batch_.token(); }

 private:
  using Range = WebhookPayloadWriter::Range;

  bool is_whole() const noexcept { return range_.size() == batch_.size() && batch_.offset() == 0; }
  std::string id(std::string_view prefix) const;
  std::optional<WriteResult> next();
  Range choose() const noexcept;
  std::size_t bytes_of(Range range) const noexcept;
  void take_ok();
  void take_rejection(const Answer& answer);
  void refuse(std::size_t event, const std::string& reason);

  const WebhookOptions& options_;
  WebhookPayloadWriter& writer_;
  WebhookMemory& memory_;
  Batch batch_{Batch::Parts{}};
  std::optional<base::Bisection> plan_{};
  Range range_{0, 0};  // on its way: the begin of the plan's
  std::vector<std::uint32_t> rejected_{};
  std::string why_rejected_{};  // the first of them
  std::string rejection_{};     // the last, of one or several
  bool credentials_changed_ = false;
  base::Buffer body_{};
  std::string compressed_{};
  WebhookTransfer transfer_;  // last: it refers to the two above
};

}  // namespace penstock::sinks
