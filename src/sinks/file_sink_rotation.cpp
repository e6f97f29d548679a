// SPDX-License-Identifier: Apache-2.0
// file_sink_rotation.cpp: how a file sink changes from one file to another.
#include <cerrno>
#include <utility>

#include "sinks/backups.hpp"
#include "sinks/file_sink.hpp"

namespace penstock::sinks {
namespace {

// After a failed rotation the present file grows on for so long before the next try.
constexpr std::int64_t rotation_pause_ns = 10'000'000'000;

}  // namespace

void FileSink::control(SinkControl request) {
  if (file_.fd == -1) return;
  now_ns_ = context_->now_ns();
  rotation_has_failed_ = false;
  switch (request) {
    case SinkControl::reopen:
      reopen(options_.path);
      return;
    case SinkControl::rotate:
      rotation_is_due_ = true;
      begin_new_file();
      return;
  }
}

// True when the sink now has another file, or an empty one.
bool FileSink::begin_new_file() {
  const bool is_pause =
      now_ns_ >= rotation_failed_ns_ && now_ns_ - rotation_failed_ns_ < rotation_pause_ns;
  if (rotation_has_failed_ && is_pause) return false;
  // Somebody else has rotated: taking our file's name away from theirs would be wrong.
  if (was_moved_away()) return reopen(options_.path) || rotation_failed(last_error_);
  if (!file_.regular || file_.size == 0) {
    rotation_is_due_ = false;
    return file_.regular;
  }
  if (torn_.is_waiting()) return false;  // first the event that cannot be taken back ends here
  if (options_.fsync_interval && !sync()) return false;

  if (options_.backup_count == 0) {
    if (files_.ftruncate(file_.fd, 0) == -1) {
      return rotation_failed(path_error("empty", file_.target, errno));
    }
    file_.size = 0;
    torn_.forget();
  } else {
    if (const int error = push_backup(files_, file_.target, options_.backup_count); error != 0) {
      return rotation_failed(path_error("rotate", file_.target, error));
    }
    // When this fails, writing goes on in what is path.1 now, until the file can be made.
    if (!reopen(file_.target)) return rotation_failed(last_error_);
  }
  remove_backups_above(files_, file_.target, options_.backup_count);
  rotation_is_due_ = false;
  rotation_has_failed_ = false;
  return true;
}

bool FileSink::rotation_failed(std::string why) {
  last_error_ = std::move(why);
  rotation_has_failed_ = true;
  rotation_failed_ns_ = now_ns_;
  return false;
}

// Whether the path leads to another file than the open one, or nowhere. Learns the size on the way:
// others may have appended to the file or emptied it.
bool FileSink::was_moved_away() {
  move_checked_ns_ = now_ns_;
  FileStatus status{};
  if (files_.stat(options_.path.c_str(), status) == -1) {
    return errno == ENOENT || errno == ENOTDIR;
  }
  if (!file_.is(status)) return true;
  if (file_.regular) file_.size = static_cast<std::uint64_t>(status.st_size);
  return false;
}

// On failure the file that is open stays in use.
bool FileSink::reopen(const std::string& path) {
  OpenRequest request = request_;
  request.path = path;
  Result<OpenFile> opened = open_file(files_, request);
  if (!opened) {
    last_error_ = opened.errors()[0].message;
    return false;
  }
  adopt(std::move(*opened));
  return true;
}

void FileSink::adopt(OpenFile file) {
  // In a FIFO or device that is the same as before, and in a file that nobody has appended to, a
  // torn event is still the last thing.
  const bool is_same = file.device == file_.device && file.inode == file_.inode &&
                       (!file.regular || file.size == file_.size);
  if (!is_same) torn_.forget();
  if (file.line_is_open && !torn_.is_waiting()) torn_.set_line_open(true);
  drop_file();
  file_ = std::move(file);
  move_checked_ns_ = now_ns_;
  synced_ns_ = now_ns_;
  const bool is_old = clock_.restart(now_ns_, file_.modified_ns);
  rotation_is_due_ = is_old && file_.regular && file_.size > 0;
}

// What is written is synced first, if it ever is.
void FileSink::drop_file() {
  if (file_.fd == -1) return;
  if (options_.fsync_interval && sync_error_.empty()) sync();
  files_.close(std::exchange(file_.fd, -1));
  unsynced_ = false;
}

}  // namespace penstock::sinks
