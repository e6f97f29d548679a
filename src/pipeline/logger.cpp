// SPDX-License-Identifier: Apache-2.0
// logger.cpp: what a Logger adds to its events.
#include "penstock/logger.hpp"

#include "event/context.hpp"
#include "pipeline/core.hpp"
#include "pipeline/registry.hpp"

namespace penstock {
namespace {

std::shared_ptr<detail::Context> copy_of(const std::shared_ptr<const detail::Context>& context) {
  return context ? std::make_shared<detail::Context>(*context)
                 : std::make_shared<detail::Context>();
}

}  // namespace

Logger Logger::to(std::initializer_list<std::string_view> destinations) const {
  return to(std::span<const std::string_view>(destinations.begin(), destinations.size()));
}

Logger Logger::to(std::span<const std::string_view> destinations) const {
  // [S6] relaxed: of a pipeline that has ended nothing is asked.
  const auto core = pipeline::find_core(state_->pipeline_id.load(std::memory_order_relaxed));
  Logger result = *this;
  if (core == nullptr) return result;
  const auto found = core->resolve(destinations);
  auto context = copy_of(context_);
  penstock::event::ContextWriter(context->items).add_destinations(found.mask, found.unknown);
  context->unknown = found.unknown;
  result.context_ = std::move(context);
  return result;
}

Logger Logger::tag(std::string_view tag) const {
  auto context = copy_of(context_);
  penstock::event::ContextWriter(context->items).add_tag(tag);
  Logger result = *this;
  result.context_ = std::move(context);
  return result;
}

Logger Logger::event(std::string_view name) const {
  auto context = copy_of(context_);
  penstock::event::ContextWriter(context->items).add_event(name);
  Logger result = *this;
  result.context_ = std::move(context);
  result.level_ = &state_->event_level;
  return result;
}

Logger Logger::with(const TraceContext& trace) const {
  auto context = copy_of(context_);
  penstock::event::ContextWriter(context->items).add_trace(trace);
  Logger result = *this;
  result.context_ = std::move(context);
  return result;
}

Logger Logger::with_fields(std::span<const FieldView> fields) const {
  auto context = copy_of(context_);
  penstock::event::ContextWriter writer(context->items);
  for (const FieldView& field : fields) writer.add_field(field);
  Logger result = *this;
  result.context_ = std::move(context);
  return result;
}

std::string_view Logger::name() const noexcept { return pipeline::entry_of(*state_).name; }

void detail::count_unknown_destinations(LoggerState& logger, std::uint32_t names) noexcept {
  // [S6] relaxed: of a pipeline that has ended nothing is counted but the call.
  const auto core = pipeline::find_core(logger.pipeline_id.load(std::memory_order_relaxed));
  if (core != nullptr) core->count_unknown_destinations(names);
}

}  // namespace penstock
