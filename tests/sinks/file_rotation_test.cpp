// SPDX-License-Identifier: Apache-2.0
// When a file sink begins a new file, what becomes of the old ones, and what a failure changes.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

class FileRotation : public FileSinkTest {
 protected:
  FileOptions rotating(std::uint64_t max_bytes, std::uint32_t backup_count) const {
    FileOptions result = options();
    result.max_bytes = max_bytes;
    result.backup_count = backup_count;
    return result;
  }
  FileOptions hourly() const {
    FileOptions result = rotating(0, 5);
    result.rotate_every = std::chrono::hours{1};
    return result;
  }
  void set_modified(std::int64_t time_ns) const {
    const timespec time{.tv_sec = time_ns / second, .tv_nsec = time_ns % second};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
};

TEST_F(FileRotation, BeginsANewFileBeforeTheSizeWouldBeExceeded) {
  must_open(rotating(8, 5));
  EXPECT_EQ(write({"aaa\n", "bbb\n", "ccc\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "aaa\nbbb\n");
  EXPECT_EQ(content(), "ccc\n");
  EXPECT_EQ(files.writes, 2);
}

TEST_F(FileRotation, CountsWhatIsThereAtOpen) {
  write_file(path, "before\n");
  must_open(rotating(10, 5));
  EXPECT_EQ(write({"aaa\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "before\n");
  EXPECT_EQ(content(), "aaa\n");
}

TEST_F(FileRotation, AnEventLargerThanAFileGoesAlone) {
  must_open(rotating(4, 5));
  EXPECT_EQ(write({"a\n", "much too large\n", "b\n"}), Kind::ok);
  EXPECT_EQ(backup(2), "a\n");
  EXPECT_EQ(backup(1), "much too large\n");
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileRotation, KeepsEventsOfSeveralLinesTogether) {
  must_open(rotating(6, 5));
  EXPECT_EQ(write({"a\n", "b\nc\nd\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\n");
  EXPECT_EQ(content(), "b\nc\nd\n");
}

TEST_F(FileRotation, KeepsTheNewestBackups) {
  must_open(rotating(2, 2));
  EXPECT_EQ(write({"1\n", "2\n", "3\n", "4\n", "5\n"}), Kind::ok);
  EXPECT_EQ(content(), "5\n");
  EXPECT_EQ(backup(1), "4\n");
  EXPECT_EQ(backup(2), "3\n");
  EXPECT_FALSE(exists(backup_path(3)));
}

TEST_F(FileRotation, EmptiesTheFileWhenThereAreNoBackups) {
  must_open(rotating(4, 0));
  EXPECT_EQ(write({"1\n", "2\n", "3\n"}), Kind::ok);
  EXPECT_EQ(content(), "3\n");
  EXPECT_FALSE(exists(backup_path(1)));
}

TEST_F(FileRotation, RemovesBackupsAboveTheCountLeftByEarlierRuns) {
  for (int number = 1; number <= 9; ++number) write_file(backup_path(number), "old\n");
  std::filesystem::remove(backup_path(7));
  write_file(path + ".20240131", "somebody else's");
  must_open(rotating(2, 3));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_TRUE(exists(backup_path(3)));
  for (int number = 4; number <= 9; ++number) EXPECT_FALSE(exists(backup_path(number))) << number;
  EXPECT_TRUE(exists(path + ".20240131"));
}

TEST_F(FileRotation, FillsAGapInsteadOfDroppingTheOldest) {
  write_file(backup_path(1), "one\n");
  write_file(backup_path(3), "three\n");
  must_open(rotating(2, 3));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\n");
  EXPECT_EQ(backup(2), "one\n");
  EXPECT_EQ(backup(3), "three\n");
}

TEST_F(FileRotation, ReplacesALinkAmongTheBackupsAndNotWhatItLeadsTo) {
  write_file(directory / "precious", "precious");
  ASSERT_EQ(::symlink((directory / "precious").c_str(), backup_path(1).c_str()), 0);
  must_open(rotating(2, 1));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "precious"), "precious");
  EXPECT_FALSE(std::filesystem::is_symlink(backup_path(1)));
  EXPECT_EQ(backup(1), "a\n");
}

TEST_F(FileRotation, RotatesOnDemand) {
  must_open(rotating(0, 5));
  sink->control(SinkControl::rotate);  // empty: nothing to do
  EXPECT_FALSE(exists(backup_path(1)));
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  sink->control(SinkControl::rotate);
  EXPECT_EQ(backup(1), "a\n");
  EXPECT_EQ(content(), "");
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "b\n");
}

TEST_F(FileRotation, RotatesByTimeAtTheFirstWriteAfterABoundary) {
  context.now = 1000 * hour + 1;
  must_open(hourly());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  context.now = 1001 * hour - 1;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  context.now = 1001 * hour;
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(write({"d\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\n");
  EXPECT_EQ(content(), "c\nd\n");
}

TEST_F(FileRotation, DoesNotRotateAnEmptyFileByTime) {
  must_open(hourly());
  context.now += 3 * hour;
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_FALSE(exists(backup_path(1)));
}

TEST_F(FileRotation, FollowsAClockThatIsSetBack) {
  context.now = 1000 * hour;
  must_open(hourly());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  context.now = 900 * hour;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_FALSE(exists(backup_path(1)));
  context.now = 901 * hour;
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\n");
}

TEST_F(FileRotation, RotatesAtOpenAFileFromAnEarlierPeriod) {
  write_file(path, "yesterday\n");
  set_modified(999 * hour + 5);
  context.now = 1000 * hour + 5;
  must_open(hourly());
  EXPECT_EQ(backup(1), "yesterday\n");
  EXPECT_EQ(content(), "");
}

TEST_F(FileRotation, KeepsAtOpenAFileFromThisPeriod) {
  write_file(path, "now\n");
  set_modified(1000 * hour);
  context.now = 1000 * hour + 5;
  must_open(hourly());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_EQ(content(), "now\na\n");
}

TEST_F(FileRotation, RotatesBySizeAndTimeTogether) {
  FileOptions with = hourly();
  with.max_bytes = 4;
  context.now = 1000 * hour;
  must_open(with);
  EXPECT_EQ(write({"a\n", "b\n", "c\n"}), Kind::ok);
  context.now += hour;
  EXPECT_EQ(write({"d\n"}), Kind::ok);
  EXPECT_EQ(backup(2), "a\nb\n");
  EXPECT_EQ(backup(1), "c\n");
  EXPECT_EQ(content(), "d\n");
}

TEST_F(FileRotation, GoesOnInTheSameFileWhileRenamingFails) {
  int renames = 0;
  files.on_rename = [&](const std::string&, const std::string&) {
    ++renames;
    return EACCES;
  };
  must_open(rotating(2, 5));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(write({"d\n"}), Kind::ok);
  EXPECT_EQ(content(), "a\nb\nc\nd\n");
  EXPECT_EQ(renames, 1) << "not at every write";
  EXPECT_EQ(context.problem, "cannot rotate '" + path + "': Permission denied");

  files.on_rename = nullptr;
  context.now += 10 * second;
  EXPECT_EQ(write({"e\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\nc\nd\n");
  EXPECT_EQ(content(), "e\n");
}

TEST_F(FileRotation, GoesOnInTheRenamedFileWhileTheNewOneCannotBeMade) {
  must_open(rotating(2, 5));
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  files.on_open = [](const std::string&, int) { return EMFILE; };
  EXPECT_EQ(write({"b\n", "c\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\nc\n");
  files.on_open = nullptr;
  context.now += second;
  EXPECT_EQ(write({"d\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\nc\n");
  EXPECT_EQ(content(), "d\n");
}

TEST_F(FileRotation, ADirectoryInTheWayIsAFailedRotation) {
  std::filesystem::create_directory(backup_path(1));
  must_open(rotating(2, 1));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(content(), "a\nb\n");
}

TEST_F(FileRotation, TakesTheNewFileOfSomebodyElseWhoRotated) {
  must_open(rotating(6, 5));
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  std::filesystem::rename(path, directory / "theirs");
  write_file(path, "x\n");
  EXPECT_EQ(write({"b\n", "c\n", "d\n", "e\n"}), Kind::ok);
  EXPECT_EQ(read_file(directory / "theirs"), "a\nb\nc\n");
  EXPECT_EQ(content(), "x\nd\ne\n");
  EXPECT_FALSE(exists(backup_path(1)));
}

TEST_F(FileRotation, NoticesAFileThatSomebodyElseEmptied) {
  must_open(rotating(4, 5));
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(write({"c\n", "d\n", "e\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "c\nd\n");
  EXPECT_EQ(content(), "e\n");
}

// The process dies right before the k-th rename of the last rotation, for each k.
TEST_F(FileRotation, ACrashBetweenTheRenamesLosesNothing) {
  const std::vector<std::string> events{"1\n", "2\n", "3\n", "4\n"};
  for (int crash_at = 1; crash_at <= 4; ++crash_at) {
    SCOPED_TRACE(crash_at);
    TemporaryDirectory own;
    path = own / "app.log";
    must_open(rotating(2, 9));
    EXPECT_EQ(write(events), Kind::ok);  // leaves app.log.3 .. app.log.1 and app.log
    const pid_t child = ::fork();
    if (child == 0) {
      int renames = 0;
      files.on_rename = [&](const std::string&, const std::string&) {
        if (++renames == crash_at) ::_exit(0);
        return 0;
      };
      (void)write({"5\n"});
      ::_exit(1);
    }
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "the child did not get to its rename";

    must_open(rotating(2, 9));
    EXPECT_EQ(write({"5\n", "6\n"}), Kind::ok);
    std::string all;
    for (int number = 9; number >= 1; --number) all += backup(number);
    EXPECT_EQ(all + content(), "1\n2\n3\n4\n5\n6\n");
  }
}

// ---- what is wrong is told

TEST_F(FileRotation, AFailedRotationIsToldUntilThereIsANewFile) {
  std::filesystem::create_directory(backup_path(1));
  must_open(rotating(2, 1));
  EXPECT_EQ(context.problem, "");
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(context.problem, "cannot rotate '" + path + "': Is a directory");
  sink->control(SinkControl::reopen);  // the same file again changes nothing
  EXPECT_NE(context.problem, "");

  std::filesystem::remove(backup_path(1));
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "a\nb\n");
  EXPECT_EQ(context.problem, "");
}

TEST_F(FileRotation, ADirectoryThatIsReadOnlyIsTold) {
  must_open(rotating(2, 5));
  files.on_rename = [](const std::string&, const std::string&) { return EROFS; };
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(context.problem, "cannot rotate '" + path + "': Read-only file system");
}

TEST_F(FileRotation, ANewFileThatCannotBeMadeIsTold) {
  for (const int error : {ENFILE, ENOSPC}) {
    SCOPED_TRACE(error);
    std::filesystem::remove(path);
    must_open(rotating(2, 5));
    files.on_open = [error](const std::string&, int) { return error; };
    EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
    EXPECT_EQ(context.problem, "cannot open '" + path + "': " + error_text(error));
    files.on_open = nullptr;
    EXPECT_TRUE(sink->flush().ok()) << "flush tries again";
    EXPECT_EQ(write({"c\n"}), Kind::ok);
    EXPECT_EQ(content(), "c\n");
    sink.reset();
  }
}

TEST_F(FileRotation, ARotationByTimeThatFailsIsTold) {
  must_open(hourly());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  files.on_rename = [](const std::string&, const std::string&) { return EACCES; };
  context.now += hour;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(context.problem, "cannot rotate '" + path + "': Permission denied");
}

TEST_F(FileRotation, AnOrderIsFollowedAtOnceAfterAFailure) {
  must_open(rotating(2, 5));
  files.on_rename = [](const std::string&, const std::string&) { return EACCES; };
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  files.on_rename = nullptr;
  sink->control(SinkControl::rotate);
  EXPECT_EQ(backup(1), "a\nb\n");
  EXPECT_EQ(context.problem, "");
}

}  // namespace
}  // namespace penstock::sinks::testing
