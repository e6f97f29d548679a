// SPDX-License-Identifier: Apache-2.0
// What a file sink makes of system calls that fail, by injected failures.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using WriteFault = FaultyFileSystem::WriteFault;

class FileFaults : public FileSinkTest {
 protected:
  // The next writes have these faults, those after them none.
  void plan(std::vector<WriteFault> faults) {
    files.on_write = [faults = std::move(faults), next = std::size_t{0}](std::size_t) mutable {
      return next < faults.size() ? faults[next++] : WriteFault{};
    };
  }
  WriteResult offer(std::uint64_t id, const std::vector<std::string>& events) {
    const TestBatch owner(id, events);
    return sink->write(owner.batch());
  }
  // What is in a FIFO now.
  static std::string drain(int fd) {
    char buffer[4096];
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
  }
};

TEST_F(FileFaults, GoesOnAfterShortAndInterruptedWrites) {
  must_open(options());
  plan({{.bytes_max = 1}, {.error = EINTR}, {.bytes_max = 3}, {.error = EINTR}});
  EXPECT_EQ(write({"abc\n", "def\n"}), Kind::ok);
  EXPECT_EQ(content(), "abc\ndef\n");
}

TEST_F(FileFaults, WaitsWhereThereIsNoRoomInANonBlockingDescriptor) {
  must_open(options());
  plan({{.bytes_max = 1}, {.error = EAGAIN}});
  EXPECT_EQ(write({"abc\n"}), Kind::ok);
  EXPECT_EQ(files.waits, 1);
  EXPECT_EQ(content(), "abc\n");
}

TEST_F(FileFaults, AFullDiskLeavesNoTornLineAndResumes) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    SCOPED_TRACE(error);
    std::filesystem::remove(path);
    must_open(options());
    plan({{.bytes_max = 6}, {.error = error}});
    const WriteResult result = offer(1, {"abc\n", "def\n", "ghi\n"});
    EXPECT_EQ(result.kind(), Kind::retry);
    EXPECT_EQ(result.settled(), 1U);
    EXPECT_GT(result.after().count(), 0);
    EXPECT_EQ(result.reason().find("cannot write to '" + path + "': "), 0U);
    EXPECT_EQ(content(), "abc\n");
    EXPECT_EQ(offer(1, {"def\n", "ghi\n"}).kind(), Kind::ok);
    EXPECT_EQ(content(), "abc\ndef\nghi\n");
  }
}

TEST_F(FileFaults, SizesStayRightWhenATornEventIsTakenBack) {
  FileOptions with = options();
  with.max_bytes = 8;
  must_open(with);
  plan({{.bytes_max = 6}, {.error = ENOSPC}});
  EXPECT_EQ(offer(1, {"abc\n", "def\n"}).settled(), 1U);
  EXPECT_EQ(offer(1, {"def\n", "ghi\n"}).kind(), Kind::ok);
  EXPECT_EQ(backup(1), "abc\ndef\n");
  EXPECT_EQ(content(), "ghi\n");
}

// A torn event is never cut out of the middle of what others have written.
TEST_F(FileFaults, GoesOnInsideAnEventThatCannotBeTakenBack) {
  must_open(options());
  files.on_truncate = [] { return EPERM; };
  plan({{.bytes_max = 6}, {.error = ENOSPC}});
  EXPECT_EQ(offer(1, {"abc\n", "def\n", "ghi\n"}).settled(), 1U);
  EXPECT_EQ(content(), "abc\nde");
  plan({{.bytes_max = 1}, {.error = ENOSPC}});
  EXPECT_EQ(offer(1, {"def\n", "ghi\n"}).settled(), 0U);
  EXPECT_EQ(offer(1, {"def\n", "ghi\n"}).kind(), Kind::ok);
  EXPECT_EQ(content(), "abc\ndef\nghi\n");
}

TEST_F(FileFaults, DoesNotRotateInsideATornEvent) {
  must_open(options());
  files.on_truncate = [] { return EPERM; };
  plan({{.bytes_max = 2}, {.error = ENOSPC}});
  EXPECT_EQ(offer(1, {"abc\n"}).kind(), Kind::retry);
  sink->control(SinkControl::rotate);
  EXPECT_EQ(offer(1, {"abc\n"}).kind(), Kind::ok);
  EXPECT_EQ(offer(2, {"def\n"}).kind(), Kind::ok);
  EXPECT_EQ(backup(1), "abc\n");
  EXPECT_EQ(content(), "def\n");
}

TEST_F(FileFaults, EndsTheLineOfATornEventThatNeverCameBack) {
  must_open(options());
  files.on_truncate = [] { return EPERM; };
  plan({{.bytes_max = 2}, {.error = ENOSPC}});
  EXPECT_EQ(offer(1, {"abc\n"}).kind(), Kind::retry);
  EXPECT_EQ(offer(2, {"def\n"}).kind(), Kind::ok);
  EXPECT_EQ(content(), "ab\ndef\n");
}

TEST_F(FileFaults, OtherErrorsAreFatal) {
  must_open(options());
  plan({{.bytes_max = 2}, {.error = EIO}});
  const WriteResult result = offer(1, {"abc\n"});
  EXPECT_EQ(result.kind(), Kind::fatal);
  EXPECT_EQ(result.reason(), "cannot write to '" + path + "': Input/output error");
  EXPECT_EQ(content(), "");
}

// After `fatal` the whole batch comes again: what is in the file must not come twice.
TEST_F(FileFaults, SettlesWhatIsWrittenBeforeAnErrorIsFatal) {
  must_open(options());
  plan({{.bytes_max = 6}, {.error = EIO}, {.error = EIO}});
  const WriteResult first = offer(1, {"abc\n", "def\n"});
  EXPECT_EQ(first.kind(), Kind::retry);
  EXPECT_EQ(first.settled(), 1U);
  EXPECT_EQ(offer(1, {"def\n"}).kind(), Kind::fatal);
  sink->close();
  ASSERT_TRUE(sink->open(context).ok());
  EXPECT_EQ(offer(1, {"def\n"}).kind(), Kind::ok);
  EXPECT_EQ(content(), "abc\ndef\n");
}

TEST_F(FileFaults, GoesOnInsideAnEventOnAFifo) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  must_open(options());
  plan({{.bytes_max = 6}, {.error = EPIPE}});
  const WriteResult result = offer(1, {"abc\n", "def\n"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.settled(), 1U);
  sink->control(SinkControl::reopen);  // the same FIFO: still inside the event
  EXPECT_EQ(offer(1, {"def\n"}).kind(), Kind::ok);
  EXPECT_EQ(drain(reader), "abc\ndef\n");
  ::close(reader);
}

TEST_F(FileFaults, SyncsNotMoreOftenThanTold) {
  FileOptions with = options();
  with.fsync_interval = std::chrono::seconds{1};
  must_open(with);
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_EQ(files.syncs, 0);
  context.now += second;
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(files.syncs, 1);
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(files.syncs, 1);
  EXPECT_TRUE(sink->flush().ok());
  EXPECT_EQ(files.syncs, 2);
  EXPECT_TRUE(sink->flush().ok());
  EXPECT_EQ(files.syncs, 2) << "nothing new";
  EXPECT_EQ(write({"d\n"}), Kind::ok);
  sink->close();
  EXPECT_EQ(files.syncs, 3);
}

TEST_F(FileFaults, SyncsAfterEachWriteWithAnIntervalOfZero) {
  FileOptions with = options();
  with.fsync_interval = std::chrono::nanoseconds{0};
  with.max_bytes = 2;
  must_open(with);
  EXPECT_EQ(write({"a\n", "b\n", "c\n"}), Kind::ok);
  EXPECT_EQ(files.syncs, 3) << "each file before it is left";
}

TEST_F(FileFaults, NeverSyncsWhenNotTold) {
  must_open(options());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_TRUE(sink->flush().ok());
  sink->close();
  EXPECT_EQ(files.syncs, 0);
}

TEST_F(FileFaults, AFailedSyncIsNotRepeatedOnTheSameDescriptor) {
  FileOptions with = options();
  with.fsync_interval = std::chrono::nanoseconds{0};
  must_open(with);
  files.on_sync = [] { return EIO; };
  EXPECT_EQ(write({"a\n"}), Kind::fatal);
  EXPECT_EQ(sink->flush().ok(), false);
  EXPECT_EQ(write({"a\n"}), Kind::fatal);
  sink->close();
  EXPECT_EQ(files.syncs, 1);
  files.on_sync = nullptr;
  ASSERT_TRUE(sink->open(context).ok());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_EQ(content(), "a\na\n") << "twice rather than not at all";
}

TEST_F(FileFaults, AFailedSyncAtFlushMakesTheNextWriteFatal) {
  FileOptions with = options();
  with.fsync_interval = std::chrono::hours{1};
  must_open(with);
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  files.on_sync = [] { return EIO; };
  const Status status = sink->flush();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "cannot sync '" + path + "': Input/output error");
  EXPECT_EQ(write({"b\n"}), Kind::fatal);
  EXPECT_EQ(content(), "a\n");
}

TEST_F(FileFaults, ATruncationThatFailsLeavesTheFileInUse) {
  FileOptions with = options();
  with.max_bytes = 2;
  with.backup_count = 0;
  must_open(with);
  files.on_truncate = [] { return EPERM; };
  EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
  EXPECT_EQ(content(), "a\nb\n");
  EXPECT_EQ(context.problem, "cannot empty '" + path + "': Operation not permitted");
}

}  // namespace
}  // namespace penstock::sinks::testing
