// SPDX-License-Identifier: Apache-2.0
// webhook_payload.hpp: the body of a request, made from the events of a batch.
//
// Threads  one at a time
// Errors   std::bad_alloc; std::runtime_error when the sink's `format` does not fit
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "event/encoder.hpp"
#include "event/time_text.hpp"
#include "penstock/sink.hpp"
#include "penstock/sinks.hpp"
#include "sinks/webhook_template.hpp"

namespace penstock::sinks {

class WebhookPayloadWriter final {
 public:
  // `options` are valid.
  explicit WebhookPayloadWriter(const WebhookOptions& options);

  Sink::Needs needs() const noexcept;
  bool is_per_event() const noexcept { return per_event_; }
  std::string_view content_type() const noexcept;

  // Events of a batch, from `begin` to before `end`.
  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t size() const noexcept { return end - begin; }
  };
  // The body for these; for one when is_per_event(). In `memory`, or in the batch.
  std::string_view write(const Batch& batch, Range range, base::Buffer& memory);

 private:
  void write_array(const Batch& batch, Range range, base::Buffer& out) const;
  void write_from_body(const Batch& batch, std::size_t index, base::Buffer& out);
  void append_value(BodyName name, const Batch& batch, std::size_t index, base::Buffer& out);
  void append_fields(const EventView& event, base::Buffer& out);

  const WebhookPayload payload_;
  const bool per_event_;
  std::vector<BodyPart> parts_{};
  std::unique_ptr<event::Encoder> fields_{};
  event::TimeText time_{};
  base::Buffer scratch_{};
  std::vector<FieldView> field_views_{};
};

// `text` for the inside of a JSON string, for Slack: & < > are escaped, and it is cut to `max`
// characters, the last of which then is "…". (functions [any])
void append_slack_text(base::Buffer& out, std::string_view text, std::size_t max);
// The same for Discord, where nothing but JSON's own characters needs escaping.
void append_discord_text(base::Buffer& out, std::string_view text, std::size_t max);

}  // namespace penstock::sinks
