// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_job.hpp"

#include <algorithm>
#include <new>
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

// One reason for what was refused, and for what is sent again. Needs no memory.
std::string with_rejection(std::string rejection, const std::string& reason) noexcept {
  try {
    if (!reason.empty()) rejection += "; then " + reason;
  } catch (const std::bad_alloc&) {
    // the more important half
  }
  return rejection;
}

}  // namespace

void WebhookJob::begin(const Batch& batch) {
  batch_ = batch;
  plan_.emplace(batch.size());
  range_ = choose();
  const auto part = memory_.unanswered.of(batch.id());
  if (part && part->begin == batch.offset() && part->end <= batch.offset() + batch.size()) {
    range_.end = part->end - batch.offset();
  }
  rejected_.clear();
  why_rejected_.clear();
  rejection_.clear();
  credentials_changed_ = false;
  body_.clear();
  body_.trim(memory_kept);
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
  std::string_view body = writer_.write(batch_, range_, body_);
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
  transfer_.prepare({.url = credentials.url, .headers = headers, .body = body});
}

std::optional<WriteResult> WebhookJob::take(const Answer& answer) {
  credentials_changed_ = false;
  switch (answer.kind) {
    case Answer::Kind::retry:
      return give_up(answer.reason, answer.after);
    case Answer::Kind::reject:
      // The pipeline knows how to find what is bad among all. It has to hear of a single event in
      // the same way, or it would not see that bad ones follow each other.
      if (range_.size() == batch_.size() && !answer.too_large) {
        memory_.unanswered.forget(batch_.id());
        return WriteResult::reject(answer.reason);
      }
      take_rejection(answer);
      break;
    case Answer::Kind::ok:
      take_ok();
      break;
  }
  return next();
}

void WebhookJob::take_ok() {
  const std::size_t offered = plan_->next().size();
  if (!writer_.is_per_event()) {
    memory_.sizes.passed(bytes_of(range_), range_.size() < offered);
  }
  if (const auto alone = plan_->delivered(range_.size())) refuse(*alone, rejection_);
}

void WebhookJob::take_rejection(const Answer& answer) {
  if (answer.too_large && range_.size() > 1) {
    memory_.sizes.too_large(bytes_of(range_));
    return;
  }
  rejection_ = answer.reason;
  if (answer.too_large) {
    refuse(range_.begin, answer.reason);
    plan_->named(1);  // whatever others are suspected of, it is not their size
  } else if (const auto alone = plan_->rejected(range_.size())) {
    refuse(*alone, answer.reason);
  }
}

void WebhookJob::refuse(std::size_t event, const std::string& reason) {
  rejected_.push_back(static_cast<std::uint32_t>(event));
  if (why_rejected_.empty()) why_rejected_ = reason;
}

// Goes on to the next request, or has the answer for the batch when there is none.
std::optional<WriteResult> WebhookJob::next() {
  if (!plan_->done()) {
    range_ = choose();
    return std::nullopt;
  }
  memory_.unanswered.forget(batch_.id());
  if (rejected_.empty()) return WriteResult::ok();
  return WriteResult::reject(std::move(why_rejected_), std::move(rejected_));
}

// As many of the plan's next events as may go out together.
WebhookJob::Range WebhookJob::choose() const noexcept {
  const base::Bisection::Range offer = plan_->next();
  Range range{offer.begin, writer_.is_per_event() ? offer.begin + 1 : offer.end};
  const std::size_t limit = memory_.sizes.limit();
  if (range.size() == 1 || bytes_of(range) <= limit) return range;
  const auto ends = batch_.encoded_ends();
  const std::size_t before = range.begin == 0 ? 0 : ends[range.begin - 1];
  const auto too_far =
      std::upper_bound(ends.begin() + static_cast<std::ptrdiff_t>(range.begin),
                       ends.begin() + static_cast<std::ptrdiff_t>(range.end), before + limit);
  range.end = std::max(range.begin + 1, static_cast<std::size_t>(too_far - ends.begin()));
  return range;
}

std::size_t WebhookJob::bytes_of(Range range) const noexcept {
  const auto ends = batch_.encoded_ends();
  return ends[range.end - 1] - (range.begin == 0 ? 0 : ends[range.begin - 1]);
}

WriteResult WebhookJob::give_up(std::string reason, std::chrono::nanoseconds after) {
  if (!writer_.is_per_event()) {
    const std::size_t begin = batch_.offset() + range_.begin;
    memory_.unanswered.keep(batch_.id(), {.begin = begin, .end = begin + range_.size()});
  }
  if (!rejected_.empty()) reason = with_rejection(std::move(why_rejected_), reason);
  return WriteResult::retry(std::move(reason), after, range_.begin, std::move(rejected_));
}

bool WebhookJob::may_change_credentials() noexcept {
  return !std::exchange(credentials_changed_, true);
}

}  // namespace penstock::sinks
