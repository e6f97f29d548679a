// SPDX-License-Identifier: Apache-2.0
// logger.cpp: what a Logger adds to its events.
#include "penstock/logger.hpp"

#include "event/context.hpp"
#include "pipeline/core.hpp"
#include "pipeline/registry.hpp"

namespace penstock {

template <class Add>
Logger Logger::extended(Add add) const {
  auto context =
      context_ ? std::make_shared<detail::Context>(*context_) : std::make_shared<detail::Context>();
  add(*context, penstock::event::ContextWriter(context->items));
  Logger result = *this;
  result.context_ = std::move(context);
  return result;
}

Logger Logger::to(std::initializer_list<std::string_view> destinations) const {
  return to(std::span<const std::string_view>(destinations.begin(), destinations.size()));
}

Logger Logger::to(std::span<const std::string_view> destinations) const {
  // [S6] relaxed: of a pipeline that has ended nothing is asked.
  const auto core = pipeline::find_core(state_->pipeline_id.load(std::memory_order_relaxed));
  if (core == nullptr) return *this;
  // None named: every sink, also where there were destinations before.
  const auto found = destinations.empty() ? pipeline::Core::Destinations{.mask = ~std::uint64_t{0}}
                                          : core->resolve(destinations);
  return extended([&](detail::Context& context, penstock::event::ContextWriter writer) {
    writer.add_destinations(found.mask, found.unknown);
    context.unknown = found.unknown;
  });
}

Logger Logger::tag(std::string_view tag) const {
  return extended(
      [&](detail::Context&, penstock::event::ContextWriter writer) { writer.add_tag(tag); });
}

Logger Logger::event(std::string_view name) const {
  Logger result = extended(
      [&](detail::Context&, penstock::event::ContextWriter writer) { writer.add_event(name); });
  result.level_ = &state_->event_level;
  return result;
}

Logger Logger::with(const TraceContext& trace) const {
  return extended(
      [&](detail::Context&, penstock::event::ContextWriter writer) { writer.add_trace(trace); });
}

Logger Logger::with_fields(std::span<const FieldView> fields) const {
  return extended([&](detail::Context&, penstock::event::ContextWriter writer) {
    for (const FieldView& field : fields) writer.add_field(field);
  });
}

std::string_view Logger::name() const noexcept { return pipeline::entry_of(*state_).name; }

void detail::count_unknown_destinations(LoggerState& logger, std::uint32_t names) noexcept {
  // [S6] relaxed: calls after the end are counted as such, and not here.
  if (logger.pipeline_id.load(std::memory_order_relaxed) == detail::no_pipeline) return;
  // [S14] relaxed: a count
  pipeline::entry_of(logger).epitaph->unknown_destination.fetch_add(names,
                                                                    std::memory_order_relaxed);
}

}  // namespace penstock
