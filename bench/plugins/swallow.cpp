// SPDX-License-Identifier: Apache-2.0
// swallow.cpp: a plugin that looks at each event once and keeps nothing.
#include <cstdint>

#include <penstock/plugin/sink.hpp>

class SwallowSink final : public penstock::Sink {
 public:
  explicit SwallowSink(const penstock::plugin::Config& config)
      : wants_text_(config.boolean("encoded")) {}
  Needs needs() const noexcept override { return {.events = !wants_text_, .encoded = wants_text_}; }
  penstock::Status open(penstock::SinkContext&) override { return {}; }
  penstock::WriteResult write(const penstock::Batch& batch) override {
    for (const penstock::EventView& event : batch.events()) sum_ = sum_ + look_at(event.message);
    sum_ = sum_ + look_at(batch.encoded());
    return penstock::WriteResult::ok();
  }

 private:
  static std::uint64_t look_at(std::string_view text) {
    std::uint64_t sum = text.size();
    for (std::size_t at = 0; at < text.size(); at += 64)
      sum += static_cast<unsigned char>(text[at]);
    return sum;
  }

  const bool wants_text_;
  volatile std::uint64_t sum_ = 0;
};
PENSTOCK_SINK_PLUGIN("swallow", SwallowSink);
