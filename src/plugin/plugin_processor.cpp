// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_processor.hpp"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "plugin/abi_sizes.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

constexpr std::size_t longest_text = 64 * 1024;  // more of a reason helps nobody

const InstanceRules processor_rules{
    .point = PENSTOCK_POINT_PROCESSOR,
    .noun = "processor",
    .bytes_min = processor_bytes_min,
    .functions = "destroy and process",
    .has_functions = [](const penstock_instance& instance) {
      return reinterpret_cast<const penstock_processor&>(instance).process != nullptr;
    }};

// What a processor may change, of `out`; the rest of `in`.
penstock_event changed(const penstock_event& in, const penstock_event& out) noexcept {
  penstock_event event = in;
  event.level = out.level;
  event.message = out.message;
  event.name = out.name;
  event.fields = out.fields;
  event.field_count = out.field_count;
  event.tags = out.tags;
  event.tag_count = out.tag_count;
  event.trace = out.trace;
  return event;
}

// What a plugin that was cleared in haste leaves: a number, and nothing that is counted.
void check(const penstock_event& event) {
  const bool is_whole = (event.fields != nullptr || event.field_count == 0) &&
                        (event.tags != nullptr || event.tag_count == 0) &&
                        (event.message.data != nullptr || event.message.size == 0) &&
                        (event.name.data != nullptr || event.name.size == 0);
  if (!is_whole) throw std::runtime_error("it answered with a null pointer and a size");
}

std::string reason_of(const penstock_text& error) {
  const std::string why = one_line(detail::text_of(error).substr(0, longest_text));
  return why.empty() ? "it gave no reason" : why;
}

}  // namespace

PluginProcessor::PluginProcessor(penstock_processor& instance,
                                 std::shared_ptr<const InstanceMaker> maker)
    : c_(instance), maker_(std::move(maker)) {}

PluginProcessor::~PluginProcessor() { c_.instance.destroy(c_.instance.self); }

Processor::Verdict PluginProcessor::process(EventEdit& event) {
  penstock_event out = event.c();
  penstock_text error{};
  const std::uint32_t answer = c_.process(c_.instance.self, &event.c(), &out, sizeof out, &error);
  switch (answer) {
    case PENSTOCK_PROCESS_KEEP:
      return Verdict::keep;
    case PENSTOCK_PROCESS_CHANGE:
      check(out);
      event.replace(changed(event.c(), out));
      return Verdict::keep;
    case PENSTOCK_PROCESS_DROP:
      return Verdict::drop;
    case PENSTOCK_PROCESS_FAILED:
      throw std::runtime_error(reason_of(error));
    default:
      throw std::runtime_error(fmt::format("it answered {}, which there is not", answer));
  }
}

std::string PluginProcessor::concern() const {
  return maker_ == nullptr ? std::string() : maker_->plugin().concern();
}

ProcessorFactory processor_factory(std::shared_ptr<SharedPlugin> plugin, std::string name,
                                   Value options) {
  auto maker = std::make_shared<InstanceMaker>(std::move(plugin), processor_rules, std::move(name),
                                               std::move(options));
  return [maker]() -> Result<std::unique_ptr<Processor>> {
    const Result<penstock_instance*> made = maker->make();
    if (!made) return made.errors();
    auto& instance = *reinterpret_cast<penstock_processor*>(*made);
    return std::unique_ptr<Processor>(std::make_unique<PluginProcessor>(instance, maker));
  };
}

}  // namespace penstock::plugin
