// SPDX-License-Identifier: Apache-2.0
// print.cpp: prints events on standard output. The smallest plugin that is of use.
#include <cstdio>
#include <string>

#include <penstock/plugin/sink.hpp>

class PrintSink final : public penstock::Sink {
 public:
  explicit PrintSink(const penstock::plugin::Config& config) : prefix_(config.text("prefix")) {}
  penstock::Status open(penstock::SinkContext&) override { return {}; }
  penstock::WriteResult write(const penstock::Batch& batch) override {
    for (const penstock::EventView& event : batch.events()) {
      const std::string line = prefix_ + std::string(event.message) + "\n";
      std::fwrite(line.data(), 1, line.size(), stdout);
    }
    return std::fflush(stdout) == 0 ? penstock::WriteResult::ok()
                                    : penstock::WriteResult::retry("standard output is closed");
  }

 private:
  std::string prefix_;
};
PENSTOCK_SINK_PLUGIN("print", PrintSink);
