// SPDX-License-Identifier: Apache-2.0
// What a file sink does to have a file: making, mode, owner, refusals, moved and deleted files.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using FileOpen = FileSinkTest;

struct ::stat status_of(const std::string& path) {
  struct ::stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status;
}

TEST_F(FileOpen, AppendsToWhatIsThere) {
  write_file(path, "before\n");
  must_open(options());
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(content(), "before\na\nb\nc\n");
}

TEST_F(FileOpen, WritesAWholeBatchInOneCall) {
  must_open(options());
  EXPECT_EQ(write({"a\n", "b\n", "c\n"}), Kind::ok);
  EXPECT_EQ(files.writes, 1);
}

TEST_F(FileOpen, AsksForEncodedTextOnly) {
  const auto made = file_sink(options())();
  EXPECT_FALSE(made->needs().events);
  EXPECT_TRUE(made->needs().encoded);
}

TEST_F(FileOpen, EndsALineThatACrashLeftOpen) {
  write_file(path, "whole\nto");
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_EQ(content(), "whole\nto\na\n");
}

TEST_F(FileOpen, MakesMissingDirectories) {
  path = directory / "a/b/app.log";
  must_open(options());
  EXPECT_EQ(write({"x\n"}), Kind::ok);
  EXPECT_EQ(content(), "x\n");
}

TEST_F(FileOpen, MakesNoDirectoriesWhenToldNotTo) {
  path = directory / "a/app.log";
  FileOptions with = options();
  with.create_directories = false;
  const Status status = open(with);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "cannot open '" + path + "': No such file or directory");
  EXPECT_FALSE(exists(directory / "a"));
}

TEST_F(FileOpen, RefusesADirectory) {
  path = directory.path();
  const Status status = open(options());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "cannot open '" + path + "': Is a directory");
}

TEST_F(FileOpen, RefusesAnEmptyPath) {
  path.clear();
  EXPECT_FALSE(open(options()).ok());
}

TEST_F(FileOpen, FailsWithoutHarmWhereNothingCanBeWritten) {
  write_file(directory / "file", "");
  path = directory / "file/app.log";
  EXPECT_FALSE(open(options()).ok());
  EXPECT_FALSE(sink->flush().ok());
  sink->control(SinkControl::rotate);
  sink->control(SinkControl::reopen);
}

TEST_F(FileOpen, FailsWithoutHarmOnAReadOnlyFileSystem) {
  const std::string mount_point = directory / "mounted";
  std::filesystem::create_directory(mount_point);
  if (::mount("penstock", mount_point.c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0) {
    GTEST_SKIP() << "mounting is not permitted";
  }
  path = mount_point + "/app.log";
  const Status status = open(options());
  ::umount(mount_point.c_str());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "cannot open '" + path + "': Read-only file system");
}

TEST_F(FileOpen, GivesNewFilesTheirModeWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  FileOptions with = options();
  with.mode = 0664;
  with.max_bytes = 4;
  must_open(with);
  EXPECT_EQ(write({"abc\n", "def\n"}), Kind::ok);
  ::umask(before);
  EXPECT_EQ(status_of(path).st_mode & 07777U, 0664U);
  EXPECT_EQ(status_of(backup_path(1)).st_mode & 07777U, 0664U);
}

TEST_F(FileOpen, LeavesTheModeOfAnExistingFile) {
  write_file(path, "");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  FileOptions with = options();
  with.mode = 0644;
  must_open(with);
  EXPECT_EQ(status_of(path).st_mode & 07777U, 0600U);
}

TEST_F(FileOpen, GivesNewFilesTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  FileOptions with = options();
  with.owner = "12345:54321";
  with.mode = 0640;
  must_open(with);
  EXPECT_EQ(status_of(path).st_uid, 12345U);
  EXPECT_EQ(status_of(path).st_gid, 54321U);
  EXPECT_EQ(status_of(path).st_mode & 07777U, 0640U);
}

TEST_F(FileOpen, RefusesAnUnknownOwner) {
  FileOptions with = options();
  with.owner = "no_such_user_here";
  const Status status = open(with);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "file '" + path +
                                            "': owner 'no_such_user_here': unknown user "
                                            "'no_such_user_here'");
  EXPECT_FALSE(exists(path));
}

// Otherwise the next try would take the file with the wrong owner for an old one.
TEST_F(FileOpen, LeavesNoFileWhenItCannotBeGivenAway) {
  files.on_chown = [] { return EPERM; };
  FileOptions with = options();
  with.owner = "12345";
  EXPECT_FALSE(open(with).ok());
  EXPECT_FALSE(exists(path));
}

TEST_F(FileOpen, FollowsALinkAndKeepsBackupsBesideTheFile) {
  std::filesystem::create_directory(directory / "data");
  ASSERT_EQ(::symlink((directory / "data/real.log").c_str(), path.c_str()), 0);
  FileOptions with = options();
  with.max_bytes = 2;
  must_open(with);
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "data/real.log.1"), "a\n");
  EXPECT_EQ(read_file(directory / "data/real.log"), "b\n");
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(FileOpen, DescriptorIsNotInheritedByPrograms) {
  bool cloexec = false;
  files.on_open = [&](const std::string&, int flags) {
    cloexec = (flags & O_CLOEXEC) != 0;
    return 0;
  };
  must_open(options());
  EXPECT_TRUE(cloexec);
}

TEST_F(FileOpen, NoticesAMovedFileWithinASecond) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::rename(path, directory / "moved");
  EXPECT_EQ(write({"b\n"}), Kind::ok);  // not looked at yet
  context.now += second;
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "moved"), "a\nb\n");
  EXPECT_EQ(content(), "c\n");
}

TEST_F(FileOpen, MakesADeletedFileAgain) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::remove(path);
  context.now += second;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileOpen, MakesADeletedDirectoryAgain) {
  path = directory / "logs/app.log";
  must_open(options());
  std::filesystem::remove_all(directory / "logs");
  context.now += second;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileOpen, LooksForAMovedFileAtMostOncePerSecond) {
  must_open(options());
  for (int count = 0; count < 100; ++count) {
    EXPECT_EQ(write({"a\n"}), Kind::ok);
    context.now += second / 50;
  }
  EXPECT_LE(files.stats, 2);
}

TEST_F(FileOpen, NoticesAMovedFileAtFlush) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::rename(path, directory / "moved");
  EXPECT_TRUE(sink->flush().ok());
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileOpen, ReopensOnDemand) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::rename(path, directory / "moved");
  sink->control(SinkControl::reopen);
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "moved"), "a\n");
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileOpen, KeepsWritingToTheOldFileWhenReopeningFails) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::rename(path, directory / "moved");
  files.on_open = [](const std::string&, int) { return EMFILE; };
  sink->control(SinkControl::reopen);
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "moved"), "a\nb\n");
  EXPECT_EQ(context.problem, "cannot open '" + path + "': Too many open files");
  files.on_open = nullptr;
  context.now += second;
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(content(), "c\n");
}

TEST_F(FileOpen, CanBeClosedAndOpenedAgain) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  sink->close();
  ASSERT_TRUE(sink->open(context).ok());
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "a\nb\n");
}

TEST_F(FileOpen, AFailedReopeningIsToldUntilOneSucceeds) {
  must_open(options());
  files.on_open = [](const std::string&, int) { return EMFILE; };
  sink->control(SinkControl::reopen);
  EXPECT_EQ(context.problem, "cannot open '" + path + "': Too many open files");
  files.on_open = nullptr;
  sink->control(SinkControl::reopen);
  EXPECT_EQ(context.problem, "");
}

TEST_F(FileOpen, RefusesOptionsThatNoFileOfTheConfigurationCouldHave) {
  const auto refusal = [this](auto change) {
    FileOptions with = options();
    change(with);
    const Status status = open(with);
    EXPECT_FALSE(exists(path));
    return status.ok() ? "" : status.errors()[0].message;
  };
  const std::string file = "file '" + path + "': ";
  EXPECT_EQ(refusal([](FileOptions& with) { with.mode = 077777; }),
            file + "mode is 077777; the range is 0 .. 0777");
  EXPECT_EQ(refusal([](FileOptions& with) { with.backup_count = 4'000'000; }),
            file + "backup_count is 4000000; the range is 0 .. 10000");
  EXPECT_EQ(refusal([](FileOptions& with) { with.rotate_every = std::chrono::seconds{-5}; }),
            file + "rotate_every is -5s; the range is 0 .. 365d");
  EXPECT_EQ(refusal([](FileOptions& with) { with.rotate_every = std::chrono::hours{366 * 24}; }),
            file + "rotate_every is 31622400s; the range is 0 .. 365d");
  EXPECT_EQ(refusal([](FileOptions& with) { with.fsync_interval = std::chrono::nanoseconds{-1}; }),
            file + "fsync_interval is -1ns; the range is 0 .. 1h");
  EXPECT_EQ(refusal([](FileOptions& with) { with.max_bytes = UINT64_MAX; }),
            file + "max_bytes is 18446744073709551615; the range is 0 .. 9223372036854775807");
  EXPECT_EQ(refusal([](FileOptions& with) { with.path += std::string(1, '\0') + "x"; }),
            file + "path has a NUL byte");
}

TEST_F(FileOpen, ReportsEveryOptionThatIsWrong) {
  EXPECT_EQ(validate(FileOptions{.path = "a",
                                 .backup_count = 10'001,
                                 .rotate_every = std::chrono::seconds{-1},
                                 .mode = 01000})
                .size(),
            3U);
  EXPECT_TRUE(validate(FileOptions{.path = "a",
                                   .max_bytes = FileLimits::max_bytes,
                                   .backup_count = FileLimits::backup_count,
                                   .rotate_every = FileLimits::rotate_every,
                                   .mode = FileLimits::mode,
                                   .fsync_interval = FileLimits::fsync_interval})
                  .empty());
}

}  // namespace
}  // namespace penstock::sinks::testing
