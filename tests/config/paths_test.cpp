// SPDX-License-Identifier: Apache-2.0
// One file has one sink, however its path is written.
#include "config/paths.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

namespace fs = std::filesystem;

class Paths : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "penstock_XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
    fs::create_directory(directory + "/real");
    fs::create_directory_symlink(directory + "/real", directory + "/link");
  }
  void TearDown() override { fs::remove_all(directory); }

  // Why the second sink cannot have its path.
  static std::string problem_of(const std::string& first, const std::string& second) {
    SinkPaths paths;
    EXPECT_EQ(paths.add(first, "a"), "");
    return paths.add(second, "b");
  }
  static std::string taken(const std::string& path) {
    return "the file '" + path + "' belongs to sink 'a' already";
  }

  std::string directory;
};

TEST_F(Paths, AreTheSameWithDotsAndWithout) {
  const std::string here = fs::current_path().filename().string();
  const std::string absolute = (fs::current_path() / "a.log").string();
  const std::string detour = "../" + here + "/a.log";
  for (const std::string& path : {std::string("./a.log"), std::string(".//a.log"), detour}) {
    EXPECT_EQ(problem_of("a.log", path), taken(path));
    EXPECT_EQ(problem_of(path, "a.log"), taken("a.log"));
  }
  EXPECT_NE(problem_of("a.log", absolute), "");
  EXPECT_NE(problem_of("not/there/a.log", "not/there/../there/a.log"), "");
}

TEST_F(Paths, AreTheSameThroughALinkedDirectory) {
  EXPECT_NE(problem_of(directory + "/real/a.log", directory + "/link/a.log"), "");
  EXPECT_NE(problem_of(directory + "/real/a.log", directory + "/link/new/../a.log"), "");
  EXPECT_EQ(problem_of(directory + "/real/a.log", directory + "/link/b.log"), "");
}

TEST_F(Paths, MustNotBeBackupsOfEachOther) {
  EXPECT_EQ(problem_of("x.log", "x.log.1"), "the file 'x.log.1' is a backup of sink 'a'");
  EXPECT_EQ(problem_of("x.log.3", "./x.log"),
            "the file './x.log' has the file of sink 'a' as a backup");
  EXPECT_NE(problem_of(directory + "/real/a.log", directory + "/link/a.log.7"), "");
}

TEST_F(Paths, AreNoBackupsForLookingSimilar) {
  for (const char* path : {"x.log.", "x.log.0", "x.log.01", "x.log.1x", "x.log1", "x.log.-1",
                           "x.log.20240131", "x.log.json", "x.lo", "x.log.1.gz"}) {
    EXPECT_EQ(problem_of("x.log", path), "") << path;
  }
}

}  // namespace
}  // namespace penstock::config
