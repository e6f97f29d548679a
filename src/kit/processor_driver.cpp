// SPDX-License-Identifier: Apache-2.0
#include "kit/processor_driver.hpp"

#include <cstring>
#include <string>

#include <fmt/format.h>

#include "kit/sink_driver.hpp"
#include "penstock/event_view.hpp"
#include "plugin/abi_sizes.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

constexpr const char* valid_until = "what `out` refers to has to stay until the next call";

// Whether all of it can be read; who gave a wrong address ends the process here.
bool is_whole(penstock_text text) {
  volatile unsigned char sum = 0;
  if (text.size > 0 && text.data == nullptr) return false;
  for (std::size_t i = 0; i < text.size; ++i) {
    sum = static_cast<unsigned char>(sum + static_cast<unsigned char>(text.data[i]));
  }
  return true;
}

std::string flaw_of_field(const penstock_field& field, bool may_be_unknown) {
  if (!is_whole(field.key)) return "a key is null, and has a size";
  if (field.value.type == PENSTOCK_TEXT && !is_whole(field.value.as.text)) {
    return "a value is a text that is null, and has a size";
  }
  if (field.value.type > PENSTOCK_TEXT && !may_be_unknown) {
    return fmt::format("a value is of the type {}, which there is not", field.value.type);
  }
  return {};
}

// Of what a processor may change.
std::string flaw_of(const penstock_event& in, const penstock_event& out) {
  if (out.level > PENSTOCK_LEVEL_CRITICAL) return fmt::format("its level is {}", out.level);
  if (!is_whole(out.message) || !is_whole(out.name)) return "a text is null, and has a size";
  if (out.field_count > 0 && out.fields == nullptr) return "it has fields, and they are null";
  if (out.tag_count > 0 && out.tags == nullptr) return "it has tags, and they are null";
  bool has_unknown = false;
  for (std::size_t i = 0; i < in.field_count; ++i) {
    has_unknown = has_unknown || in.fields[i].value.type > PENSTOCK_TEXT;
  }
  for (std::size_t i = 0; i < out.field_count; ++i) {
    std::string flaw = flaw_of_field(out.fields[i], has_unknown);
    if (!flaw.empty()) return flaw;
  }
  for (std::size_t i = 0; i < out.tag_count; ++i) {
    if (!is_whole(out.tags[i])) return "a tag is null, and has a size";
  }
  return {};
}

}  // namespace

ProcessorDriver::ProcessorDriver(Bench& bench, const Layout& layout)
    : bench_(bench),
      layout_(layout),
      event_bytes_(sizeof(penstock_event) + layout.tail),
      config_(std::make_unique<plugin::InstanceConfig>(bench.full_options())),
      out_(place(penstock_event{}, layout)) {
  std::string why;
  penstock_instance* const made = try_create(bench_, bench_.component().name, config_->c(), why);
  if (made == nullptr) {
    throw Failure{fmt::format("create() failed: {}", why.empty() ? "it gave no reason" : why),
                  "say in the manifest's config_schema what it requires; give it here: --options"};
  }
  processor_ = reinterpret_cast<penstock_processor*>(made);
  const bool is_processor = made->size >= plugin::processor_bytes_min && made->destroy != nullptr &&
                            processor_->process != nullptr;
  expect(is_processor, "what create() makes is no whole penstock_processor",
         "build it with Penstock's own headers");
}

ProcessorDriver::~ProcessorDriver() {
  if (processor_ != nullptr) static_cast<void>(config_.release());
  unplace(out_, sizeof *out_, layout_);
}

std::uint32_t ProcessorDriver::process(BatchMemory& memory) {
  std::uint32_t answer = PENSTOCK_PROCESS_KEEP;
  for (std::size_t i = 0; i < memory.count(); ++i) answer = process(memory.event(i));
  return answer;
}

std::uint32_t ProcessorDriver::process(const penstock_event& in) {
  bench_.at("process()");
  std::memcpy(static_cast<void*>(out_), &in, event_bytes_);
  penstock_text error{};
  const std::uint32_t answer =
      processor_->process(processor_->instance.self, &in, out_, event_bytes_, &error);
  if (answer > PENSTOCK_PROCESS_FAILED) {
    throw Failure{fmt::format("process() answers {}, which there is not", answer),
                  "answer with one of PENSTOCK_PROCESS_KEEP, CHANGE, DROP and FAILED"};
  }
  if (answer == PENSTOCK_PROCESS_FAILED) {
    expect(is_whole(error) && error.size > 0, "process() failed and gave no reason",
           "fill in `error`: it is what the user gets to see");
  }
  if (answer != PENSTOCK_PROCESS_CHANGE) return answer;
  bench_.at("reading what process() has put into `out`");
  const std::string flaw = flaw_of(in, *out_);
  if (!flaw.empty()) throw Failure{"the event that it gives: " + flaw, valid_until};
  return answer;
}

void ProcessorDriver::destroy() {
  bench_.at("destroy()");
  processor_->instance.destroy(processor_->instance.self);
  processor_ = nullptr;
}

}  // namespace penstock::kit
