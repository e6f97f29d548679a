// SPDX-License-Identifier: Apache-2.0
// support.hpp: what the tests of the sinks share: a directory of their own, batches, a clock that
// is set by hand, and a file system that fails when told to.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/sink.hpp"
#include "sinks/file_system.hpp"

namespace penstock::sinks::testing {

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t hour = 3600 * second;

// The seed of a random test: PENSTOCK_SEED, or a new one. Printed, so that a failure can be had
// again.
inline std::uint64_t test_seed() {
  const char* text = std::getenv("PENSTOCK_SEED");
  const std::uint64_t seed = text != nullptr ? std::stoull(text) : std::random_device{}();
  std::cout << "PENSTOCK_SEED=" << seed << std::endl;
  return seed;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "penstock_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline bool exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

class ManualContext final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "test"; }
  std::int64_t now_ns() const noexcept override { return now; }
  void settle(std::uint64_t, WriteResult) override {}
  void report(std::string_view what) override { problem = what; }

  std::int64_t now = 500'000 * hour;
  std::string problem{};  // as last reported
};

// Owns what a Batch refers to.
class TestBatch {
 public:
  TestBatch(std::uint64_t id, const std::vector<std::string>& events,
            const std::vector<Level>& levels = {})
      : id_(id) {
    for (const std::string& event : events) {
      text_ += event;
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
      penstock_event c{};
      c.level = static_cast<std::uint32_t>(events_.size() < levels.size() ? levels[events_.size()]
                                                                          : Level::info);
      events_.push_back(c);
    }
  }
  Batch batch() const {
    return Batch({.id = id_,
                  .count = ends_.size(),
                  .events = events_.data(),
                  .encoded = text_,
                  .ends = ends_,
                  .first_time_ns = 0});
  }

 private:
  std::uint64_t id_;
  std::string text_;
  std::vector<std::uint32_t> ends_;
  std::vector<penstock_event> events_;
};

inline std::uint64_t next_batch_id() {
  static std::uint64_t id = 0;
  return ++id;
}

inline WriteResult write_batch(Sink& sink, const std::vector<std::string>& events) {
  const TestBatch owner(next_batch_id(), events);
  return sink.write(owner.batch());
}

// Offers events as the pipeline does until all are delivered: the rest again after `retry`, the
// batch again in a sink that was opened again after `fatal`. False after too many tries.
inline bool deliver(Sink& sink, SinkContext& context, std::vector<std::string> events) {
  const std::uint64_t id = next_batch_id();
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const TestBatch owner(id, events);
    const WriteResult result = sink.write(owner.batch());
    if (result.kind() == WriteResult::Kind::ok) return true;
    if (result.kind() == WriteResult::Kind::fatal) {
      sink.close();
      if (!sink.open(context)) return false;
    } else if (result.kind() == WriteResult::Kind::retry) {
      events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(result.settled()));
    } else {
      return false;
    }
  }
  return false;
}

// The real file system, except where a hook answers otherwise. A hook that answers an errno makes
// the call fail with it; 0 lets it through.
class FaultyFileSystem final : public FileSystem {
 public:
  struct WriteFault {
    std::size_t bytes_max = SIZE_MAX;  // a short write
    int error = 0;                     // or none at all
  };
  std::function<WriteFault(std::size_t count)> on_write;
  std::function<int(const std::string& path, int flags)> on_open;
  std::function<int(const std::string& from, const std::string& to)> on_rename;
  std::function<int()> on_sync;
  std::function<int()> on_truncate;
  std::function<int()> on_chown;
  std::function<int()> on_lock;
  std::function<void()> on_wait;
  int writes = 0;
  int waits = 0;
  int syncs = 0;
  int stats = 0;

  int open(const char* path, int flags, mode_t mode) override {
    if (fails(on_open ? on_open(path, flags) : 0)) return -1;
    return real_.open(path, flags, mode);
  }
  int close(int fd) override { return real_.close(fd); }
  ssize_t write(int fd, const char* bytes, std::size_t count) override {
    ++writes;
    const WriteFault fault = on_write ? on_write(count) : WriteFault{};
    if (fails(fault.error)) return -1;
    return real_.write(fd, bytes, std::min(count, fault.bytes_max));
  }
  ssize_t pread(int fd, char* bytes, std::size_t count, off_t offset) override {
    return real_.pread(fd, bytes, count, offset);
  }
  int ftruncate(int fd, off_t size) override {
    if (fails(on_truncate ? on_truncate() : 0)) return -1;
    return real_.ftruncate(fd, size);
  }
  int fdatasync(int fd) override {
    ++syncs;
    if (fails(on_sync ? on_sync() : 0)) return -1;
    return real_.fdatasync(fd);
  }
  int fstat(int fd, FileStatus& status) override { return real_.fstat(fd, status); }
  int stat(const char* path, FileStatus& status) override {
    ++stats;
    return real_.stat(path, status);
  }
  int lstat(const char* path, FileStatus& status) override { return real_.lstat(path, status); }
  int rename(const char* from, const char* to) override {
    if (fails(on_rename ? on_rename(from, to) : 0)) return -1;
    return real_.rename(from, to);
  }
  int unlink(const char* path) override { return real_.unlink(path); }
  int fchmod(int fd, mode_t mode) override { return real_.fchmod(fd, mode); }
  int fchown(int fd, uid_t user, gid_t group) override {
    if (fails(on_chown ? on_chown() : 0)) return -1;
    return real_.fchown(fd, user, group);
  }
  int lock(int fd, int operation) override {
    if (fails(on_lock ? on_lock() : 0)) return -1;
    return real_.lock(fd, operation);
  }
  int access_mode(int fd) override { return real_.access_mode(fd); }
  off_t position(int fd) override { return real_.position(fd); }
  int set_blocking(int fd) override { return real_.set_blocking(fd); }
  int wait_writable(int fd) override {
    ++waits;
    if (on_wait) on_wait();
    return real_.wait_writable(fd);
  }

 private:
  static bool fails(int error) {
    if (error != 0) errno = error;
    return error != 0;
  }
  FileSystem& real_ = real_file_system();
};

}  // namespace penstock::sinks::testing
