// SPDX-License-Identifier: Apache-2.0
// webhook_job.hpp: a batch on its way: its requests, one after the other, and what came of them.
//
// Threads  one at a time
// Order    of a batch that goes out in parts, each waits for the one before. That is: event by
// event,
//          or after the server has found the whole too large
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "penstock/sink.hpp"
#include "sinks/webhook_answer.hpp"
#include "sinks/webhook_credentials.hpp"
#include "sinks/webhook_payload.hpp"
#include "sinks/webhook_transfer.hpp"

namespace penstock::sinks {

class WebhookJob final {
 public:
  // `options` and `writer` must stay.
  WebhookJob(const WebhookOptions& options, WebhookPayloadWriter& writer)
      : options_(options), writer_(writer), transfer_(options) {}

  // What a request needs to know beside its events.
  struct Surroundings {
    const WebhookCredentials& credentials;
    std::string_view id_prefix;
    std::int64_t now_s;
    bool fresh_connection;
  };

  // Takes the next batch. It must stay until the job has an answer for it.
  void begin(const Batch& batch);
  // Makes the transfer ready for the next request.
  void prepare(const Surroundings& surroundings);
  // Of that request. The answer for the batch, or nothing: then there is another request to make.
  std::optional<WriteResult> take(const Answer& answer);
  // The answer when it cannot go on.
  WriteResult give_up(std::string reason);
  // Some of the batch has its answer: give_up() has something to tell.
  bool has_progress() const noexcept { return range_.begin > 0; }
  // True once for each request: it may be made again with other credentials.
  bool may_change_credentials() noexcept;

  WebhookTransfer& transfer() noexcept { return transfer_; }
  std::uint64_t token() const noexcept { return batch_.token(); }

 private:
  bool is_whole() const noexcept { return range_.size() == batch_.size() && batch_.offset() == 0; }
  std::string id(std::string_view prefix) const;
  bool split(const Answer& answer) noexcept;

  const WebhookOptions& options_;
  WebhookPayloadWriter& writer_;
  Batch batch_{Batch::Parts{}};
  WebhookPayloadWriter::Range range_{0, 0};  // on its way
  std::size_t part_ = 0;                     // how many events go out together
  std::vector<std::uint32_t> rejected_{};
  std::string why_rejected_{};
  bool credentials_changed_ = false;
  base::Buffer memory_{};
  std::string compressed_{};
  WebhookTransfer transfer_;  // last: it refers to the two above
};

}  // namespace penstock::sinks
