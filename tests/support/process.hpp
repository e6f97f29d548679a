// SPDX-License-Identifier: Apache-2.0
// process.hpp: what tests of a process's life need: a sink that writes lines to a descriptor, and
// children that end in time.
#pragma once

#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {

// A file that is gone with the last descriptor; what is appended to it is seen by all.
class TemporaryFile {
 public:
  TemporaryFile() {
    char path[] = "/tmp/penstock-test-XXXXXX";
    descriptor_ = mkostemp(path, O_APPEND | O_CLOEXEC);
    EXPECT_GE(descriptor_, 0);
    unlink(path);
  }
  ~TemporaryFile() { close(descriptor_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  // How often each line is there.
  std::map<std::string, int> lines() const {
    std::map<std::string, int> lines;
    std::string text;
    char buffer[65536];
    off_t at = 0;
    for (ssize_t size; (size = pread(descriptor_, buffer, sizeof buffer, at)) > 0; at += size) {
      text.append(buffer, static_cast<std::size_t>(size));
    }
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      ++lines[text.substr(begin, end - begin)];
      begin = end == std::string::npos ? text.size() : end + 1;
    }
    return lines;
  }

 private:
  int descriptor_ = -1;
};

// Writes each event's message as a line, a batch at a time.
class LineSink final : public Sink {
 public:
  explicit LineSink(int descriptor) : descriptor_(descriptor) {}
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    std::string text;
    for (const EventView& event : batch.events()) {
      text += event.message;
      text += '\n';
    }
    std::string_view left = text;
    while (!left.empty()) {
      const ssize_t written = ::write(descriptor_, left.data(), left.size());
      if (written < 0) return WriteResult::reject("write failed");
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    return WriteResult::ok();
  }

 private:
  int descriptor_;
};

inline SinkOptions line_sink(std::string name, int descriptor) {
  return sink_options(std::move(name), "lines",
                      [descriptor] { return std::make_unique<LineSink>(descriptor); });
}

// In a child: a call that hangs ends it with SIGALRM.
inline constexpr unsigned child_limit_seconds = 60;

// Waits for the child; what was wrong with its end, or nothing.
inline std::string end_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return "waitpid failed";
  if (WIFSIGNALED(status)) return numbered("signal ", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    return numbered("exit status ", WEXITSTATUS(status));
  }
  return {};
}

}  // namespace penstock::test
