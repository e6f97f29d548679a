// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_sink.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace penstock::plugin {
namespace {

using detail::c_text;
using detail::text_of;

constexpr std::size_t longest_text = 64 * 1024;  // more of a reason helps nobody

std::string copy_of(const penstock_text& text) {
  return std::string(text_of(text).substr(0, longest_text));
}

std::vector<std::uint32_t> positions_of(const penstock_answer& answer, std::size_t events) {
  if (answer.positions == nullptr) return {};
  const std::size_t count = std::min(answer.position_count, events);
  std::vector<std::uint32_t> positions(answer.positions, answer.positions + count);
  std::erase_if(positions, [&](std::uint32_t position) { return position >= events; });
  return positions;
}

// `events` is a bound for what the answer names.
WriteResult result_of(const penstock_answer& answer, std::size_t events) {
  switch (answer.status) {
    case PENSTOCK_WRITE_OK:
      return WriteResult::ok();
    case PENSTOCK_WRITE_RETRY:
      return WriteResult::retry(
          copy_of(answer.reason),
          std::chrono::nanoseconds(std::max<std::int64_t>(answer.after_ns, 0)), answer.settled,
          positions_of(answer, events));
    case PENSTOCK_WRITE_REJECT:
      return WriteResult::reject(copy_of(answer.reason), positions_of(answer, events));
    case PENSTOCK_WRITE_PENDING:
      return WriteResult::pending();
    case PENSTOCK_WRITE_FATAL:
      return WriteResult::fatal(copy_of(answer.reason));
    default:
      return WriteResult::fatal(
          fmt::format("the plugin answered with the status {}, which there is not", answer.status));
  }
}

penstock_batch c_batch(const Batch& batch) noexcept {
  const Batch::Parts& parts = batch.parts();
  penstock_batch c{};
  c.size = sizeof c;
  c.event_stride = static_cast<std::uint32_t>(parts.event_stride);
  c.id = parts.id;
  c.token = parts.token;
  c.offset = parts.offset;
  c.count = parts.count;
  c.attempt = parts.attempt;
  c.first_time_ns = parts.first_time_ns;
  c.events = parts.events;
  c.encoded = c_text(parts.encoded);
  c.encoded_ends = parts.ends.empty() ? nullptr : parts.ends.data();
  return c;
}

Status status_of(std::int32_t code, const penstock_text& error, std::string_view call) {
  if (code == PENSTOCK_OK) return {};
  std::string why = copy_of(error);
  if (why.empty()) why = fmt::format("its {}() failed and gave no reason", call);
  return Status::failure(std::move(why));
}

}  // namespace

PluginSink::PluginSink(std::shared_ptr<SinkProvider> provider,
                       std::chrono::nanoseconds call_timeout)
    : provider_(std::move(provider)), call_timeout_(call_timeout) {
  host_.size = sizeof host_;
  host_.ctx = this;
  host_.now_ns = &PluginSink::now_of;
  host_.settle = &PluginSink::settle_of;
  host_.report = &PluginSink::report_of;
  host_.measure = &PluginSink::measure_of;
  Result<penstock_sink*> made = provider_->create();
  if (made) {
    c_ = *made;
  } else {
    error_ = made.errors().front().message;
  }
}

PluginSink::~PluginSink() {
  if (c_ != nullptr) c_->instance.destroy(c_->instance.self);
}

Sink::Needs PluginSink::needs() const noexcept {
  if (c_ == nullptr) return {};
  return {.events = (c_->needs & PENSTOCK_NEEDS_EVENTS) != 0,
          .encoded = (c_->needs & PENSTOCK_NEEDS_ENCODED) != 0,
          .max_in_flight = std::max(c_->max_in_flight, 1u)};
}

Status PluginSink::open(SinkContext& context) {
  if (c_ == nullptr) return Status::failure(error_);
  // The first time alone: when it is opened again, answers of other threads may be on their way.
  if (context_ != &context) {
    context_ = &context;
    host_.max_in_flight = context.max_in_flight();
    host_.sink_name = c_text(context.sink_name());
    concern_ = provider_->concern();
  }
  if (!concern_.empty()) context.report(concern_);
  penstock_text error{};
  const Status opened =
      status_of(c_->open(c_->instance.self, &host_, deadline_ns(), &error), error, "open");
  if (opened.ok()) return {};
  return Status::failure(provider_->open_failed(opened.errors().front().message));
}

WriteResult PluginSink::write(const Batch& batch) {
  const penstock_batch c = c_batch(batch);
  penstock_answer answer{};
  answer.size = sizeof answer;
  c_->write(c_->instance.self, &c, &answer);
  return result_of(answer, batch.size());
}

Status PluginSink::flush() {
  penstock_text error{};
  return status_of(c_->flush(c_->instance.self, deadline_ns(), &error), error, "flush");
}

void PluginSink::control(SinkControl request) {
  c_->control(c_->instance.self,
              request == SinkControl::reopen ? PENSTOCK_CONTROL_REOPEN : PENSTOCK_CONTROL_ROTATE);
}

void PluginSink::close() { c_->close(c_->instance.self, deadline_ns()); }

// By CLOCK_MONOTONIC; never over the end of time.
std::int64_t PluginSink::deadline_ns() const noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  return call_timeout_.count() > INT64_MAX - now_ns ? INT64_MAX : now_ns + call_timeout_.count();
}

std::int64_t PluginSink::now_of(void* ctx) {
  return static_cast<PluginSink*>(ctx)->context_->now_ns();
}

// Nothing that is thrown here may reach the plugin. Without memory for the reason the batch comes
// again.
void PluginSink::settle_of(void* ctx, std::uint64_t token, const penstock_answer* answer) {
  SinkContext& context = *static_cast<PluginSink*>(ctx)->context_;
  try {
    context.settle(token, result_of(*answer, SIZE_MAX));
    return;
  } catch (...) {
    // once more, with less
  }
  try {
    context.settle(token, WriteResult::retry({}));
  } catch (...) {
    // the supervisor will find the answer missing
  }
}

void PluginSink::report_of(void* ctx, penstock_text problem) {
  // A plugin that takes its problem back does not take ours back.
  const PluginSink& me = *static_cast<PluginSink*>(ctx);
  try {
    std::string all = me.concern_;
    const std::string_view text = text_of(problem).substr(0, longest_text);
    if (!all.empty() && !text.empty()) all += "; ";
    all += text;
    me.context_->report(all);
  } catch (...) {
    // there was no memory to keep it
  }
}

void PluginSink::measure_of(void* ctx, penstock_text name, double value) {
  try {
    static_cast<PluginSink*>(ctx)->context_->measure(text_of(name), value);
  } catch (...) {
    // the next one may find memory
  }
}

}  // namespace penstock::plugin
