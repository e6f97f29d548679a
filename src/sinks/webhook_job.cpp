// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_job.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sinks/webhook_gzip.hpp"
#include "sinks/webhook_signature.hpp"

namespace penstock::sinks {
namespace {

constexpr std::size_t memory_kept = 4 * MiB;

bool has_header(const std::vector<std::string>& headers, std::string_view lower_case_name) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return std::any_of(headers.begin(), headers.end(), [&](const std::string& header) {
    return header.size() > lower_case_name.size() && header[lower_case_name.size()] == ':' &&
           std::equal(lower_case_name.begin(), lower_case_name.end(), header.begin(),
                      [&](char b, char a) { return same(a, b); });
  });
}

}  // namespace

void WebhookJob::begin(const Batch& batch) {
  batch_ = batch;
  next_ = 0;
  rejected_.clear();
  why_rejected_.clear();
  credentials_changed_ = false;
  memory_.clear();
  memory_.trim(memory_kept);
}

// The same for each try of the same events, and for no others in the world.
std::string WebhookJob::id(std::string_view prefix) const {
  if (!writer_.is_per_event()) return fmt::format("{}_{}", prefix, batch_.id());
  return fmt::format("{}_{}_{}", prefix, batch_.id(), batch_.offset() + next_);
}

void WebhookJob::prepare(const Surroundings& surroundings) {
  const WebhookCredentials& credentials = surroundings.credentials;
  std::string_view body = writer_.write(batch_, next_, memory_);
  std::vector<std::string> headers = credentials.headers;
  const std::string id = this->id(surroundings.id_prefix);
  headers.push_back("webhook-id: " + id);
  headers.push_back(fmt::format("webhook-timestamp: {}", surroundings.now_s));
  if (!credentials.signing_key.empty()) {
    headers.push_back("webhook-signature: " +
                      signature(credentials.signing_key, id, surroundings.now_s, body));
  }
  if (!has_header(headers, "content-type")) {
    headers.push_back(fmt::format("Content-Type: {}", writer_.content_type()));
  }
  if (options_.compression == WebhookCompression::gzip) {
    compressed_ = gzip(body);
    body = compressed_;
    headers.emplace_back("Content-Encoding: gzip");
  }
  transfer_.prepare({.url = credentials.url,
                     .headers = headers,
                     .body = body,
                     .fresh_connection = surroundings.fresh_connection});
}

std::optional<WriteResult> WebhookJob::take(const Answer& answer) {
  credentials_changed_ = false;
  if (answer.kind == Answer::Kind::retry) {
    return WriteResult::retry(answer.reason, answer.after, next_, std::move(rejected_));
  }
  const bool is_rejected = answer.kind == Answer::Kind::reject;
  if (!writer_.is_per_event()) {
    return is_rejected ? WriteResult::reject(answer.reason) : WriteResult::ok();
  }
  if (is_rejected) {
    rejected_.push_back(static_cast<std::uint32_t>(next_));
    why_rejected_ = answer.reason;
  }
  if (++next_ < batch_.size()) return std::nullopt;
  if (rejected_.empty()) return WriteResult::ok();
  return WriteResult::reject(std::move(why_rejected_), std::move(rejected_));
}

WriteResult WebhookJob::give_up(std::string reason) {
  return WriteResult::retry(std::move(reason), {}, next_, std::move(rejected_));
}

bool WebhookJob::may_change_credentials() noexcept {
  return !std::exchange(credentials_changed_, true);
}

}  // namespace penstock::sinks
