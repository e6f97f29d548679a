// SPDX-License-Identifier: Apache-2.0
// From a file that was listed to code that runs: never other code than was listed, whatever happens
// to the file meanwhile.
#include "plugin/shared_plugin.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/catalog.hpp"
#include "plugin/plugin_guard.hpp"
#include "plugin_support.hpp"
#include "support/run.hpp"
#include "support/wait.hpp"

namespace penstock::plugin::test {
namespace {

using penstock::test::repeats;
using penstock::test::Threads;
using penstock::test::under_tsan;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class SharedPluginTest : public ::testing::Test {
 protected:
  // As the catalog lists it; a file that is being written may not pass.
  std::optional<Plugin> list(const std::string& path) const {
    Checked<PluginFile> file = PluginFile::open(path, folder_.rules());
    if (!file) return std::nullopt;
    Checked<Plugin> plugin = read_plugin(*std::move(file));
    if (!plugin) return std::nullopt;
    return *std::move(plugin);
  }
  SharedPlugin listed(const std::string& fixture_name) const {
    return SharedPlugin(*list(folder_.add_fixture(fixture_name, "x.penstock.so")),
                        PENSTOCK_PLUGIN_HOST_PROGRAM);
  }
  static std::ptrdiff_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  }

  Folder folder_{};
};

TEST_F(SharedPluginTest, IsLoadedOnceForAll) {
  SharedPlugin shared = listed("loadable");
  const auto first = shared.load();
  ASSERT_TRUE(first.ok()) << to_string(first.refusal());
  EXPECT_STREQ((*first)->id, "org.example.fixture");
  const std::ptrdiff_t before = open_descriptors();
  EXPECT_EQ(*shared.load(), *first);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(SharedPluginTest, TwoListingsOfOneFileAreTwoPlugins) {
  SharedPlugin one = listed("loadable");
  SharedPlugin two = listed("loadable");
  EXPECT_NE(*one.load(), *two.load());
}

TEST_F(SharedPluginTest, OneThatIsRefusedStaysRefusedAndLeavesNothingBehind) {
  SharedPlugin shared = listed("constructor_crashes");
  const std::ptrdiff_t before = open_descriptors();
  const auto first = shared.load();
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.refusal().stage, Stage::probe);
  EXPECT_EQ(first.refusal().code, "crash");
  EXPECT_EQ(first.refusal().plugin, "org.example.fixture");
  EXPECT_EQ(first.refusal().file, folder_.path("x.penstock.so"));
  EXPECT_EQ(shared.load().refusal().code, "crash");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no child either
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(SharedPluginTest, WithoutTheHostProgramNothingIsLoaded) {
  const std::string path = folder_.add_fixture("loadable", "x.penstock.so");
  EXPECT_EQ(SharedPlugin(*list(path), "").load().refusal().code, "no-host-program");
  const auto missing = SharedPlugin(*list(path), "/nowhere/penstock-plugin-host").load();
  EXPECT_EQ(missing.refusal().code, "spawn");
  EXPECT_THAT(missing.refusal().reason, HasSubstr("No such file"));
}

TEST_F(SharedPluginTest, AFileThatWasRewrittenAfterItWasListedIsRefused) {
  SharedPlugin shared = listed("loadable");
  folder_.add_fixture("double", "x.penstock.so");  // the same inode
  const auto loaded = shared.load();
  ASSERT_FALSE(loaded.ok());
  // Which of them depends on which of the two files is longer.
  EXPECT_THAT(loaded.refusal().code, AnyOf("changed", "copy"));
}

TEST_F(SharedPluginTest, AFileThatWasReplacedAfterItWasListedIsLoadedAsListed) {
  SharedPlugin shared = listed("loadable");
  folder_.add_fixture("double", "other");
  std::filesystem::rename(folder_.path("other"), folder_.path("x.penstock.so"));
  const auto loaded = shared.load();
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.refusal());
  EXPECT_STREQ((*loaded)->id, "org.example.fixture");
}

// ---- while it is listed and loaded, somebody changes the file

// Is asked between the check and the load, about the bytes that would be loaded, and lets none in:
// so that there may be thousands of races.
class Witness final : public PluginGuard {
 public:
  Checked<Admission> judge(const Plugin& plugin) override {
    constexpr int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    EXPECT_EQ(::fcntl(plugin.file.fd(), F_GET_SEALS) & all, all);
    seen_.push_back(plugin.manifest.id);
    return Refusal{.code = "witnessed"};
  }
  std::unique_ptr<Refusal> loaded(const Manifest&, const std::string&, const Admission&,
                                  std::string&) override {
    ADD_FAILURE() << "nothing was let in";
    return nullptr;
  }
  // The ids that it was asked about.
  const std::vector<std::string>& seen() const { return seen_; }

 private:
  std::vector<std::string> seen_{};
};

class SwappedPluginTest : public SharedPluginTest {
 protected:
  // Changes the file again and again on a thread, and lists and loads it on this one, until both
  // have been done often enough. Nothing but what was listed may be loaded.
  template <class Change>
  void swap_while_loading(Change change) {
    const std::uint64_t changes_min = repeats(500);
    const std::uint64_t loads_min = repeats(15);  // each keeps a descriptor for ever
    std::atomic<std::uint64_t> changes{0};
    std::atomic<bool> done{false};
    std::uint64_t listed = 0;
    std::uint64_t loaded = 0;
    Threads threads;
    threads.start([&] {
      while (!done.load(std::memory_order_relaxed)) {
        change(changes.fetch_add(1, std::memory_order_relaxed) % 2 == 0);
      }
    });
    while (listed < loads_min || changes.load(std::memory_order_relaxed) < changes_min) {
      std::optional<Plugin> plugin = list(path_);
      if (!plugin || listed == loads_min) continue;
      ++listed;
      SharedPlugin shared(*std::move(plugin), PENSTOCK_PLUGIN_HOST_PROGRAM);
      const auto result = shared.load();
      if (!result) continue;
      ++loaded;
      EXPECT_EQ((*result)->id, shared.manifest().id);
    }
    done.store(true, std::memory_order_relaxed);
    threads.join();
    std::cout << changes << " changes, " << listed << " listed, " << loaded << " loaded\n";
    loaded_ = loaded;
    listed_ = listed;
  }

  // One thread alone has little to show to ThreadSanitizer.
  static constexpr std::uint64_t races = under_tsan ? 500 : 5000;

  // Lists one plugin, puts the other one in its place, and would load what was listed.
  template <class Change>
  void race(Change change) {
    change(false);
    for (std::uint64_t i = 0; i < races; ++i) {
      std::optional<Plugin> plugin = list(path_);
      ASSERT_TRUE(plugin);
      const std::string id = plugin->manifest.id;
      const auto witness = std::make_shared<Witness>();
      SharedPlugin shared(*std::move(plugin), PENSTOCK_PLUGIN_HOST_PROGRAM, witness);
      change(i % 2 == 0);
      const auto result = shared.load();
      ASSERT_FALSE(result.ok());
      for (const std::string& seen : witness->seen()) ASSERT_EQ(seen, id);
      if (result.refusal().code == "witnessed") {
        ++listed_;
      } else {
        ASSERT_EQ(result.refusal().code, "changed") << to_string(result.refusal());
      }
    }
  }
  // Two files of one length.
  std::pair<Bytes, Bytes> two_builds() const {
    std::pair<Bytes, Bytes> builds(bytes_of(fixture("loadable")), bytes_of(fixture("double")));
    builds.first.resize(std::max(builds.first.size(), builds.second.size()));
    builds.second.resize(builds.first.size());
    return builds;
  }

  const std::string path_ = folder_.path("x.penstock.so");
  std::uint64_t listed_ = 0;
  std::uint64_t loaded_ = 0;
};

TEST_F(SwappedPluginTest, ByRenamingNeverLoadsTheOtherOne) {
  const std::string one = folder_.add_fixture("loadable", "one");
  const std::string two = folder_.add_fixture("double", "two");
  folder_.add_fixture("loadable", "x.penstock.so");
  swap_while_loading([&](bool even) {
    const std::string beside = folder_.path("beside");
    std::filesystem::create_hard_link(even ? two : one, beside);
    std::filesystem::rename(beside, path_);
  });
  EXPECT_EQ(loaded_, listed_);  // what was opened is there, whatever has its name
}

TEST_F(SwappedPluginTest, ByRewritingNeverLoadsTheOtherOne) {
  const std::pair<Bytes, Bytes> builds = two_builds();
  const Bytes& one = builds.first;
  const Bytes& two = builds.second;
  folder_.add("x.penstock.so", one);
  const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  swap_while_loading([&](bool even) {
    const Bytes& bytes = even ? two : one;
    // In parts, so that others see some of each.
    constexpr std::size_t part = 4096;
    for (std::size_t at = 0; at < bytes.size(); at += part) {
      const std::size_t size = std::min(part, bytes.size() - at);
      ASSERT_EQ(::pwrite(file.get(), &bytes[at], size, static_cast<off_t>(at)),
                static_cast<ssize_t>(size));
    }
  });
}

// Between the check and the load, each time.
TEST_F(SwappedPluginTest, FiveThousandTimesByRenamingIsJudgedAsItWasListed) {
  const std::string one = folder_.add_fixture("loadable", "one");
  const std::string two = folder_.add_fixture("double", "two");
  const std::string beside = folder_.path("beside");
  race([&](bool even) {
    std::filesystem::create_hard_link(even ? two : one, beside);
    std::filesystem::rename(beside, path_);
  });
  EXPECT_EQ(listed_, races);  // what was opened is there, whatever has its name
}

TEST_F(SwappedPluginTest, FiveThousandTimesByRewritingIsRefused) {
  const std::pair<Bytes, Bytes> builds = two_builds();
  const Bytes& one = builds.first;
  const Bytes& two = builds.second;
  folder_.add("x.penstock.so", one);
  const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  race([&](bool even) {
    const Bytes& bytes = even ? two : one;
    ASSERT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  });
  EXPECT_EQ(listed_, 0u);
}

}  // namespace
}  // namespace penstock::plugin::test
