// SPDX-License-Identifier: Apache-2.0
// pipeline.cpp: the public Pipeline, over Core.
#include "penstock/pipeline.hpp"

#include "event/context.hpp"
#include "penstock/detail/record.hpp"
#include "pipeline/core.hpp"
#include "pipeline/oversize.hpp"
#include "pipeline/registry.hpp"
#include "pipeline/text_record.hpp"

namespace penstock {

Pipeline::Pipeline(std::shared_ptr<pipeline::Core> core) noexcept : core_(std::move(core)) {}
Pipeline::Pipeline(Pipeline&&) noexcept = default;

Pipeline& Pipeline::operator=(Pipeline&& other) noexcept {
  if (this != &other) {
    if (core_) core_->stop(std::chrono::seconds(5));
    core_ = std::move(other.core_);
  }
  return *this;
}

Pipeline::~Pipeline() {
  if (!core_) return;
  core_->stop(std::chrono::seconds(5));
  core_.reset();
  pipeline::forget_closed_pipelines();
}

Result<Pipeline> Pipeline::start(PipelineOptions options) {
  auto core = pipeline::Core::start(std::move(options));
  if (!core) return core.errors();
  return Pipeline(std::move(*core));
}

Logger Pipeline::logger(std::string_view name) { return Logger(core_->logger(name)); }

void Pipeline::set_level(std::string_view logger, std::optional<Level> level) {
  core_->set_level(logger, level);
}

bool Pipeline::flush(std::chrono::nanoseconds timeout) { return core_->flush(timeout); }
StopReport Pipeline::stop(std::chrono::nanoseconds timeout) { return core_->stop(timeout); }
PipelineStats Pipeline::stats() const { return core_->stats(); }
void Pipeline::control(SinkControl what, std::string_view sink) { core_->control(what, sink); }

namespace {

// The calling thread's producer; null when the pipeline takes no more events.
pipeline::Producer* producer_of(pipeline::Core& core) {
  if (core.closed()) return nullptr;
  detail::ThreadProducer& cached =
      detail::thread_producers[core.id() % detail::thread_producer_slots];
  if (cached.pipeline_id != core.id()) {
    pipeline::Producer* producer = pipeline::attach_this_thread(core.id());
    if (producer == nullptr) return nullptr;
    cached = {core.id(), producer};
  }
  return static_cast<pipeline::Producer*>(cached.producer);
}

// Where it goes is settled: no rule is asked any more.
bool goes_as_is(const EventInput& event) noexcept {
  return event.as_is && !event.destinations.empty();
}

// The items of a submitted event; returns how many destinations there are not. The logger's name is
// carried along, not registered: names from outside are without end.
std::uint32_t write_items(pipeline::Core& core, const EventInput& event, std::string& items) {
  items.clear();
  std::uint32_t unknown = 0;
  penstock::event::ContextWriter writer(items);
  if (!event.destinations.empty()) {
    const auto found = core.resolve(event.destinations, event.as_is);
    writer.add_destinations(found.mask, found.unknown);
    if (event.as_is) writer.add_as_is();
    unknown = found.unknown;
  }
  if (!event.logger.empty()) writer.add_logger(event.logger);
  if (!event.event.empty()) writer.add_event(event.event);
  for (const std::string_view tag : event.tags) writer.add_tag(tag);
  if (event.trace != nullptr) writer.add_trace(*event.trace);
  if (event.time_ns) writer.add_time(*event.time_ns);
  for (const FieldView& field : event.fields) writer.add_field(field);
  return unknown;
}

}  // namespace

bool Pipeline::submit(const EventInput& event) noexcept {
  try {
    pipeline::Producer* producer = producer_of(*core_);
    if (producer == nullptr) {
      core_->count_refused();
      return false;
    }
    // Not a thread_local: it would be gone when a static destructor submits.
    std::string& items = producer->items;
    const std::uint32_t unknown = write_items(*core_, event, items);
    pipeline::TextRecord record{.site = &pipeline::submitted_site(),
                                .level = event.level,
                                .word = 0,  // the root logger
                                .ticks = detail::ticks(),
                                .context = items,
                                .message = event.message};
    if (!goes_as_is(event) && !core_->allows(event.logger, event.level)) {
      record.word |= detail::flag_suppressed;
    }
    const detail::Room room = pipeline::publish(*producer, record);
    if (room == detail::Room::refused) return false;
    if (room == detail::Room::too_large) pipeline::submit_cut(*producer, record);
    if (unknown != 0) core_->count_unknown_destinations(unknown);
    return true;
  } catch (...) {
    core_->count_refused();
    return false;
  }
}

}  // namespace penstock
