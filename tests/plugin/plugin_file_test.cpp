// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_file.hpp"

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uid_t stranger = 54321;

class PluginFileTest : public ::testing::Test {
 protected:
  std::string code(const std::string& path) const { return code(path, folder_.rules()); }
  static std::string code(const std::string& path, const FileRules& rules) {
    const auto file = PluginFile::open(path, rules);
    return file ? "" : file.refusal().code;
  }
  std::string reason(const std::string& path) const {
    const auto file = PluginFile::open(path, folder_.rules());
    return file ? "" : file.refusal().reason;
  }

  const Folder folder_;
};

TEST_F(PluginFileTest, OpensAFileOfThisUserAlone) {
  const std::string path = folder_.add("a.so", "12345");
  auto file = PluginFile::open(path, folder_.rules());
  ASSERT_TRUE(file) << to_string(file.refusal());
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(file->size(), 5u);
  EXPECT_EQ(::fcntl(file->fd(), F_GETFD), FD_CLOEXEC);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(file->inode(), status.st_ino);
  EXPECT_EQ(file->device(), status.st_dev);
}

TEST_F(PluginFileTest, ClosesItsDescriptorOnceUnlessItIsGivenAway) {
  const std::string path = folder_.add("a.so");
  int fd = -1;
  {
    auto file = PluginFile::open(path, folder_.rules());
    fd = file->fd();
    const PluginFile moved = *std::move(file);
    EXPECT_EQ(moved.fd(), fd);
    EXPECT_EQ(file->fd(), -1);
  }
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
  {
    auto file = PluginFile::open(path, folder_.rules());
    fd = file->release_fd();
  }
  EXPECT_NE(::fcntl(fd, F_GETFD), -1);
  ::close(fd);
}

TEST_F(PluginFileTest, KeepsTheFileThatWasThereWhenItWasOpened) {
  const std::string path = folder_.add("a.so", "old");
  const auto file = PluginFile::open(path, folder_.rules());
  ASSERT_TRUE(file);
  folder_.add("b.so", "new!");
  std::filesystem::rename(folder_.path("b.so"), path);
  char bytes[4] = {};
  ASSERT_TRUE(file->source().read(0, std::as_writable_bytes(std::span(bytes, 3))));
  EXPECT_STREQ(bytes, "old");
}

TEST_F(PluginFileTest, RefusesPathsThatAreNotPlain) {
  folder_.add("a.so");
  EXPECT_EQ(code("a.so"), "path");
  EXPECT_EQ(code(""), "path");
  EXPECT_EQ(code(folder_.path("./a.so")), "path");
  EXPECT_EQ(code(folder_.path("/a.so")), "");  // one slash too many at the end of a folder
  EXPECT_EQ(code(folder_.path("x/../a.so")), "path");
  EXPECT_EQ(code(folder_.path("..")), "path");
  EXPECT_EQ(code(folder_.path("a.so") + std::string(1, '\0')), "path");
  EXPECT_EQ(code("/etc/passwd"), "path");  // not below the base
  EXPECT_EQ(code(folder_.path() + "x/a.so"), "path");
}

TEST_F(PluginFileTest, SaysWhatIsNotThere) {
  EXPECT_EQ(code(folder_.path("none.so")), "not-found");
  EXPECT_EQ(code(folder_.path("none/a.so")), "not-found");
  EXPECT_THAT(reason(folder_.path("none/a.so")), HasSubstr("none' is not there"));
  folder_.add("file");
  EXPECT_THAT(reason(folder_.path("file/a.so")), HasSubstr("is not a folder"));
}

TEST_F(PluginFileTest, RefusesLinksWhereverTheyAre) {
  const std::string target = folder_.add("a.so");
  std::filesystem::create_symlink(target, folder_.path("link.so"));
  EXPECT_EQ(code(folder_.path("link.so")), "symlink");
  EXPECT_THAT(reason(folder_.path("link.so")), HasSubstr("is a symbolic link to '" + target));
  folder_.add_folder("real");
  folder_.add("real/b.so");
  std::filesystem::create_symlink("real", folder_.path("linked"));
  EXPECT_EQ(code(folder_.path("real/b.so")), "");
  EXPECT_EQ(code(folder_.path("linked/b.so")), "symlink");
  EXPECT_THAT(reason(folder_.path("linked/b.so")), HasSubstr("to 'real'"));
  std::filesystem::create_symlink("nowhere", folder_.path("dangling.so"));
  EXPECT_EQ(code(folder_.path("dangling.so")), "symlink");
}

TEST_F(PluginFileTest, RefusesWhatOthersMayWriteTo) {
  const std::string path = folder_.add("a.so");
  for (const unsigned mode : {0664u, 0646u, 0666u, 0777u}) {
    folder_.set_mode("a.so", mode);
    EXPECT_EQ(code(path), "mode") << std::oct << mode;
  }
  for (const unsigned mode : {0600u, 0400u, 0755u, 0644u}) {
    folder_.set_mode("a.so", mode);
    EXPECT_EQ(code(path), "") << std::oct << mode;
  }
}

TEST_F(PluginFileTest, RefusesFoldersThatOthersMayWriteToStickyOrNot) {
  folder_.add_folder("p");
  folder_.add_folder("p/q");
  const std::string path = folder_.add("p/q/a.so");
  for (const unsigned mode : {0775u, 0777u, 01777u}) {
    folder_.set_mode("p", mode);
    EXPECT_EQ(code(path), "mode") << std::oct << mode;
  }
  EXPECT_THAT(reason(path), HasSubstr("/p' has mode 1777"));
  folder_.set_mode("p", 0755);
  EXPECT_EQ(code(path), "");
  folder_.set_mode("p/q", 0757);
  EXPECT_EQ(code(path), "mode");
}

TEST_F(PluginFileTest, JudgesTheBaseAndTrustsWhatIsAboveIt) {
  folder_.add_folder("p");
  const std::string path = folder_.add("p/a.so");
  ::chmod(folder_.path().c_str(), 0777);
  EXPECT_EQ(code(path), "mode");
  EXPECT_EQ(code(path, {.base = folder_.path("p")}), "");
  EXPECT_EQ(code(path, {.base = folder_.path("p/")}), "");
  ::chmod(folder_.path().c_str(), 0700);
}

TEST_F(PluginFileTest, TemporaryFoldersAreRefusedAllTheWayFromTheRoot) {
  if (!folder_.path().starts_with("/tmp/")) GTEST_SKIP() << "the folder is not in /tmp";
  const std::string path = folder_.add("a.so");
  const std::string found = code(path, FileRules{});
  EXPECT_TRUE(found == "mode" || found == "owner") << found;
}

TEST_F(PluginFileTest, RefusesWhatBelongsToOthers) {
  folder_.add_folder("p");
  const std::string path = folder_.add("p/a.so");
  if (::geteuid() != 0) {
    EXPECT_EQ(code(path, {.base = folder_.path(), .user = ::geteuid() + 1}), "owner");
    return;
  }
  ASSERT_EQ(::chown(path.c_str(), stranger, stranger), 0);
  EXPECT_EQ(code(path), "owner");
  EXPECT_THAT(reason(path), HasSubstr("belongs to user 54321"));
  EXPECT_EQ(code(path, {.base = folder_.path(), .user = stranger}), "");
  ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder_.path("p").c_str(), stranger, stranger), 0);
  EXPECT_EQ(code(path), "owner");
  ASSERT_EQ(::chown(folder_.path("p").c_str(), 0, 0), 0);
}

TEST_F(PluginFileTest, RefusesWhatIsNoRegularFileWithoutWaiting) {
  ASSERT_EQ(::mkfifo(folder_.path("fifo.so").c_str(), 0600), 0);
  EXPECT_EQ(code(folder_.path("fifo.so")), "not-regular");
  folder_.add_folder("folder.so");
  EXPECT_EQ(code(folder_.path("folder.so")), "not-regular");
}

TEST_F(PluginFileTest, RefusesEmptyAndHugeFiles) {
  const std::string path = folder_.add("a.so", "");
  EXPECT_EQ(code(path), "size");
  std::filesystem::resize_file(path, file_bytes_max + 1);  // a hole: it takes no room
  EXPECT_EQ(code(path), "size");
  std::filesystem::resize_file(path, file_bytes_max);
  EXPECT_EQ(code(path), "");
}

TEST_F(PluginFileTest, ListsNamesSortedAndLeavesOutTheRest) {
  for (const std::string name :
       {"b.penstock.so", "a.penstock.so", "a.so", ".penstock.so", "x.txt"}) {
    folder_.add(name);
  }
  folder_.add_folder("sub");
  folder_.add("sub/c.penstock.so");
  const auto directory = PluginDirectory::open(folder_.path(), folder_.rules());
  ASSERT_TRUE(directory) << to_string(directory.refusal());
  const auto names = directory->names(".penstock.so");
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, ElementsAre("a.penstock.so", "b.penstock.so"));
  EXPECT_FALSE(directory->open_file("sub/c.penstock.so"));
  EXPECT_FALSE(directory->open_file(".."));
}

TEST_F(PluginFileTest, AFolderWithTooMuchInItIsRefused) {
  for (std::size_t i = 0; i <= directory_entries_max; ++i) folder_.add(std::to_string(i), "x");
  const auto directory = PluginDirectory::open(folder_.path(), folder_.rules());
  ASSERT_TRUE(directory);
  const auto names = directory->names(".penstock.so");
  ASSERT_FALSE(names);
  EXPECT_EQ(names.refusal().code, "size");
}

}  // namespace
}  // namespace penstock::plugin::test
