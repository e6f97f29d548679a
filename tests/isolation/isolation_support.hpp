// SPDX-License-Identifier: Apache-2.0
// isolation_support.hpp: sinks in processes of their own, what they left in a folder, and whether
// anything of them is left in this process.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isolation/isolated_sink.hpp"
#include "plugin/json.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"

// In the programs of ThreadSanitizer only.
extern "C" void __sanitizer_symbolize_pc(void* address, const char* format, char* text,
                                         std::size_t size) __attribute__((weak));

namespace penstock::isolation::test {

using namespace std::chrono_literals;
using penstock::test::Clock;
using penstock::test::eventually;
using penstock::test::repeats;
using penstock::test::under_asan;
using penstock::test::under_tsan;

inline std::shared_ptr<plugin::SharedPlugin> plugin_at(const std::string& path) {
  // Who may write to the build folder is not these tests' concern.
  auto file = plugin::PluginFile::open(path, {.user = std::nullopt});
  EXPECT_TRUE(file.ok()) << to_string(file.refusal());
  auto read = plugin::read_plugin(*std::move(file));
  EXPECT_TRUE(read.ok()) << to_string(read.refusal());
  return std::make_shared<plugin::SharedPlugin>(*std::move(read), PENSTOCK_PLUGIN_HOST_PROGRAM);
}
inline std::shared_ptr<plugin::SharedPlugin> plugin_of(const std::string& name) {
  return plugin_at(PENSTOCK_ISOLATION_PLUGINS "/" + name + ".penstock.so");
}
// One of tests/plugin, which goes wrong before there is a sink.
inline std::shared_ptr<plugin::SharedPlugin> fixture_of(const std::string& name) {
  return plugin_at(PENSTOCK_PLUGIN_FIXTURES "/" + name + ".penstock.so");
}

// A folder that the plugin may write to. Gone at the end.
class Folder {
 public:
  Folder() {
    std::string path = (std::filesystem::temp_directory_path() / "penstock-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = std::filesystem::canonical(path).string();
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream file(path_ + "/" + name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // It does what it should from now on.
  void make_peace() const { std::ofstream(path_ + "/peace") << "x"; }
  // The process that said it last, once there is one.
  pid_t wait_for_pid(const std::string& name) const {
    std::vector<std::string> pids;
    EXPECT_TRUE(eventually([&] { return !(pids = lines(name)).empty(); }));
    return pids.empty() ? 0 : std::stoi(pids.back());
  }

 private:
  std::string path_{};
};

inline std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}
inline std::ptrdiff_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return std::distance(begin(all), end(all));
}
// Processes and zombies, but for the program by which ThreadSanitizer looks up names.
inline bool has_children() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1) return false;
  if (!under_tsan) return true;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (std::string pid; children >> pid;) {
      std::ifstream comm("/proc/" + pid + "/comm");
      std::string name;
      if (!std::getline(comm, name) || name != "llvm-symbolizer") return true;
    }
  }
  return false;
}

// ThreadSanitizer starts that program when it has something to tell, be it of what is suppressed.
// From here on it runs.
inline void begin_symbolizer() {
  if constexpr (under_tsan) {
    std::array<char, 256> name{};
    __sanitizer_symbolize_pc(__builtin_return_address(0), "%f", name.data(), name.size());
  }
}

// What is not there any more at its end.
class NothingIsLeft {
 public:
  // ThreadSanitizer has a thread of its own from the first one on.
  NothingIsLeft() {
    begin_symbolizer();
    std::thread([] {}).join();
    EXPECT_TRUE(eventually([] { return threads() <= (under_tsan ? 2 : 1); })) << threads();
    descriptors_ = open_descriptors();
    threads_ = threads();
  }
  // A joined thread may be listed for another moment, and one that was left behind may take longer.
  ~NothingIsLeft() {
    EXPECT_TRUE(eventually([&] { return threads() == threads_; })) << threads();
    EXPECT_TRUE(eventually([&] { return open_descriptors() == descriptors_; }))
        << open_descriptors() << " descriptors, before " << descriptors_;
    EXPECT_FALSE(has_children()) << "a process, or a zombie";
  }
  NothingIsLeft(const NothingIsLeft&) = delete;
  NothingIsLeft& operator=(const NothingIsLeft&) = delete;

 private:
  std::ptrdiff_t descriptors_ = 0;
  std::ptrdiff_t threads_ = 0;
};

// For calls that hang: long enough for a process to begin, on a machine that is busy.
inline constexpr std::chrono::milliseconds soon = under_asan || under_tsan ? 1500ms : 500ms;

// `json`: more options of the subject, such as R"("at": "write", "does": "kill")".
inline std::shared_ptr<const Isolation> isolation_of(std::shared_ptr<plugin::SharedPlugin> plugin,
                                                     const Folder& folder, const std::string& json,
                                                     const ChildLimits& limits = {}) {
  std::string options = R"({"folder": ")" + folder.path() + "\"";
  if (!json.empty()) options += ", " + json;
  auto value = plugin::parse_json(options + "}");
  EXPECT_TRUE(value.ok()) << options;
  const std::string component = plugin->manifest().provides.front().name;
  return std::make_shared<const Isolation>(Isolation{.plugin = std::move(plugin),
                                                     .host_program = PENSTOCK_PLUGIN_HOST_PROGRAM,
                                                     .component = component,
                                                     .sink = "apart",
                                                     .options = *std::move(value),
                                                     .limits = limits});
}

inline SinkOptions sink_of(std::shared_ptr<const Isolation> isolation,
                           std::chrono::nanoseconds call_timeout = penstock::test::patience) {
  SinkOptions sink;
  sink.name = "apart";
  sink.type = "subject";
  sink.level = Level::trace;
  sink.batch.linger = std::chrono::nanoseconds{0};
  sink.retry = {.min_backoff = 1ms, .max_backoff = 2ms};
  sink.call_timeout = call_timeout;
  sink.make = [isolation = std::move(isolation), call_timeout] {
    return std::make_unique<IsolatedSink>(isolation, call_timeout);
  };
  return sink;
}

// A sink of the subject beside one in this process.
class IsolationTest : public penstock::test::PipelineTest {
 protected:
  Pipeline& start_apart(const std::string& json, std::uint32_t max_events = 8192,
                        std::chrono::nanoseconds call_timeout = penstock::test::patience,
                        const ChildLimits& limits = {}) {
    SinkOptions apart =
        sink_of(isolation_of(plugin_of("subject"), folder_, json, limits), call_timeout);
    apart.batch.max_events = max_events;
    return start({apart, beside_.options("beside")});
  }
  static void log(Pipeline& pipeline, int from, int to) {
    const Logger log = pipeline.logger("t");
    for (int i = from; i < to; ++i) log.info("{}", i);
  }
  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> numbers;
    for (int i = from; i < to; ++i) numbers.push_back(std::to_string(i));
    return numbers;
  }
  std::vector<std::string> delivered() const { return folder_.lines("out"); }
  std::size_t processes() const { return folder_.lines("pids").size(); }
  std::string error(const Pipeline& pipeline) const {
    return stats_of(pipeline, "apart").last_error;
  }

  NothingIsLeft nothing_is_left_{};
  Folder folder_{};
  penstock::test::MemorySink beside_{};
};

}  // namespace penstock::isolation::test
