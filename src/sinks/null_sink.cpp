// SPDX-License-Identifier: Apache-2.0
// null_sink.cpp: takes everything and keeps nothing.
#include <memory>

#include "penstock/sinks.hpp"

namespace penstock {
namespace {

class NullSink final : public Sink {
 public:
  Needs needs() const noexcept override { return {.events = false, .encoded = false}; }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch&) override { return WriteResult::ok(); }
};

}  // namespace

SinkFactory null_sink() {
  return [] { return std::make_unique<NullSink>(); };
}

}  // namespace penstock
