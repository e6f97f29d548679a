// SPDX-License-Identifier: Apache-2.0
// file_sink.hpp: appends encoded events to a file, and begins new ones by size, time and demand.
//
// Threads  one at a time (see overlapped_sink.hpp); SIGPIPE and SIGXFSZ must be blocked there (or
//          ignored)
// Bound    a file holds at most max_bytes, or one event that is larger; more only while a new file
//          cannot be begun
// Loss     none. Rotation happens between events; an event of which only a part found room is taken
//          back, or gone on with where that is impossible (FIFOs, devices). Nothing is kept in user
//          space after write().
// Errors   no room, no reader -> retry; others -> fatal. A rotation or a reopening that fails stops
//          nothing: writing goes on in the present file, and flush() fails until it is overcome
// Sync     a file that is rotated by size or time is locked, see file_lock.hpp
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/sinks.hpp"
#include "sinks/file_system.hpp"
#include "sinks/open_file.hpp"
#include "sinks/rotation_clock.hpp"
#include "sinks/torn_event.hpp"

namespace penstock::sinks {

class FileSink final : public Sink {
 public:
  // open() waits for up to `lock_patience` while another process has the file that it rotates.
  FileSink(FileOptions options, FileSystem& files, std::chrono::nanoseconds lock_patience = {});
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  Needs needs() const noexcept override { return {.events = false, .encoded = true}; }
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;
  Status flush() override;
  void control(SinkControl request) override;
  void close() override;

  // What is wrong without stopping the sink; empty while nothing is.
  const std::string& problem() const noexcept { return problem_; }

 private:
  // The place that the next write(2) begins at: `events` whole ones are done.
  struct Progress {
    std::size_t events = 0;
    std::size_t bytes = 0;
  };

  void keep_up_with_time();
  WriteResult write_events(const Batch& batch);
  std::size_t next_end(const Batch& batch, const Progress& done);
  bool end_open_line(int& error);
  WriteResult stopped(const Batch& batch, std::size_t reached, std::size_t last_bytes, int error);
  bool take_back(std::size_t bytes);

  bool begin_new_file();
  bool push_file_away(std::string& why);
  bool rotation_failed(std::string why);
  bool was_moved_away();
  void try_to_reopen();
  Status open_when_free();
  Status reopen(const std::string& path);
  Result<OpenFile> open_and_lock(const std::string& path);
  void adopt(OpenFile file);
  void drop_file();
  void close_file(OpenFile& file);
  void report_problem(std::string why);
  void problem_is_over();

  bool sync_is_due() const noexcept;
  bool sync();

  FileOptions options_;
  FileSystem& files_;
  const std::chrono::nanoseconds lock_patience_;
  SinkContext* context_ = nullptr;
  OpenRequest request_;
  OpenFile file_;
  RotationClock clock_;
  TornEvent torn_;
  std::string problem_;     // as the context was told
  std::string sync_error_;  // not empty: the next write() is fatal, so that the file is reopened

  std::int64_t now_ns_ = 0;  // of the call that is running
  std::int64_t move_checked_ns_ = 0;
  std::int64_t rotation_failed_ns_ = 0;
  std::int64_t synced_ns_ = 0;
  bool rotation_is_due_ = false;  // by time or on demand
  bool rotation_has_failed_ = false;
  bool lock_is_taken_ = false;  // and so the last opening failed
  bool unsynced_ = false;
};

}  // namespace penstock::sinks
