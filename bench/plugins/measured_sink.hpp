// SPDX-License-Identifier: Apache-2.0
// measured_sink.hpp: a sink that does next to nothing, on either side of the boundary.
#pragma once

#include <cstdint>

#include <penstock/sink.hpp>

namespace penstock::bench {

class MeasuredSink : public Sink {
 public:
  explicit MeasuredSink(bool reads) : reads_(reads) {}
  Needs needs() const noexcept override { return {.events = reads_, .encoded = false}; }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    if (reads_) read(batch);
    return WriteResult::ok();
  }

 private:
  void read(const Batch& batch) {
    std::uint64_t sum = sum_;
    for (const EventView& event : batch.events()) {
      sum += event.message.size() + static_cast<std::uint64_t>(event.level);
      for (const FieldView& field : event.fields) sum += field.key.size();
    }
    sum_ = sum;
  }

  const bool reads_;
  volatile std::uint64_t sum_ = 0;
};

}  // namespace penstock::bench
