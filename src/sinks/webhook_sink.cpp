// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_sink.hpp"

#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "sinks/webhook_credentials.hpp"
#include "sinks/webhook_payload.hpp"
#include "sinks/webhook_transfer.hpp"

namespace penstock {

SinkFactory webhook_sink(WebhookOptions options) {
  return [options = std::move(options)] { return std::make_unique<sinks::WebhookSink>(options); };
}

namespace sinks {
namespace {

std::string random_prefix() {
  std::random_device device;
  return fmt::format("msg_{:08x}{:08x}", device(), device());
}

}  // namespace

WebhookSink::WebhookSink(WebhookOptions options)
    : options_(std::move(options)),
      needs_(WebhookPayloadWriter(options_).needs()),
      id_prefix_(random_prefix()) {}

Status WebhookSink::open(SinkContext& context) {
  if (Errors errors = validate(options_); !errors.empty()) return errors;
  Result<WebhookCredentials> credentials = look_up(options_);
  if (!credentials) return credentials.errors();
  if (!curl_is_ready()) return Status::failure("webhook: libcurl cannot be initialized");
  try {
    (void)WebhookTransfer(options_);  // what this libcurl does not take shows now
    io_ = std::make_unique<WebhookIo>(options_, *std::move(credentials), id_prefix_, memory_,
                                      context);
  } catch (const std::exception& error) {
    return Status::failure(fmt::format("webhook: {}", error.what()));
  }
  return {};
}

WriteResult WebhookSink::write(const Batch& batch) {
  if (io_ == nullptr) return WriteResult::fatal("webhook: the sink is not open");
  if (batch.size() == 0) return WriteResult::ok();
  io_->push(batch);
  return WriteResult::pending();
}

Status WebhookSink::flush() {
  if (io_ == nullptr) return Status::failure("webhook: the sink is not open");
  return {};  // what came before the request is settled already; what came later does not matter
}

void WebhookSink::control(SinkControl request) {
  if (io_ != nullptr && request == SinkControl::reopen) io_->reopen();
}

void WebhookSink::close() { io_.reset(); }

}  // namespace sinks
}  // namespace penstock
