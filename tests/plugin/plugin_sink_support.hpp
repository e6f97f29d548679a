// SPDX-License-Identifier: Apache-2.0
// plugin_sink_support.hpp: a sink on the other side of the boundary that does what a test says.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/plugin/sink.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/plugin_sink.hpp"
#include "support/wait.hpp"

namespace penstock::plugin::test {

// What the sink behind the boundary does, and what it saw. One at a time: of the test that runs.
struct Script {
  std::function<Status(SinkContext&)> open = [](SinkContext&) { return Status(); };
  std::function<WriteResult(const Batch&)> write = [](const Batch&) { return WriteResult::ok(); };
  std::function<Status()> flush = [] { return Status(); };
  Sink::Needs needs{};
  std::vector<SinkControl> controls{};
  int closed = 0;
  int destroyed = 0;
  SinkContext* context = nullptr;
  std::string concern{};  // of the host, such as a signature that is not there
};
inline Script* script = nullptr;

class ScriptedSink final : public Sink {
 public:
  ~ScriptedSink() override { ++script->destroyed; }
  Needs needs() const noexcept override { return script->needs; }
  Status open(SinkContext& context) override {
    script->context = &context;
    return script->open(context);
  }
  WriteResult write(const Batch& batch) override { return script->write(batch); }
  Status flush() override { return script->flush(); }
  void control(SinkControl request) override { script->controls.push_back(request); }
  void close() override { ++script->closed; }
};

class NeverMade final : public Sink {
 public:
  explicit NeverMade(const Config& config) { throw std::runtime_error(config.text("why")); }
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch&) override { return WriteResult::ok(); }
};

// Spoils what the SDK has made before the host sees it.
using Spoil = std::function<void(penstock_sink&)>;

template <class S>
class Provider final : public SinkProvider {
 public:
  explicit Provider(Value options = Value::Object{}, Spoil spoil = {})
      : config_(std::move(options)), spoil_(std::move(spoil)) {}
  Result<penstock_sink*> create() override {
    penstock_text error{};
    penstock_instance* const made =
        detail::sink_factory<S>("scripted")->create("scripted", &config_.c(), &error);
    if (made == nullptr) return Error{.message = std::string(detail::text_of(error))};
    auto* const sink = reinterpret_cast<penstock_sink*>(made);
    if (spoil_) spoil_(*sink);
    return sink;
  }
  std::string concern() const override { return script->concern; }

 private:
  InstanceConfig config_;
  Spoil spoil_;
};

class Host final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "out"; }
  std::int64_t now_ns() const noexcept override { return 42; }
  std::uint32_t max_in_flight() const noexcept override { return 7; }
  void settle(std::uint64_t token, WriteResult result) override {
    std::lock_guard lock(mutex_);
    answers.emplace_back(token, std::move(result));
  }
  void report(std::string_view problem) override { problems.emplace_back(problem); }
  void measure(std::string_view name, double value) override {
    figures.emplace_back(std::string(name), value);
  }

  std::vector<std::pair<std::uint64_t, WriteResult>> answers{};
  std::vector<std::string> problems{};
  std::vector<std::pair<std::string, double>> figures{};

 private:
  std::mutex mutex_{};
};

class PluginSinkTest : public ::testing::Test {
 protected:
  PluginSinkTest() { script = &script_; }
  ~PluginSinkTest() override {
    sink_.reset();
    script = nullptr;
  }

  PluginSink& sink(Spoil spoil = {}) {
    if (!sink_) {
      sink_.emplace(std::make_shared<Provider<ScriptedSink>>(Value::Object{}, std::move(spoil)),
                    std::chrono::seconds(5));
    }
    return *sink_;
  }
  PluginSink& opened(Spoil spoil = {}) {
    EXPECT_TRUE(sink(std::move(spoil)).open(host_).ok());
    return sink();
  }
  // A batch of `count` events that nobody looks at.
  static Batch batch(std::size_t count) { return Batch({.id = 3, .token = 9, .count = count}); }
  WriteResult answer_to(std::size_t count, WriteResult result) {
    script_.write = [&](const Batch&) { return result; };
    return opened().write(batch(count));
  }
  // Of a plugin that fills in the answer by itself.
  WriteResult answer_of_c(void (*write)(void*, const penstock_batch*, penstock_answer*)) {
    return opened([&](penstock_sink& c) { c.write = write; }).write(batch(2));
  }

  Script script_{};
  Host host_{};
  std::optional<PluginSink> sink_{};
};

}  // namespace penstock::plugin::test
