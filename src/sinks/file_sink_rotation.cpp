// SPDX-License-Identifier: Apache-2.0
// file_sink_rotation.cpp: how a file sink changes from one file to another.
#include <cerrno>
#include <utility>

#include "sinks/backups.hpp"
#include "sinks/file_lock.hpp"
#include "sinks/file_sink.hpp"

namespace penstock::sinks {
namespace {

// After a failed rotation the present file grows on for so long before the next try.
constexpr std::int64_t rotation_pause_ns = 10'000'000'000;

}  // namespace

void FileSink::control(SinkControl request) {
  if (file_.fd == -1) return;
  now_ns_ = context_->now_ns();
  rotation_failed_ns_ = now_ns_ - rotation_pause_ns;  // whoever asks need not wait
  switch (request) {
    case SinkControl::reopen:
      try_to_reopen();
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
  if (was_moved_away()) {
    const Status status = reopen(options_.path);
    return status.ok() || rotation_failed(status.errors()[0].message);
  }
  if (!file_.regular || file_.size == 0) {
    rotation_is_due_ = false;
    return file_.regular;
  }
  if (torn_.is_waiting()) return false;  // first the event that cannot be taken back ends here
  if (options_.fsync_interval && !sync()) return false;

  std::string why;
  if (!push_file_away(why)) return rotation_failed(std::move(why));
  remove_backups_above(files_, file_.target, options_.backup_count);
  rotation_is_due_ = false;
  rotation_has_failed_ = false;
  problem_is_over();
  return true;
}

// Empties the file, or makes it path.1 and begins another.
bool FileSink::push_file_away(std::string& why) {
  if (options_.backup_count == 0) {
    if (files_.ftruncate(file_.fd, 0) == -1) {
      why = path_error("empty", file_.target, errno);
      return false;
    }
    file_.size = 0;
    torn_.forget();
    return true;
  }
  if (const int error = push_backup(files_, file_.target, options_.backup_count); error != 0) {
    why = path_error("rotate", file_.target, error);
    return false;
  }
  // When this fails, writing goes on in what is path.1 now, until the file can be made.
  const Status status = reopen(file_.target);
  if (!status.ok()) why = status.errors()[0].message;
  return status.ok();
}

bool FileSink::rotation_failed(std::string why) {
  rotation_has_failed_ = true;
  rotation_failed_ns_ = now_ns_;
  report_problem(std::move(why));
  return false;
}

// The one way for what goes wrong without stopping the sink.
void FileSink::report_problem(std::string why) {
  problem_ = std::move(why);
  if (context_ != nullptr) context_->report(problem_);
}

// A failed rotation is over when there is a new file, not when the same one was opened again.
void FileSink::problem_is_over() {
  if (!rotation_has_failed_ && !problem_.empty()) report_problem({});
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

void FileSink::try_to_reopen() {
  const Status status = reopen(options_.path);
  if (!status.ok()) report_problem(status.errors()[0].message);
}

// On failure the file that is open stays in use.
Status FileSink::reopen(const std::string& path) {
  Result<OpenFile> opened = open_and_lock(path);
  if (!opened) return opened.errors();
  adopt(std::move(*opened));
  return {};
}

Result<OpenFile> FileSink::open_and_lock(const std::string& path) {
  const bool rotates = options_.max_bytes != 0 || options_.rotate_every.count() != 0;
  OpenRequest request = request_;
  request.path = path;
  lock_is_taken_ = false;
  constexpr int rounds = 3;  // whoever has it may rotate it away right before we lock it
  for (int round = 0; round < rounds; ++round) {
    Result<OpenFile> opened = open_file(files_, request);
    if (!opened || !rotates || !opened->regular) return opened;
    if (file_.locked_by != 0 && opened->is_same_as(file_)) {
      // The lock is on the descriptor that we have, so this one is kept.
      files_.close(std::exchange(opened->fd, std::exchange(file_.fd, -1)));
      opened->locked_by = file_.locked_by;
      return opened;
    }
    const LockAnswer answer = lock_file(files_, path, *opened);
    lock_is_taken_ = answer == LockAnswer::taken;
    if (answer == LockAnswer::yes) return opened;
    close_file(*opened);
    if (answer == LockAnswer::taken) break;
  }
  return Error{.message = "file '" + path +
                          "' is being rotated by another process; each needs a file of its own, "
                          "or to leave rotation to somebody else (max_bytes: 0, no rotate_every)"};
}

void FileSink::adopt(OpenFile file) {
  // In a FIFO or device that is the same as before, and in a file that nobody has appended to, a
  // torn event is still the last thing.
  const bool is_same_file = file.device == file_.device && file.inode == file_.inode;
  if (!is_same_file || (file.regular && file.size != file_.size)) torn_.forget();
  if (!is_same_file) rotation_has_failed_ = false;
  if (file.line_is_open && !torn_.is_waiting()) torn_.set_line_open(true);
  drop_file();
  file_ = std::move(file);
  move_checked_ns_ = now_ns_;
  synced_ns_ = now_ns_;
  const bool is_old = clock_.restart(now_ns_, file_.modified_ns);
  rotation_is_due_ = is_old && file_.regular && file_.size > 0;
  problem_is_over();
}

// What is written is synced first, if it ever is.
void FileSink::drop_file() {
  if (file_.fd == -1) return;
  if (options_.fsync_interval && sync_error_.empty()) sync();
  close_file(file_);
  unsynced_ = false;
}

void FileSink::close_file(OpenFile& file) {
  unlock_file(files_, file);
  files_.close(std::exchange(file.fd, -1));
}

}  // namespace penstock::sinks
