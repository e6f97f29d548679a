// SPDX-License-Identifier: Apache-2.0
// A thousand ends of a plugin's process, and the end of the process that has it.
#include <atomic>
#include <poll.h>
#include <sys/syscall.h>

#include <gmock/gmock.h>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

using penstock::test::random_stream;
using penstock::test::Threads;

constexpr int kills = under_asan || under_tsan ? 60 : 1000;

TEST_F(IsolationTest, AThousandKillsInARowLoseAndRepeatNothing) {
  Pipeline& pipeline = start_apart(
      R"("at": "write", "after": 2, "does": "kill", "times": )" + std::to_string(kills), 1);
  log(pipeline, 0, kills + 10);
  EXPECT_TRUE(pipeline.flush(4 * penstock::test::patience));
  EXPECT_EQ(delivered(), numbers(0, kills + 10));
  EXPECT_EQ(processes(), static_cast<std::size_t>(kills) + 1);
  const SinkStats stats = stats_of(pipeline, "apart");
  EXPECT_EQ(stats.delivered, kills + 10);
  EXPECT_EQ(stats.dropped_total(), 0);
}

// Where it stands in a list by the first time it is there.
std::vector<std::string> first_times(const std::vector<std::string>& all) {
  std::map<std::string, bool> seen;
  std::vector<std::string> first;
  for (const std::string& one : all) {
    if (seen.emplace(one, true).second) first.push_back(one);
  }
  return first;
}

TEST_F(IsolationTest, KillsAtAnyMomentLoseNothingAndKeepTheOrder) {
  constexpr int events = 3000;
  const int wanted = under_asan || under_tsan ? 10 : 60;
  Pipeline& pipeline = start_apart("", 7);
  std::atomic<bool> is_over{false};
  Threads killer;
  int killed = 0;  // by the thread, and read when it is joined
  killer.start([&] {
    auto random = random_stream(1);
    pid_t last = 0;
    while (killed < wanted && !is_over.load(std::memory_order_relaxed)) {
      const std::vector<std::string> pids = folder_.lines("pids");
      const pid_t pid = pids.empty() ? 0 : std::stoi(pids.back());
      if (pid == 0 || pid == last) continue;
      for (std::uint64_t spin = random() % 2000; spin > 0; --spin) std::this_thread::yield();
      ::kill(pid, SIGKILL);  // ours, and not reaped before it is replaced, or gone
      last = pid;
      ++killed;
    }
  });
  int next = 0;
  while (next < events) {
    log(pipeline, next, next + 50);
    next += 50;
    static_cast<void>(pipeline.flush(penstock::test::patience));  // it may be of one that ends
  }
  is_over.store(true, std::memory_order_relaxed);
  killer.join();
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "apart").delivered == events; }));
  EXPECT_EQ(first_times(delivered()), numbers(0, events));
  EXPECT_GT(killed, 0);
}

// ---- who made it ends

class HostEnd : public ::testing::TestWithParam<const char*> {};

// A process of our own that makes the pipeline, and is killed.
TEST_P(HostEnd, TakesThePluginsProcessWithIt) {
  const Folder folder;
  const pid_t host = ::fork();
  ASSERT_NE(host, -1);
  if (host == 0) {
    PipelineOptions options;
    options.sinks = {sink_of(isolation_of(plugin_of("subject"), folder, GetParam()))};
    Result<Pipeline> pipeline = Pipeline::start(std::move(options));
    if (pipeline) pipeline->logger("t").info("{}", 1);
    for (;;) ::pause();
  }
  const bool hangs = std::string_view(GetParam()).find("hang") != std::string_view::npos;
  const pid_t pid = folder.wait_for_pid(hangs ? "hanging" : "pids");
  const plugin::Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ASSERT_TRUE(end);
  ::kill(host, SIGKILL);
  EXPECT_EQ(::waitpid(host, nullptr, 0), host);
  pollfd ended{.fd = end.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 30'000), 1) << "it has outlived its host";
}

INSTANTIATE_TEST_SUITE_P(All, HostEnd,
                         ::testing::Values(R"("at": "never")", R"("at": "write", "does": "hang")"),
                         [](const auto& test) { return test.index == 0 ? "idle" : "hanging"; });

}  // namespace
}  // namespace penstock::isolation::test
