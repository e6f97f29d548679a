// SPDX-License-Identifier: Apache-2.0
// plugin_sink.hpp: an instance of a plugin's sink, as the delivery engine sees any sink.
//
// Threads  all [worker], but what the plugin calls back: [any]
// Errors   what the plugin answers is checked: a status that there is not is `fatal`, and positions
//          beyond the batch count for nothing. An exception that it lets out goes on to the engine
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "penstock/plugin/abi.h"
#include "penstock/sink.hpp"

namespace penstock::plugin {

// Makes instances; whatever they need to stay alive is kept by who made it.
class SinkProvider {
 public:
  virtual ~SinkProvider() = default;
  // A new instance, of which destroy() has to be called; or the reason why there is none.
  virtual Result<penstock_sink*> create() = 0;
  // How the failure of an open() is told: whoever reads it needs to know whose it was.
  virtual std::string open_failed(const std::string& why) const { return why; }
  // What its user should know, although there is an instance; empty: nothing.
  virtual std::string concern() const { return {}; }
};

class PluginSink final : public Sink {
 public:
  PluginSink(std::shared_ptr<SinkProvider> provider, std::chrono::nanoseconds call_timeout);
  ~PluginSink() override;
  PluginSink(const PluginSink&) = delete;
  PluginSink& operator=(const PluginSink&) = delete;

  Needs needs() const noexcept override;
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;
  Status flush() override;
  void control(SinkControl request) override;
  void close() override;

 private:
  std::int64_t deadline_ns() const noexcept;

  static std::int64_t now_of(void* ctx);
  static void settle_of(void* ctx, std::uint64_t token, const penstock_answer* answer);
  static void report_of(void* ctx, penstock_text problem);
  static void measure_of(void* ctx, penstock_text name, double value);

  std::shared_ptr<SinkProvider> provider_;
  std::chrono::nanoseconds call_timeout_;
  penstock_sink* c_ = nullptr;
  std::string error_{};  // why there is no instance
  SinkContext* context_ = nullptr;
  std::string concern_{};  // of the provider, when it was opened first
  penstock_sink_host host_{};
};

}  // namespace penstock::plugin
