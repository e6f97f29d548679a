// SPDX-License-Identifier: Apache-2.0
// webhook_fixture.hpp: a webhook sink without a pipeline: batches, and a context that keeps what it
// is told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http_server.hpp"
#include "penstock/sinks.hpp"
#include "support.hpp"
#include "support/wait.hpp"

namespace penstock {

inline void PrintTo(WriteResult::Kind kind, std::ostream* out) {
  static constexpr const char* names[] = {"ok", "retry", "reject", "pending", "fatal"};
  *out << names[static_cast<int>(kind)];
}

}  // namespace penstock

namespace penstock::sinks::testing {

using namespace std::chrono_literals;

class WebhookContext final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "a_long_sink_name"; }
  std::int64_t now_ns() const noexcept override { return now; }
  void settle(std::uint64_t token, WriteResult result) override {
    std::lock_guard lock(mutex_);
    if (failures > 0 && failures-- > 0) throw std::bad_alloc();
    EXPECT_TRUE(results_.emplace(token, std::move(result)).second) << "settled twice";
    changed_.notify_all();
  }
  void report(std::string_view problem) override {
    std::lock_guard lock(mutex_);
    if (fails_to_report) throw std::bad_alloc();
    reports_.emplace_back(problem);
  }

  WriteResult wait(std::uint64_t token) {
    std::unique_lock lock(mutex_);
    const bool there =
        changed_.wait_for(lock, penstock::test::patience, [&] { return results_.contains(token); });
    if (!there) return WriteResult::fatal("not settled in time");
    return results_.at(token);
  }
  bool is_settled(std::uint64_t token) {
    std::lock_guard lock(mutex_);
    return results_.contains(token);
  }
  std::vector<std::string> reports() const {
    std::lock_guard lock(mutex_);
    return reports_;
  }
  // As it shows in the stats.
  std::string problem() const {
    std::lock_guard lock(mutex_);
    return reports_.empty() ? std::string() : reports_.back();
  }

  // 2021-02-25 15:02:10 UTC
  std::int64_t now = 1'614'265'330 * second;
  std::atomic<int> failures{0};  // calls of settle() that throw, from now
  std::atomic<bool> fails_to_report{false};

 private:
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::map<std::uint64_t, WriteResult> results_{};
  std::vector<std::string> reports_{};
};

// Owns what a Batch refers to: JSON lines, and the events themselves.
class WebhookBatch {
 public:
  explicit WebhookBatch(std::vector<std::string> messages, std::uint64_t id = next_batch_id(),
                        std::size_t offset = 0)
      : messages_(std::move(messages)),
        id_(id),
        token_(next_batch_id() + 1'000'000),
        offset_(offset) {
    for (const std::string& message : messages_) {
      text_ += fmt::format("{{\"message\":\"{}\"}}\n", message);
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
      penstock_event c{};
      c.message = detail::c_text(message);
      c.logger = detail::c_text("orders.book");
      c.level = PENSTOCK_LEVEL_WARNING;
      c.time_ns = 1'614'265'330 * second + 123'456'000;
      c.fields = fields_.data();
      c.field_count = fields_.size();
      events_.push_back(c);
    }
  }
  // With texts instead of JSON.
  static WebhookBatch of_lines(const std::vector<std::string>& lines) {
    WebhookBatch batch(lines);
    batch.text_.clear();
    batch.ends_.clear();
    for (const std::string& line : lines) {
      batch.text_ += line + "\n";
      batch.ends_.push_back(static_cast<std::uint32_t>(batch.text_.size()));
    }
    return batch;
  }

  std::uint64_t token() const { return token_; }
  std::uint64_t id() const { return id_; }
  Batch batch() const {
    return Batch({.id = id_,
                  .token = token_,
                  .count = ends_.size(),
                  .offset = offset_,
                  .events = events_.data(),
                  .encoded = text_,
                  .ends = ends_});
  }

 private:
  static inline const std::vector<penstock_field> fields_ = {
      {detail::c_text("venue"), detail::c_value(Value(std::string_view("X \"1\"")))},
      {detail::c_text("qty"), detail::c_value(Value(std::int64_t{7}))}};

  std::vector<std::string> messages_;
  std::uint64_t id_;
  std::uint64_t token_;
  std::size_t offset_;
  std::string text_{};
  std::vector<std::uint32_t> ends_{};
  std::vector<penstock_event> events_{};
};

class WebhookTest : public ::testing::Test {
 protected:
  // Options for the test's own server, which is not public.
  static WebhookOptions to(const std::string& url) {
    WebhookOptions options;
    options.url = url;
    options.allow_private = true;
    return options;
  }

  // Opens the sink under test.
  void open(const WebhookOptions& options) {
    if (sink_ != nullptr) sink_->close();
    sink_ = webhook_sink(options)();
    const Status status = sink_->open(context_);
    ASSERT_TRUE(status.ok()) << to_string(status.errors());
  }

  WriteResult write(const WebhookBatch& batch) {
    WriteResult result = sink_->write(batch.batch());
    if (result.kind() != WriteResult::Kind::pending) return result;
    return context_.wait(batch.token());
  }
  WriteResult write(const std::vector<std::string>& messages) {
    const WebhookBatch batch(messages);
    return write(batch);
  }

  void TearDown() override {
    if (sink_ != nullptr) sink_->close();
  }

  WebhookContext context_{};
  std::unique_ptr<Sink> sink_{};
};

}  // namespace penstock::sinks::testing
