// SPDX-License-Identifier: Apache-2.0
// The console sink on pipes and on a pseudo-terminal, and its colors.
#include "sinks/console_sink.hpp"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include <pty.h>

#include "support.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;

class ConsoleSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
  }
  void TearDown() override {
    close_reader();
    ::close(pipe_[1]);
    std::signal(SIGPIPE, before_);
  }
  int writing_end() const { return pipe_[1]; }
  void close_reader() {
    if (pipe_[0] != -1) ::close(pipe_[0]);
    pipe_[0] = -1;
  }
  std::string drain() const { return read_some(pipe_[0]); }
  static std::string read_some(int fd) {
    char buffer[4096];
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
  }
  static WriteResult offer(Sink& sink, std::uint64_t id, const std::vector<std::string>& events,
                           const std::vector<Level>& levels = {}) {
    const TestBatch owner(id, events, levels);
    return sink.write(owner.batch());
  }

  int pipe_[2] = {-1, -1};
  FaultyFileSystem files;
  ManualContext context;

 private:
  void (*before_)(int) = nullptr;
};

TEST_F(ConsoleSinkTest, WritesEncodedTextInOneCall) {
  ConsoleSink sink({.fd = writing_end(), .colored = false}, files);
  EXPECT_FALSE(sink.needs().events);
  EXPECT_TRUE(sink.needs().encoded);
  ASSERT_TRUE(sink.open(context).ok());
  EXPECT_EQ(offer(sink, 1, {"a\n", "b\n"}).kind(), Kind::ok);
  EXPECT_EQ(files.writes, 1);
  EXPECT_EQ(drain(), "a\nb\n");
}

TEST_F(ConsoleSinkTest, ColorsEachLineByLevel) {
  ConsoleSink sink({.fd = writing_end(), .colored = true}, files);
  EXPECT_TRUE(sink.needs().events);
  EXPECT_EQ(offer(sink, 1, {"t\n", "d\n", "i\n", "w\nx\n", "e\n", "c\n"},
                  {Level::trace, Level::debug, Level::info, Level::warning, Level::error,
                   Level::critical})
                .kind(),
            Kind::ok);
  EXPECT_EQ(drain(),
            "\x1b[2mt\x1b[0m\n\x1b[2md\x1b[0m\ni\n"
            "\x1b[33mw\x1b[0m\n\x1b[33mx\x1b[0m\n\x1b[31me\x1b[0m\n\x1b[1;31mc\x1b[0m\n");
}

TEST_F(ConsoleSinkTest, WaitsWhileANonBlockingStreamHasNoRoom) {
  ASSERT_EQ(::fcntl(writing_end(), F_SETFL, O_NONBLOCK), 0);
  ConsoleSink sink({.fd = writing_end(), .colored = false}, files);
  const std::string line = std::string(99'999, 'x') + "\n";
  WriteResult result = WriteResult::pending();
  std::atomic<bool> waits{false};
  files.on_wait = [&] {
    waits = true;
    waits.notify_one();
  };
  std::thread writer([&] { result = offer(sink, 1, {line, line, line}); });
  waits.wait(false);
  std::string found;
  while (found.size() < 3 * line.size()) found += drain();
  writer.join();
  EXPECT_EQ(result.kind(), Kind::ok);
  EXPECT_TRUE(found == line + line + line);
}

TEST_F(ConsoleSinkTest, EventsForAReaderThatIsGoneAreRefused) {
  ConsoleSink sink({.fd = writing_end(), .colored = false}, files);
  close_reader();
  const WriteResult result = offer(sink, 1, {"a\n"});
  EXPECT_EQ(result.kind(), Kind::reject);
  EXPECT_EQ(result.positions(), std::vector<std::uint32_t>{0});
  EXPECT_EQ(result.reason(), "cannot write to standard output: Broken pipe");
}

TEST_F(ConsoleSinkTest, GoesOnInsideATornEvent) {
  for (const bool colored : {false, true}) {
    ConsoleSink sink({.fd = writing_end(), .colored = colored}, files);
    int calls = 0;
    files.on_write = [&](std::size_t) -> FaultyFileSystem::WriteFault {
      ++calls;
      if (calls == 1) return {.bytes_max = colored ? 25U : 6U, .error = 0};
      return {.bytes_max = SIZE_MAX, .error = calls == 2 ? ENOSPC : 0};
    };
    const std::vector<Level> levels{Level::error, Level::error};
    const WriteResult result = offer(sink, 1, {"abc\n", "def\n"}, levels);
    EXPECT_EQ(result.kind(), Kind::retry);
    EXPECT_EQ(result.settled(), 1U);
    EXPECT_EQ(offer(sink, 1, {"def\n"}, levels).kind(), Kind::ok);
    EXPECT_EQ(drain(), colored ? "\x1b[31mabc\x1b[0m\n\x1b[31mdef\x1b[0m\n" : "abc\ndef\n");
  }
}

TEST_F(ConsoleSinkTest, EndsTheLineOfATornEventThatNeverCameBack) {
  ConsoleSink sink({.fd = writing_end(), .colored = false}, files);
  int calls = 0;
  files.on_write = [&](std::size_t) -> FaultyFileSystem::WriteFault {
    ++calls;
    if (calls == 1) return {.bytes_max = 2, .error = 0};
    return {.bytes_max = SIZE_MAX, .error = calls == 2 ? ENOSPC : 0};
  };
  EXPECT_EQ(offer(sink, 1, {"abc\n"}).kind(), Kind::retry);
  EXPECT_EQ(offer(sink, 2, {"def\n"}).kind(), Kind::ok);
  EXPECT_EQ(drain(), "ab\ndef\n");
}

TEST_F(ConsoleSinkTest, OtherErrorsAreFatal) {
  ConsoleSink sink({.fd = writing_end(), .colored = false}, files);
  files.on_write = [](std::size_t) -> FaultyFileSystem::WriteFault {
    return {.bytes_max = 0, .error = EIO};
  };
  EXPECT_EQ(offer(sink, 1, {"a\n"}).kind(), Kind::fatal);
}

TEST_F(ConsoleSinkTest, AClosedStreamCannotBeOpened) {
  const int closed = ::dup(writing_end());
  ::close(closed);
  ConsoleSink sink({.fd = closed, .colored = false}, files);
  const Status status = sink.open(context);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "cannot use standard output: Bad file descriptor");
}

TEST_F(ConsoleSinkTest, AStreamThatIsOpenForReadingOnlyCannotBeOpened) {
  const int reading = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_NE(reading, -1);
  ConsoleSink sink({.fd = reading, .colored = false}, files);
  const Status status = sink.open(context);
  ::close(reading);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, "standard output is not open for writing");
}

class ConsoleColor : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    ASSERT_EQ(::openpty(&master_, &terminal_, nullptr, nullptr, nullptr), 0);
  }
  void TearDown() override {
    ::close(master_);
    ::close(terminal_);
    ::unsetenv("NO_COLOR");
  }
  int master_ = -1;
  int terminal_ = -1;
};

TEST_F(ConsoleColor, IsForTerminalsOnly) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_TRUE(wants_color(Color::automatic, terminal_));
  EXPECT_FALSE(wants_color(Color::automatic, ends[1]));
  EXPECT_TRUE(wants_color(Color::always, ends[1]));
  EXPECT_FALSE(wants_color(Color::never, terminal_));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(ConsoleColor, CanBeTurnedOffByTheEnvironment) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_color(Color::automatic, terminal_));
  EXPECT_TRUE(wants_color(Color::always, terminal_));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(wants_color(Color::automatic, terminal_)) << "empty counts as not set";
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_color(Color::automatic, terminal_));
}

}  // namespace
}  // namespace penstock::sinks::testing
