// SPDX-License-Identifier: Apache-2.0
#include "config/source.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "config_support.hpp"

namespace penstock::config {
namespace {

class SourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "penstock_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  // The only error, which names the file.
  static std::string error_of(const std::string& file) {
    const Errors errors = load_file(file, test_environment).errors();
    EXPECT_EQ(errors.size(), 1U);
    if (errors.empty()) return "";
    EXPECT_EQ(errors[0].file, file);
    return text_of(errors);
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(SourceTest, ReadsAFile) {
  const std::string file = write("a.yml", "logging: {sinks: [{name: a, type: console}]}\n");
  EXPECT_TRUE(load_file(file).ok());
  const std::string link = path("link.yml");
  std::filesystem::create_symlink(file, link);
  EXPECT_TRUE(load_file(link).ok());
}

TEST_F(SourceTest, NamesTheFileInItsErrors) {
  const std::string file = write("a.yml", "logging: []\n");
  EXPECT_EQ(error_of(file), "1:10: 'logging' must be a mapping, not a list");
}

TEST_F(SourceTest, ReportsAFileThatIsMissingOrEmpty) {
  EXPECT_EQ(error_of(path("none.yml")), "cannot open the configuration: No such file or directory");
  EXPECT_EQ(error_of(write("empty.yml", "")), "1:1: the configuration is empty");
}

TEST_F(SourceTest, ReportsAFileThatMayNotBeRead) {
  const std::string file = write("secret.yml", "logging: {}\n");
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  // Root may read every file, so for a moment this is somebody else.
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const std::string error = error_of(file);
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(error, "cannot open the configuration: Permission denied");
}

TEST_F(SourceTest, RefusesWhatIsNoFileWithoutWaiting) {
  EXPECT_EQ(error_of(path("")), "is a directory, not a file");
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of(pipe), "is a pipe, not a file");
  EXPECT_EQ(error_of("/dev/zero"), "is a device, not a file");
}

TEST_F(SourceTest, RefusesAFileOverTheLimitButNotOneAtTheLimit) {
  const std::string yaml = "logging: {sinks: [{name: a, type: console}]}\n";
  const std::string exact = yaml + std::string(source_bytes_max - yaml.size(), '\n');
  EXPECT_TRUE(load_file(write("exact.yml", exact)).ok());
  EXPECT_EQ(error_of(write("large.yml", exact + "\n")),
            "is larger than 1MiB, the most that is read");
}

}  // namespace
}  // namespace penstock::config
