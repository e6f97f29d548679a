// SPDX-License-Identifier: Apache-2.0
// A file sink against the real limits of the system: full disks, devices, FIFOs, size limits.
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using FileLimits = FileSinkTest;

std::vector<std::string> numbered_lines(int first, int count, std::size_t width) {
  std::vector<std::string> lines;
  for (int number = first; number < first + count; ++number) {
    std::string line = std::to_string(number) + " ";
    line.resize(width - 1, 'x');
    lines.push_back(line + "\n");
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

class MountedDisk {
 public:
  explicit MountedDisk(std::string where) : where_(std::move(where)) {
    std::filesystem::create_directory(where_);
    mounted_ = ::mount("penstock", where_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~MountedDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  MountedDisk(const MountedDisk&) = delete;
  MountedDisk& operator=(const MountedDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  std::string where_;
  bool mounted_ = false;
};

TEST_F(FileLimits, AFullDiskStopsBetweenLinesAndResumesWhenThereIsRoom) {
  const MountedDisk disk(directory / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "mounting is not permitted";
  const std::string ballast = directory / "disk/ballast";
  write_file(ballast, std::string(600'000, 'b'));
  path = directory / "disk/app.log";
  FileOptions with = options();
  with.max_bytes = 200'000;
  with.backup_count = 50;
  must_open(with);

  std::vector<std::string> left = numbered_lines(0, 9000, 101);
  const std::string all = joined(left);
  const std::uint64_t id = next_batch_id();
  int stalls = 0;
  for (;;) {
    const TestBatch owner(id, left);
    const WriteResult result = sink->write(owner.batch());
    if (result.kind() == Kind::ok) break;
    ASSERT_EQ(result.kind(), Kind::retry) << result.reason();
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(result.settled()));
    const std::string so_far = content();
    EXPECT_TRUE(so_far.empty() || so_far.back() == '\n') << "torn line";
    ASSERT_LT(++stalls, 5);
    if (stalls == 2) std::filesystem::remove(ballast);
  }
  EXPECT_GE(stalls, 2);

  std::string found;
  for (int number = 50; number >= 1; --number) {
    found += backup(number);
    EXPECT_LE(backup(number).size(), with.max_bytes);
    EXPECT_TRUE(!exists(backup_path(number)) || !backup(number).empty()) << "empty backup";
  }
  EXPECT_EQ(found + content(), all);
}

TEST_F(FileLimits, ASizeLimitOfTheProcessIsAFullDisk) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    bool good = ::setrlimit(RLIMIT_FSIZE, &limit) == 0 && open(options()).ok();
    const WriteResult result = write_batch(*sink, numbered_lines(0, 20, 64));
    good = good && result.kind() == Kind::retry && result.settled() == 15;
    ::_exit(good ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content(), joined(numbered_lines(0, 15, 64)));
}

TEST_F(FileLimits, ADeviceThatIsFullIsWaitedFor) {
  if (!exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  path = "/dev/full";
  FileOptions with = options();
  with.max_bytes = 1;
  must_open(with);
  const WriteResult result = write_batch(*sink, {"abc\n"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.settled(), 0U);
  EXPECT_EQ(result.reason(), "cannot write to '/dev/full': No space left on device");
}

TEST_F(FileLimits, ADeviceIsNeitherRotatedNorEmptied) {
  path = "/dev/null";
  FileOptions with = options();
  with.max_bytes = 1;
  with.backup_count = 0;
  with.rotate_every = std::chrono::seconds{1};
  with.fsync_interval = std::chrono::nanoseconds{0};
  must_open(with);
  EXPECT_EQ(write({"abc\n", "def\n"}), Kind::ok);
  context.now += hour;
  EXPECT_EQ(write({"abc\n", "def\n"}), Kind::ok);
  sink->control(SinkControl::rotate);
  EXPECT_TRUE(sink->flush().ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(files.writes, 2);
}

// Opening must not wait for a reader; writing does.
TEST_F(FileLimits, AFifoThatNobodyReadsHoldsUpTheWriteOnly) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  must_open(options());
  const auto lines = numbered_lines(0, 10'000, 100);
  WriteResult result = WriteResult::pending();
  std::thread writer([&] { result = write_batch(*sink, lines); });

  const int reader = ::open(path.c_str(), O_RDONLY);
  const int capacity = ::fcntl(reader, F_GETPIPE_SZ);
  int waiting = 0;
  while (waiting < capacity / 2) {
    ASSERT_EQ(::ioctl(reader, FIONREAD, &waiting), 0);
    std::this_thread::yield();
  }
  const std::string all = joined(lines);
  std::string found(all.size(), '\0');
  std::size_t have = 0;
  while (have < found.size()) {
    const ssize_t count = ::read(reader, found.data() + have, found.size() - have);
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  writer.join();
  ::close(reader);
  EXPECT_EQ(result.kind(), Kind::ok);
  EXPECT_TRUE(found == all);
}

TEST_F(FileLimits, AFifoKeepsItsLinesOverAChangeOfReaders) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  must_open(options());
  const int first = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(write({"abc\n"}), Kind::ok);
  ::close(first);
  EXPECT_EQ(write({"def\n"}), Kind::ok);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  char buffer[64];
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 8);
  EXPECT_EQ(std::string(buffer, 8), "abc\ndef\n");
  ::close(reader);
}

TEST_F(FileLimits, AMovedFileLosesNothingWhileEventsFlow) {
  must_open(options());
  std::string all;
  for (int round = 0; round < 50; ++round) {
    const auto lines = numbered_lines(round * 10, 10, 32);
    all += joined(lines);
    if (round % 7 == 3) {
      std::filesystem::rename(path, directory / ("moved" + std::to_string(round)));
    }
    EXPECT_EQ(write(lines), Kind::ok);
    context.now += second / 3;
  }
  std::string found;
  for (int round = 3; round < 50; round += 7) {
    found += read_file(directory / ("moved" + std::to_string(round)));
  }
  EXPECT_EQ(found + content(), all);
}

}  // namespace
}  // namespace penstock::sinks::testing
