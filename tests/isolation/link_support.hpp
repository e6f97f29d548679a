// SPDX-License-Identifier: Apache-2.0
// link_support.hpp: a link whose child is silent: the test speaks for it.
#pragma once

#include <array>
#include <future>
#include <new>
#include <optional>
#include <sys/socket.h>

#include "isolation/link.hpp"
#include "isolation_support.hpp"
#include "penstock/plugin/abi.h"
#include "penstock/testing.hpp"
#include "raw_message.hpp"

namespace penstock::isolation::test {

using penstock::testing::OwnedBatch;
using plugin::Descriptor;

inline constexpr std::uint64_t token = 40;

// What the pipeline hears.
class Recorder final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "apart"; }
  std::int64_t now_ns() const noexcept override { return 0; }
  void settle(std::uint64_t settled, WriteResult result) override {
    std::lock_guard lock(mutex_);
    if (failures_ > 0 && failures_-- > 0) throw std::bad_alloc();
    settled_.emplace_back(settled, std::move(result));
    changed_.notify_all();
  }
  void report(std::string_view problem) override {
    std::lock_guard lock(mutex_);
    reports_.emplace_back(problem);
    changed_.notify_all();
  }
  // The first that comes.
  std::optional<std::pair<std::uint64_t, WriteResult>> settled() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, penstock::test::patience, [&] { return !settled_.empty(); });
    if (settled_.empty()) return std::nullopt;
    return settled_.front();
  }
  std::string reported() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, penstock::test::patience, [&] { return !reports_.empty(); });
    return reports_.empty() ? "" : reports_.front();
  }
  // What was heard of another process counts no more.
  void forget() {
    std::lock_guard lock(mutex_);
    settled_.clear();
    reports_.clear();
  }
  void fail(int times) {
    std::lock_guard lock(mutex_);
    failures_ = times;
  }
  std::size_t count() {
    std::lock_guard lock(mutex_);
    return settled_.size();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::pair<std::uint64_t, WriteResult>> settled_{};  // under mutex_
  std::vector<std::string> reports_{};                            // under mutex_
  int failures_ = 0;                                              // under mutex_: still to come
};

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() { begin(penstock::test::patience); }

  ~LinkTest() override { end(); }

  // The silent process does not see that nobody listens any more.
  void end() {
    if (link_ != nullptr && link_->death().empty()) ::kill(pid_, SIGKILL);
    link_.reset();
    context_.forget();
  }
  void begin(std::chrono::nanoseconds call_timeout, std::chrono::nanoseconds heartbeat = 10s,
             std::chrono::milliseconds time_to_die = 5s) {
    end();
    std::array<int, 2> talk{};
    std::array<int, 2> secrets{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk.data()), 0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, secrets.data()), 0);
    there_ = Descriptor(talk[1]);
    const Descriptor no_secrets(secrets[1]);
    Result<Child> child =
        Child::begin(PENSTOCK_ISOLATION_IDLE, {},
                     {.plugin = there_.get(), .socket = there_.get(), .secrets = no_secrets.get()});
    ASSERT_TRUE(child.ok()) << child.errors().front().message;
    pid_ = child->pid();
    link_ = std::make_unique<Link>(
        Link::Parts{.child = *std::move(child),
                    .socket = Descriptor(talk[0]),
                    .secrets = Descriptor(secrets[0]),
                    .give_secret = [](const std::string&) { return SecretAnswer{}; },
                    .plugin = "org.example.liar",
                    .sink = "apart",
                    .call_timeout = call_timeout,
                    .heartbeat = heartbeat,
                    .time_to_die = time_to_die});
    link_->attach(context_);
    say(raw({.kind = 1, .value = 1}));
    ASSERT_TRUE(link_->wait_made().ok());
  }

  void say(const Bytes& bytes) const {
    ASSERT_EQ(::send(there_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  Request hear() const {
    Request request{};
    EXPECT_EQ(::recv(there_.get(), &request, sizeof request, 0),
              static_cast<ssize_t>(sizeof request));
    return request;
  }
  void say_done(const Request& request, std::uint64_t value = 0) const {
    say(raw({.kind = 3, .number = request.number, .value = value}));
  }
  // Offers three events; comes back when the child has heard of it.
  std::future<WriteResult> offer(std::uint64_t as = token) {
    batch_.parts().token = as;
    auto result = std::async(std::launch::async, [this] { return link_->write(batch_.view()); });
    Request request = hear();
    if (request.call == Call::map) {
      EXPECT_GE(request.size, bytes_needed(batch_.parts()));
      say_done(request, 0x10000);
      request = hear();
    }
    EXPECT_EQ(request.call, Call::write);
    EXPECT_EQ(request.number, as);
    return result;
  }
  static MessageHead answer(std::uint32_t status, std::uint64_t of = token) {
    return {.kind = 6, .status = status, .number = of};
  }

  NothingIsLeft nothing_is_left_{};
  OwnedBatch batch_{{{.message = "one"}, {.message = "two"}, {.message = "three"}}};
  Recorder context_{};
  Descriptor there_{};
  pid_t pid_ = 0;
  std::unique_ptr<Link> link_{};
};

}  // namespace penstock::isolation::test
