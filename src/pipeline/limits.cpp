// SPDX-License-Identifier: Apache-2.0
#include "pipeline/limits.hpp"

#include <algorithm>
#include <span>

#include "event/args.hpp"
#include "event/plan.hpp"
#include "pipeline/text_record.hpp"

namespace penstock::pipeline {
namespace {

// Where the record begins.
const std::byte* begin_of(const event::RecordView& record) noexcept {
  return record.args + record.args_bytes - record.size;
}

template <class T>
void put(std::string& key, T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  key.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Strong: it allocates first.
void keep(const Limits::Candidate& event, KeptEvent& kept) {
  const std::byte* const begin = begin_of(event.record);
  kept.record.reserve(event.record.size);
  kept.record.assign(begin, begin + event.record.size);
  kept.thread_id = event.block.thread_id;
  std::copy_n(event.block.thread_name, kept.thread_name.size(), kept.thread_name.begin());
  kept.thread_name_size = event.block.thread_name_size;
  kept.producer = event.block.producer;
  kept.replacement = event.replacement;
}

// The arguments that the message is made of, as they stand in the record.
void put_arguments(std::string& key, const event::RecordView& record) {
  const event::Plan& plan = event::plan_of(*record.site);
  event::ArgReader reader(record.args);
  for (const event::ArgStep& step : plan.args) {
    const std::byte* const from = reader.position();
    reader.skip(step);
    if (step.is_field) continue;
    key.append(reinterpret_cast<const char*>(from),
               static_cast<std::size_t>(reader.position() - from));
  }
}

}  // namespace

std::unique_ptr<Limits> Limits::make(const LimitOptions& options, std::uint64_t seed,
                                     std::uint64_t max_bytes) {
  const bool any = options.rate_limit.events != 0 || options.rate_limit.bytes != 0 ||
                   options.sample > 1 || options.deduplicate.count() > 0;
  return any ? std::make_unique<Limits>(options, seed, max_bytes) : nullptr;
}

Limits::Limits(const LimitOptions& options, std::uint64_t seed, std::uint64_t max_bytes)
    : exempt_(options.exempt),
      sampler_(std::max<std::uint32_t>(1, options.sample), seed),
      events_(options.rate_limit.events, options.rate_limit.events_burst),
      bytes_(options.rate_limit.bytes, options.rate_limit.bytes_burst) {
  if (options.deduplicate.count() > 0) {
    duplicates_.emplace(options.deduplicate, options.max_keys, max_bytes);
  }
}

void Limits::advance(Time now) noexcept {
  now_ = std::max(now_, now);
  events_.advance(now_);
  bytes_.advance(now_);
}

Limits::Verdict Limits::admit(const Candidate& event) {
  const Level level = event.replacement != nullptr ? event.replacement->level : event.record.level;
  if (exempt_ && level >= *exempt_) return Verdict::exempt;
  if (!sampler_.take()) return hold(FilterReason::sampled);
  if (duplicates_ && is_duplicate(event)) return Verdict::hold;
  if (!events_.has() || !bytes_.has()) return hold(FilterReason::rate_limited);
  events_.take(1);
  return Verdict::pass;
}

// Books the one that was kept before: it will not be delivered.
bool Limits::is_duplicate(const Candidate& event) {
  using Kept = Deduplicator<KeptEvent>;
  const Kept::Verdict verdict =
      duplicates_->admit(key_of(event), now_, [&](KeptEvent& kept) { keep(event, kept); });
  if (verdict == Kept::Verdict::replaced) (void)hold(FilterReason::duplicate);
  return verdict != Kept::Verdict::first;
}

Limits::Verdict Limits::hold(FilterReason reason) noexcept {
  ++new_limited_[static_cast<std::size_t>(reason)];
  ++held_back_;
  return Verdict::hold;
}

// Which event is of which kind. The first byte says how the rest is made.
std::string_view Limits::key_of(const Candidate& event) {
  enum : char { replaced, arguments, text };
  const event::RecordView& record = event.record;
  key_.clear();
  if (event.replacement != nullptr) {
    key_.push_back(replaced);  // its message is the trigger's
    put(key_, event.replacement);
    return key_;
  }
  const bool is_text = record.has(detail::flag_text_only | detail::flag_formatted);
  key_.push_back(is_text ? text : arguments);
  put(key_, record.site);
  if (!is_text) {
    put_arguments(key_, record);
    return key_;
  }
  if (record.site == &submitted_site()) {
    key_.push_back(static_cast<char>(record.level));
    put(key_, record.logger_id);
    const std::string_view logger = event.context != nullptr ? event.context->logger : "";
    put(key_, logger.size());
    key_.append(logger);
  }
  put(key_, event.context != nullptr ? event.context->truncated_bytes : std::uint64_t{0});
  key_.append(event::ArgReader(record.args).text());
  return key_;
}

void Limits::book(Ledger& ledger) noexcept {
  for (std::size_t i = 0; i < filter_reason_count; ++i) ledger.limited[i] += new_limited_[i];
  ledger.filtered += held_back_;
  ledger.in_flight += kept() - kept_booked_;
  new_limited_ = {};
  held_back_ = 0;
  kept_booked_ = kept();
}

}  // namespace penstock::pipeline
