// SPDX-License-Identifier: Apache-2.0
// file_sink.cpp: opening, writing and syncing; file_sink_rotation.cpp has the change of files.
#include "sinks/file_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "sinks/overlapped_sink.hpp"
#include "sinks/write_all.hpp"

namespace penstock {
namespace sinks {
namespace {
// Less than a start waits for a sink.
constexpr std::chrono::seconds lock_wait{5};

// Writing it takes the kernel some 50 us, and a thread wakes in a tenth of that.
constexpr std::size_t large_batch = 256 * KiB;
}  // namespace
}  // namespace sinks

SinkFactory file_sink(FileOptions options) {
  return [options = std::move(options)] {
    return std::make_unique<sinks::OverlappedSink>(
        std::make_unique<sinks::FileSink>(options, sinks::real_file_system(), sinks::lock_wait),
        sinks::large_batch);
  };
}

namespace sinks {
namespace {

// A full disk is looked at so often. A reader that is gone is left to the pipeline's backoff.
constexpr std::chrono::milliseconds full_disk_pause{200};

constexpr std::int64_t move_check_interval_ns = 1'000'000'000;

// Also true after the clock was set back.
bool has_elapsed(std::int64_t now_ns, std::int64_t since_ns, std::int64_t interval_ns) noexcept {
  return now_ns < since_ns || now_ns - since_ns >= interval_ns;
}

}  // namespace

FileSink::FileSink(FileOptions options, FileSystem& files, std::chrono::nanoseconds lock_patience)
    : options_(std::move(options)),
      files_(files),
      lock_patience_(lock_patience),
      request_{.path = options_.path,
               .mode = static_cast<mode_t>(options_.mode),
               .owner = {},
               .create_directories = options_.create_directories},
      clock_(options_.rotate_every) {}

FileSink::~FileSink() { drop_file(); }

Status FileSink::open(SinkContext& context) {
  context_ = &context;
  now_ns_ = context.now_ns();
  if (Errors errors = validate(options_); !errors.empty()) return errors;
  Result<Owner> owner = find_owner(options_.owner);
  if (!owner) return Status::failure("file '" + options_.path + "': " + owner.errors()[0].message);
  request_.owner = *owner;
  rotation_has_failed_ = false;
  if (Status status = open_when_free(); !status.ok()) return status;
  sync_error_.clear();
  if (rotation_is_due_) begin_new_file();
  return {};
}

// A process that takes over from another may begin before that one has ended.
Status FileSink::open_when_free() {
  const auto deadline = std::chrono::steady_clock::now() + lock_patience_;
  for (;;) {
    Status status = reopen(options_.path);
    if (status.ok() || !lock_is_taken_ || std::chrono::steady_clock::now() >= deadline) {
      return status;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void FileSink::close() { drop_file(); }

WriteResult FileSink::write(const Batch& batch) {
  now_ns_ = context_->now_ns();
  if (!sync_error_.empty()) return WriteResult::fatal(sync_error_);
  if (batch.encoded_ends().empty()) return WriteResult::ok();
  keep_up_with_time();
  return write_events(batch);
}

void FileSink::keep_up_with_time() {
  if (has_elapsed(now_ns_, move_checked_ns_, move_check_interval_ns) && was_moved_away()) {
    try_to_reopen();
  }
  if (clock_.passed_boundary(now_ns_)) rotation_is_due_ = true;
  if (rotation_is_due_) begin_new_file();
}

WriteResult FileSink::write_events(const Batch& batch) {
  const std::string_view text = batch.encoded();
  Progress done{.events = 0, .bytes = torn_.resume(batch.id(), batch.encoded_ends()[0])};
  while (done.events < batch.encoded_ends().size()) {
    const std::size_t end = next_end(batch, done);
    if (!sync_error_.empty()) return WriteResult::fatal(sync_error_);
    int error = 0;
    if (!end_open_line(error)) return stopped(batch, done.bytes, 0, error);

    const Written written = write_all(files_, file_.fd, text.substr(done.bytes, end - done.bytes));
    file_.size += written.bytes;
    unsynced_ = unsynced_ || written.bytes > 0;
    if (written.error != 0) {
      return stopped(batch, done.bytes + written.bytes, written.bytes, written.error);
    }
    done = {.events = events_within(batch.encoded_ends(), end), .bytes = end};
  }
  if (sync_is_due() && !sync()) return WriteResult::fatal(sync_error_);
  return WriteResult::ok();
}

// As many events as the file still takes. Begins a new one when it takes none.
std::size_t FileSink::next_end(const Batch& batch, const Progress& done) {
  const auto ends = batch.encoded_ends();
  const bool inside_event = done.bytes > (done.events == 0 ? 0 : ends[done.events - 1]);
  if (inside_event) return ends[done.events];
  if (options_.max_bytes == 0 || !file_.regular) return ends.back();

  // A second round when the file that we got is not empty, as somebody else has made it.
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t used = file_.size + (torn_.line_is_open() ? 1 : 0);
    const std::uint64_t room = options_.max_bytes - std::min(used, options_.max_bytes);
    const std::size_t fitting =
        events_within(ends, done.bytes + std::min<std::uint64_t>(room, ends.back()));
    if (fitting > done.events) return ends[fitting - 1];
    if (file_.size == 0) return ends[done.events];  // larger than a whole file: it goes alone
    if (!begin_new_file()) return ends.back();
  }
  return ends[done.events];
}

bool FileSink::end_open_line(int& error) {
  if (!torn_.line_is_open()) return true;
  const Written written = write_all(files_, file_.fd, "\n");
  file_.size += written.bytes;
  error = written.error;
  torn_.set_line_open(error != 0);
  return error == 0;
}

// The answer after an error that struck when `reached` bytes of the batch were written, the last
// `last_bytes` of them in one go.
WriteResult FileSink::stopped(const Batch& batch, std::size_t reached, std::size_t last_bytes,
                              int error) {
  const auto ends = batch.encoded_ends();
  const std::size_t delivered = events_within(ends, reached);
  const std::size_t torn_bytes = reached - (delivered == 0 ? 0 : ends[delivered - 1]);
  // What an earlier write() left there is not taken back: something else may stand in between.
  const bool taken_back = torn_bytes <= last_bytes && take_back(torn_bytes);
  if (torn_bytes > 0 && !taken_back) torn_.remember(batch.id(), torn_bytes);

  std::string reason = path_error("write to", options_.path, error);
  if (is_full(error)) return WriteResult::retry(std::move(reason), full_disk_pause, delivered);
  // After `fatal` the whole batch comes again, so events that are there are settled first. When the
  // error stays, the next try delivers nothing and is fatal.
  if (is_passing(error) || delivered > 0) {
    return WriteResult::retry(std::move(reason), {}, delivered);
  }
  return WriteResult::fatal(std::move(reason));
}

// Cuts the last bytes off again, if they still are the last.
bool FileSink::take_back(std::size_t bytes) {
  if (bytes == 0) return true;
  FileStatus status{};
  if (!file_.regular || files_.fstat(file_.fd, status) == -1) return false;
  const off_t end = files_.position(file_.fd);
  if (end != status.st_size || end < static_cast<off_t>(bytes)) return false;
  if (files_.ftruncate(file_.fd, end - static_cast<off_t>(bytes)) == -1) return false;
  file_.size = static_cast<std::uint64_t>(end) - bytes;
  return true;
}

Status FileSink::flush() {
  if (file_.fd == -1) return Status::failure("file '" + options_.path + "' is not open");
  now_ns_ = context_->now_ns();
  if (!sync_error_.empty()) return Status::failure(sync_error_);
  if (options_.fsync_interval && !sync()) return Status::failure(sync_error_);
  if (was_moved_away()) try_to_reopen();
  return {};
}

bool FileSink::sync_is_due() const noexcept {
  return options_.fsync_interval &&
         has_elapsed(now_ns_, synced_ns_, options_.fsync_interval->count());
}

// After a failure the kernel may have dropped the data and call the next sync of the same
// descriptor a success. So it is not asked again: the sink is opened anew, and the batch with it.
bool FileSink::sync() {
  if (!unsynced_ || !file_.regular) return true;
  unsynced_ = false;
  synced_ns_ = now_ns_;
  if (files_.fdatasync(file_.fd) == 0) return true;
  sync_error_ = path_error("sync", options_.path, errno);
  return false;
}

}  // namespace sinks
}  // namespace penstock
