// SPDX-License-Identifier: Apache-2.0
#include "signing/safe_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr uid_t us = 1000;

FileStatus status_of(uid_t owner, mode_t mode) {
  FileStatus status{};
  status.st_uid = owner;
  status.st_mode = mode;
  return status;
}

// ---- the rules, without files

TEST(Ownership, IsOursOrRoots) {
  for (const uid_t owner : {uid_t{0}, us}) {
    EXPECT_EQ(ownership_fault(status_of(owner, S_IFREG | 0644), FileKind::file, us), "");
    EXPECT_EQ(ownership_fault(status_of(owner, S_IFDIR | 0755), FileKind::directory, us), "");
    EXPECT_EQ(ownership_fault(status_of(owner, S_IFDIR | 0755), FileKind::ancestor, us), "");
  }
  for (const FileKind kind : {FileKind::file, FileKind::secret}) {
    EXPECT_EQ(ownership_fault(status_of(1001, S_IFREG | 0600), kind, us),
              "belongs to user 1001, neither to root nor to user 1000; change its owner");
  }
  EXPECT_NE(ownership_fault(status_of(1001, S_IFDIR | 0755), FileKind::directory, us), "");
  EXPECT_NE(ownership_fault(status_of(1001, S_IFDIR | 0755), FileKind::ancestor, us), "");
}

TEST(Ownership, LetsNobodyElseWrite) {
  for (const mode_t bit : {mode_t{S_IWGRP}, mode_t{S_IWOTH}}) {
    EXPECT_THAT(ownership_fault(status_of(us, S_IFREG | 0644 | bit), FileKind::file, us),
                HasSubstr("can be written by others (mode 06"));
    EXPECT_NE(ownership_fault(status_of(us, S_IFDIR | 0755 | bit), FileKind::directory, us), "");
    EXPECT_NE(ownership_fault(status_of(us, S_IFDIR | 0755 | bit), FileKind::ancestor, us), "");
  }
}

// In a sticky folder others can add files, but not rename or remove ours.
TEST(Ownership, AStickyFolderIsGoodOnTheWayOnly) {
  EXPECT_EQ(ownership_fault(status_of(0, S_IFDIR | 01777), FileKind::ancestor, us), "");
  EXPECT_NE(ownership_fault(status_of(0, S_IFDIR | 01777), FileKind::directory, us), "");
}

TEST(Ownership, ASecretIsNotReadByOthers) {
  EXPECT_EQ(ownership_fault(status_of(us, S_IFREG | 0600), FileKind::secret, us), "");
  EXPECT_THAT(ownership_fault(status_of(us, S_IFREG | 0640), FileKind::secret, us),
              HasSubstr("can be read by others (mode 0640)"));
}

TEST(Ownership, TheKindIsRight) {
  EXPECT_EQ(ownership_fault(status_of(us, S_IFIFO | 0600), FileKind::file, us),
            "is no regular file");
  EXPECT_EQ(ownership_fault(status_of(us, S_IFLNK | 0777), FileKind::file, us),
            "is no regular file");
  EXPECT_EQ(ownership_fault(status_of(us, S_IFREG | 0600), FileKind::directory, us),
            "is no directory");
}

// ---- folders

TEST(Directory, ReadsListsAndWrites) {
  const TemporaryFolder folder;
  folder.write("b", "text");
  folder.write("a", "");
  const auto directory = Directory::open(folder.path(), ::geteuid());
  ASSERT_TRUE(directory) << errors_of(directory);
  EXPECT_THAT(*directory->names(), ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(**directory->read("b", 4), "text");
  EXPECT_EQ(**directory->read("a", 4), "");
  EXPECT_EQ(*directory->read("c", 4), std::nullopt);
  EXPECT_EQ(errors_of(directory->read("b", 3)), folder / "b" + ": is larger than 3 bytes\n");

  EXPECT_TRUE(directory->create("secret", "s", 0600));
  EXPECT_EQ(std::filesystem::status(folder / "secret").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(**directory->read("secret", 4, FileKind::secret), "s");
  EXPECT_THAT(errors_of(directory->create("secret", "t", 0600)), HasSubstr("is there already"));
  EXPECT_EQ(folder.read("secret"), "s");

  EXPECT_TRUE(directory->replace("b", "other", 0644));
  EXPECT_TRUE(directory->replace("new", "", 0644));
  EXPECT_EQ(folder.read("b"), "other");
  EXPECT_THAT(*directory->names(), ::testing::ElementsAre("a", "b", "new", "secret"));
}

TEST(Directory, FollowsNoLinks) {
  const TemporaryFolder folder;
  folder.make("real");
  folder.write("real/f", "text");
  std::filesystem::create_symlink(folder / "real", folder / "link");
  std::filesystem::create_symlink(folder / "real/f", folder / "real/g");
  const uid_t user = ::geteuid();
  EXPECT_THAT(errors_of(Directory::open(folder / "link", user)),
              HasSubstr("link: is a symbolic link"));
  EXPECT_FALSE(Directory::open(folder / "link/", user));
  folder.make("real/below");
  EXPECT_FALSE(Directory::open(folder / "link/below", user));
  const auto directory = Directory::open(folder / "real", user);
  ASSERT_TRUE(directory) << errors_of(directory);
  EXPECT_THAT(errors_of(directory->read("g", 10)), HasSubstr("g: is a symbolic link"));
  EXPECT_FALSE(directory->create("g", "", 0644));
  EXPECT_TRUE(directory->replace("g", "new", 0644));
  EXPECT_EQ(folder.read("real/f"), "text") << "the link is replaced, not what it names";
}

TEST(Directory, RefusesWhatOthersCanWrite) {
  const TemporaryFolder folder;
  const uid_t user = ::geteuid();
  folder.make("open", 0777);
  folder.make("open/below");
  folder.make("good");
  folder.write("good/f", "text", 0664);
  EXPECT_THAT(errors_of(Directory::open(folder / "open", user)), HasSubstr("written by others"));
  EXPECT_THAT(errors_of(Directory::open(folder / "open/below", user)),
              HasSubstr("/open: can be written by others"));
  const auto directory = Directory::open(folder / "good", user);
  ASSERT_TRUE(directory);
  EXPECT_THAT(errors_of(directory->read("f", 10)), HasSubstr("written by others (mode 0664)"));
}

TEST(Directory, RefusesOddPathsAndNames) {
  const TemporaryFolder folder;
  const uid_t user = ::geteuid();
  folder.make("a");
  folder.write("f", "");
  EXPECT_THAT(errors_of(Directory::open("relative", user)), HasSubstr("absolute"));
  EXPECT_THAT(errors_of(Directory::open(folder / "a/../a", user)), HasSubstr("'.' or '..'"));
  EXPECT_FALSE(Directory::open("", user));
  EXPECT_FALSE(Directory::open(folder / "f", user));
  EXPECT_THAT(errors_of(Directory::open(folder / "missing", user)), HasSubstr("No such file"));
  EXPECT_TRUE(Directory::open(folder.path() + "//a/", user));
  const auto directory = Directory::open(folder.path(), user);
  ASSERT_TRUE(directory);
  for (const std::string name : {"", ".", "..", "a/f", "/f"}) {
    EXPECT_FALSE(directory->read(name, 10)) << name;
    EXPECT_FALSE(directory->create(name, "", 0644)) << name;
    EXPECT_FALSE(directory->replace(name, "", 0644)) << name;
  }
  EXPECT_FALSE(directory->read("a", 10)) << "a folder is no file";
}

TEST(Directory, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0644), 0);
  const auto directory = Directory::open(folder.path(), ::geteuid());
  ASSERT_TRUE(directory);
  EXPECT_THAT(errors_of(directory->read("pipe", 10)), HasSubstr("is no regular file"));
}

TEST(Directory, IsNotHeldUpByWhatACrashLeft) {
  const TemporaryFolder folder;
  folder.write(".f.new", "half", 0666);
  folder.write("f", "old");
  const auto directory = Directory::open(folder.path(), ::geteuid());
  ASSERT_TRUE(directory);
  EXPECT_TRUE(directory->replace("f", "new", 0644));
  EXPECT_EQ(folder.read("f"), "new");
  EXPECT_THAT(*directory->names(), ::testing::ElementsAre("f"));
}

}  // namespace
}  // namespace penstock::signing
