// SPDX-License-Identifier: Apache-2.0
// A file that is rotated has one sink in one process: two would rename each other's backups away.
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

class FileLock : public FileSinkTest {
 protected:
  FileOptions rotating() const {
    FileOptions result = options();
    result.max_bytes = 2;
    return result;
  }
  std::string refusal() const {
    return "file '" + path +
           "' is being rotated by another process; each needs a file of its own, or to leave "
           "rotation to somebody else (max_bytes: 0, no rotate_every)";
  }
  // What another sink is told that opens the file now; empty when it may have it.
  static std::string answer_to_another(const FileOptions& with) {
    ManualContext context;
    FileSink another(with, real_file_system());
    const Status status = another.open(context);
    return status.ok() ? "" : status.errors()[0].message;
  }
  // Whether `run` is true in a child of this process.
  template <class Run>
  static bool in_child(Run run) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run() ? 0 : 1);
    int status = 1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }
};

TEST_F(FileLock, KeepsASecondProcessFromRotatingTheSameFile) {
  must_open(rotating());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  const auto is_refused = [&] { return answer_to_another(rotating()) == refusal(); };
  EXPECT_TRUE(in_child(is_refused));
  EXPECT_TRUE(in_child(is_refused)) << "the first child has not taken the lock away";
  EXPECT_EQ(write({"b\n", "c\n"}), Kind::ok);
  EXPECT_EQ(backup(2) + backup(1) + content(), "a\nb\nc\n");
  EXPECT_TRUE(in_child(is_refused)) << "the new file is locked as the first was";
  sink->close();
  EXPECT_FALSE(in_child(is_refused));
}

TEST_F(FileLock, KeepsASecondSinkOfThisProcessOutToo) {
  FileOptions by_time = rotating();
  by_time.max_bytes = 0;
  by_time.rotate_every = std::chrono::hours{1};
  for (const FileOptions& with : {rotating(), by_time}) {
    must_open(with);
    EXPECT_EQ(answer_to_another(with), refusal());
    sink->close();
    EXPECT_EQ(answer_to_another(with), "");
  }
}

TEST_F(FileLock, IsNotTakenWithoutRotation) {
  FileOptions with = options();
  with.max_bytes = 0;
  must_open(with);
  EXPECT_EQ(answer_to_another(with), "");
  EXPECT_EQ(answer_to_another(rotating()), "");
  with.path = "/dev/null";
  with.max_bytes = 1;
  must_open(with);
  EXPECT_EQ(answer_to_another(with), "");
}

TEST_F(FileLock, StaysOverReopeningAndFollowsAFileThatWasMoved) {
  must_open(rotating());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  sink->control(SinkControl::reopen);
  EXPECT_TRUE(sink->flush().ok());
  EXPECT_EQ(answer_to_another(rotating()), refusal());

  const std::string moved = directory / "moved";
  std::filesystem::rename(path, moved);
  sink->control(SinkControl::reopen);
  EXPECT_EQ(answer_to_another(rotating()), refusal());
  FileOptions theirs = rotating();
  theirs.path = moved;
  EXPECT_EQ(answer_to_another(theirs), "") << "what we have left is free";
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  EXPECT_EQ(content(), "b\n");
}

// A child shares the open file and with it the lock, as long as it lives.
TEST_F(FileLock, IsGivenBackThoughAChildStillHasTheDescriptor) {
  must_open(rotating());
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char byte = 0;
    (void)!::read(ends[0], &byte, 1);  // until the parent closes its end
    ::_exit(0);
  }
  ::close(ends[0]);
  sink->close();
  EXPECT_TRUE(sink->open(context).ok());
  ::close(ends[1]);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(FileLock, StaysWhenAChildClosesItsCopyOfTheSink) {
  must_open(rotating());
  EXPECT_TRUE(in_child([&] {
    sink.reset();
    return true;
  }));
  EXPECT_EQ(answer_to_another(rotating()), refusal());
}

TEST_F(FileLock, IsDoneWithoutWhereThereAreNone) {
  for (const int error : {ENOTSUP, ENOLCK, EINVAL}) {
    SCOPED_TRACE(error);
    std::filesystem::remove(path);
    files.on_lock = [error] { return error; };
    must_open(rotating());
    EXPECT_EQ(write({"a\n", "b\n"}), Kind::ok);
    sink->control(SinkControl::reopen);
    EXPECT_TRUE(sink->flush().ok());
    EXPECT_EQ(backup(1) + content(), "a\nb\n");
  }
}

// Between our open and our lock, the one before us rotates for the last time and ends.
TEST_F(FileLock, IsTakenOnTheFileThatThePathLeadsTo) {
  write_file(path, "old\n");
  int locks = 0;
  files.on_lock = [&] {
    if (++locks == 1) std::filesystem::rename(path, backup_path(1));
    return 0;
  };
  FileOptions with = rotating();
  with.max_bytes = 100;
  must_open(with);
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  EXPECT_EQ(backup(1), "old\n");
  EXPECT_EQ(content(), "a\n");
  EXPECT_EQ(answer_to_another(with), refusal());
  files.on_lock = nullptr;  // it refers to what ends here
}

// Between the renaming of our file and the making of the new one, somebody else makes it.
TEST_F(FileLock, NothingIsLostToANewcomerInTheMiddleOfARotation) {
  must_open(rotating());
  EXPECT_EQ(write({"a\n"}), Kind::ok);
  ManualContext their_context;
  FileSink newcomer(rotating(), real_file_system());
  files.on_rename = [&](const std::string& from, const std::string&) {
    if (from == path) {
      std::filesystem::rename(path, backup_path(1));
      EXPECT_TRUE(newcomer.open(their_context).ok());
      std::filesystem::rename(path, directory / "kept");  // for the rename that follows
      std::filesystem::rename(backup_path(1), path);
      files.on_open = [&](const std::string&, int) {
        std::filesystem::rename(directory / "kept", path);
        files.on_open = nullptr;
        return 0;
      };
    }
    return 0;
  };
  EXPECT_EQ(write({"b\n"}), Kind::ok);
  files.on_rename = nullptr;
  EXPECT_EQ(context.problem, refusal());
  EXPECT_EQ(backup(1), "a\nb\n") << "goes on where it is";

  newcomer.close();
  context.now += second;
  EXPECT_EQ(write({"c\n"}), Kind::ok);
  EXPECT_EQ(context.problem, "");
  EXPECT_EQ(backup(1), "a\nb\n");
  EXPECT_EQ(content(), "c\n");
}

}  // namespace
}  // namespace penstock::sinks::testing
