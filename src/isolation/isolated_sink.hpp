// SPDX-License-Identifier: Apache-2.0
// isolated_sink.hpp: a plugin's sink in a process of its own, as the delivery engine sees any sink.
//
// Threads  all [worker]
// Order    one call at a time; answers that the plugin leaves pending may overtake each other
// Loss     when the process ends or has to be ended, every batch that it has not answered for is
//          answered `fatal`: the engine closes the sink, opens it again after its own backoff,
//          which begins another process, and offers them once more. Some may arrive twice. An
//          event that ends the process alone, again and again, is rejected: see Suspicion
// Errors   as PluginSink; besides: how the process ended, and what it said that cannot be
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "isolation/child.hpp"
#include "isolation/link.hpp"
#include "isolation/suspicion.hpp"
#include "penstock/sink.hpp"
#include "plugin/schema.hpp"
#include "plugin/shared_plugin.hpp"

namespace penstock::isolation {

// What the processes of one sink are made from. Kept by each of its sinks.
struct Isolation {
  std::shared_ptr<plugin::SharedPlugin> plugin;
  std::string host_program;
  std::string component;
  std::string sink;
  plugin::Value options;  // checked, defaults filled in
  ChildLimits limits{};
};

// What the configuration has at a path, if the schema says that it is a secret.
SecretAnswer secret_at(const plugin::Schema* schema, const plugin::Value& options,
                       const std::string& path);

class IsolatedSink final : public Sink {
 public:
  IsolatedSink(std::shared_ptr<const Isolation> isolation, std::chrono::nanoseconds call_timeout);
  ~IsolatedSink() override = default;
  IsolatedSink(const IsolatedSink&) = delete;
  IsolatedSink& operator=(const IsolatedSink&) = delete;

  Needs needs() const noexcept override { return needs_; }
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;
  Status flush() override;
  void control(SinkControl request) override;
  void close() override;

 private:
  // Another process with the plugin in it.
  Status begin();
  Result<std::unique_ptr<Link>> begin_child();
  Status begin_again();
  Status take_made(const Message& made);
  WriteResult give_up(const Batch& batch) const;
  plugin::Refusal refuse(plugin::Stage stage, std::string code, std::string reason,
                         std::string fix) const;

  const std::shared_ptr<const Isolation> isolation_;
  const std::chrono::nanoseconds call_timeout_;
  Needs needs_{};
  std::string refused_{};  // why there is none
  bool may_pass_ = false;  // that: it is tried again
  std::string gap_{};      // what the process could not be kept from
  bool was_made_ = false;
  std::unique_ptr<Link> link_{};
  Suspicion suspicion_{};
  std::uint64_t last_token_ = 0;  // of the last write()
  bool ended_with_it_ = false;    // the process that got that
  std::string last_death_{};
};

}  // namespace penstock::isolation
