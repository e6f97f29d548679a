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
  part_ = writer_.is_per_event() ? 1 : batch.size();
  range_ = {0, part_};
  rejected_.clear();
  why_rejected_.clear();
  credentials_changed_ = false;
  memory_.clear();
  memory_.trim(memory_kept);
  if (compressed_.capacity() > memory_kept) compressed_ = {};
}

// The same for each try of the same events, and for no others in the world.
std::string WebhookJob::id(std::string_view prefix) const {
  const std::size_t first = batch_.offset() + range_.begin;
  if (writer_.is_per_event()) return fmt::format("{}_{}_{}", prefix, batch_.id(), first);
  if (is_whole()) return fmt::format("{}_{}", prefix, batch_.id());
  return fmt::format("{}_{}_{}-{}", prefix, batch_.id(), first, first + range_.size());
}

void WebhookJob::prepare(const Surroundings& surroundings) {
  const WebhookCredentials& credentials = surroundings.credentials;
  std::string_view body = writer_.write(batch_, range_, memory_);
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
    return WriteResult::retry(answer.reason, answer.after, range_.begin, std::move(rejected_));
  }
  if (answer.kind == Answer::Kind::reject) {
    // Whatever it is in there: the pipeline knows how to find it. It has to hear of a single event
    // in the same way, or it would not see that bad ones follow each other.
    const bool is_all = range_.size() == batch_.size();
    if (is_all && !answer.too_large) return WriteResult::reject(answer.reason);
    if (split(answer)) return std::nullopt;
    rejected_.push_back(static_cast<std::uint32_t>(range_.begin));
    why_rejected_ = answer.reason;
  }
  range_ = {range_.end, std::min(range_.end + part_, batch_.size())};
  if (range_.size() > 0) return std::nullopt;
  if (rejected_.empty()) return WriteResult::ok();
  return WriteResult::reject(std::move(why_rejected_), std::move(rejected_));
}

// Halves what was rejected. False when it is one event, which then is the culprit.
bool WebhookJob::split(const Answer& answer) noexcept {
  const std::size_t half = range_.size() / 2;
  if (half > 0) {
    range_.end = range_.begin + half;
    if (answer.too_large) part_ = half;
    return true;
  }
  // It alone was too large: without it the others may fit together.
  if (answer.too_large && !writer_.is_per_event()) part_ = batch_.size();
  return false;
}

WriteResult WebhookJob::give_up(std::string reason) {
  return WriteResult::retry(std::move(reason), {}, range_.begin, std::move(rejected_));
}

bool WebhookJob::may_change_credentials() noexcept {
  return !std::exchange(credentials_changed_, true);
}

}  // namespace penstock::sinks
