// SPDX-License-Identifier: Apache-2.0
// plugin/testing.hpp: a host made up by a test, so that a plugin's sink can be tested by itself:
// its options, and what it may ask of Penstock. Batches are in penstock/testing.hpp.
//
//   FakeConfig options({{"path", "/tmp/out"}, {"limit", 3}});
//   FakeContext context;
//   MySink sink(options.config());
//   ASSERT_TRUE(sink.open(context).ok());
//   EXPECT_EQ(sink.write(OwnedBatch({{.message = "one"}}).view()).kind(), WriteResult::Kind::ok);
//
// Nothing here knows the manifest: options are what the test says, without its defaults.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "penstock/plugin/config.hpp"
#include "penstock/sink.hpp"
#include "penstock/testing.hpp"

namespace penstock::testing {

// The options of a sink, by their paths: "key", "key.key", "list[0].key". It stays where it is, and
// outlives the sink. [one thread]
class FakeConfig {
 public:
  // Text, a number, true or false.
  struct Option {
    Option(std::string name, std::integral auto number) : path(std::move(name)) {
      if constexpr (std::same_as<decltype(number), bool>) {
        value = number;
      } else {
        value = static_cast<std::int64_t>(number);
      }
    }
    Option(std::string name, double number) : path(std::move(name)), value(number) {}
    Option(std::string name, std::string text) : path(std::move(name)), value(std::move(text)) {}
    Option(std::string name, const char* text) : path(std::move(name)), value(std::string(text)) {}

    std::string path;
    OwnedValue value{};
  };

  FakeConfig(std::initializer_list<Option> options = {}) {
    for (const Option& option : options) values_[option.path] = option.value;
    c_.size = sizeof c_;
    c_.ctx = this;
    c_.json = {"{}", 2};
    c_.get = &FakeConfig::get;
    c_.count = &FakeConfig::count;
    c_.key = &FakeConfig::key;
    c_.duration_ns = &FakeConfig::duration_ns;
    c_.size_bytes = &FakeConfig::size_bytes;
    c_.secret = &FakeConfig::secret;
  }
  FakeConfig(const FakeConfig&) = delete;
  FakeConfig& operator=(const FakeConfig&) = delete;

  // Of `format: duration`, `size` and `secret`. A secret may be set again: that is a new one.
  FakeConfig& duration(const std::string& path, std::chrono::nanoseconds value) {
    durations_[path] = value.count();
    return *this;
  }
  FakeConfig& bytes(const std::string& path, std::uint64_t value) {
    sizes_[path] = value;
    return *this;
  }
  FakeConfig& secret(const std::string& path, std::string value) {
    secrets_[path] = std::move(value);
    return *this;
  }
  // All of it as JSON, for a sink that asks for that.
  FakeConfig& json(std::string text) {
    json_ = std::move(text);
    c_.json = penstock::detail::c_text(json_);
    return *this;
  }

  plugin::Config config() const noexcept { return plugin::Config(c_); }

 private:
  template <class Values>
  static std::int32_t take(const Values& values, penstock_text path, auto&& use) {
    const auto found = values.find(penstock::detail::text_of(path));
    if (found == values.end()) return PENSTOCK_ABSENT;
    use(found->second);
    return PENSTOCK_OK;
  }
  static const FakeConfig& of(void* ctx) { return *static_cast<const FakeConfig*>(ctx); }

  static std::int32_t get(void* ctx, penstock_text path, penstock_value* value) {
    return take(of(ctx).values_, path, [&](const OwnedValue& held) {
      *value = penstock::detail::c_value(std::visit(
          [](const auto& one) {
            if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::string>) {
              return Value(std::string_view(one));
            } else {
              return Value(one);
            }
          },
          held));
    });
  }
  static std::int32_t duration_ns(void* ctx, penstock_text path, std::int64_t* value) {
    return take(of(ctx).durations_, path, [&](std::int64_t held) { *value = held; });
  }
  static std::int32_t size_bytes(void* ctx, penstock_text path, std::uint64_t* value) {
    return take(of(ctx).sizes_, path, [&](std::uint64_t held) { *value = held; });
  }
  static std::int32_t secret(void* ctx, penstock_text path, char* buffer, std::size_t capacity,
                             std::size_t* needed, penstock_text*) {
    return take(of(ctx).secrets_, path, [&](const std::string& held) {
      *needed = held.size();
      if (held.size() <= capacity) held.copy(buffer, capacity);
    });
  }

  // The items of a list, or the keys of an object: what comes after `path` in the other paths, each
  // once. In the order of their names, which is not that of more than ten items.
  std::vector<std::string_view> below(std::string_view path) const {
    std::vector<std::string_view> parts;
    for (const auto& each : secrets_) add_below(path, each.first, parts);
    for (const auto& each : values_) add_below(path, each.first, parts);
    for (const auto& each : durations_) add_below(path, each.first, parts);
    for (const auto& each : sizes_) add_below(path, each.first, parts);
    return parts;
  }
  static void add_below(std::string_view path, std::string_view whole,
                        std::vector<std::string_view>& parts) {
    if (!whole.starts_with(path)) return;
    std::string_view rest = whole.substr(path.size());
    if (!path.empty()) {
      if (rest.empty() || (rest.front() != '.' && rest.front() != '[')) return;
      rest.remove_prefix(1);
    }
    const std::string_view part = rest.substr(0, rest.find_first_of(".[]"));
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  static std::int32_t count(void* ctx, penstock_text path, std::size_t* count) {
    *count = of(ctx).below(penstock::detail::text_of(path)).size();
    return *count == 0 ? PENSTOCK_ABSENT : PENSTOCK_OK;
  }
  static std::int32_t key(void* ctx, penstock_text path, std::size_t index, penstock_text* key) {
    const std::vector<std::string_view> keys = of(ctx).below(penstock::detail::text_of(path));
    if (index >= keys.size()) return PENSTOCK_ABSENT;
    *key = penstock::detail::c_text(keys[index]);
    return PENSTOCK_OK;
  }

  std::map<std::string, OwnedValue, std::less<>> values_{};
  std::map<std::string, std::int64_t, std::less<>> durations_{};
  std::map<std::string, std::uint64_t, std::less<>> sizes_{};
  std::map<std::string, std::string, std::less<>> secrets_{};
  std::string json_{};
  penstock_config c_{};
};

// What Penstock gives to a sink: a clock that the test moves, and what the sink said. [any]
class FakeContext : public SinkContext {
 public:
  struct Settled {
    std::uint64_t token = 0;
    WriteResult result;
  };

  std::string_view sink_name() const noexcept override { return "test"; }
  std::int64_t now_ns() const noexcept override {
    std::lock_guard lock(mutex_);
    return now_ns_;
  }
  void advance(std::chrono::nanoseconds time) {
    std::lock_guard lock(mutex_);
    now_ns_ += time.count();
  }
  std::uint32_t max_in_flight() const noexcept override { return 8; }

  void settle(std::uint64_t token, WriteResult result) override {
    {
      std::lock_guard lock(mutex_);
      settled_.push_back({token, std::move(result)});
    }
    changed_.notify_all();
  }
  // The answers so far, oldest first.
  std::vector<Settled> settled() const {
    std::lock_guard lock(mutex_);
    return settled_;
  }
  // Waits until so many answers are there. False when the time ran out first.
  bool wait_for(std::size_t count, std::chrono::nanoseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return settled_.size() >= count; });
  }

  void report(std::string_view problem) override {
    std::lock_guard lock(mutex_);
    problem_ = problem;
  }
  void measure(std::string_view name, double value) override {
    std::lock_guard lock(mutex_);
    figures_[std::string(name)] = value;
  }
  // The last value under each name.
  std::map<std::string, double> figures() const {
    std::lock_guard lock(mutex_);
    return figures_;
  }
  // The last one that it told of, and has not taken back.
  std::string problem() const {
    std::lock_guard lock(mutex_);
    return problem_;
  }

 private:
  mutable std::mutex mutex_{};
  mutable std::condition_variable changed_{};
  std::int64_t now_ns_ = 1'700'000'000'000'000'000;
  std::vector<Settled> settled_{};
  std::string problem_{};
  std::map<std::string, double> figures_{};
};

}  // namespace penstock::testing
