// SPDX-License-Identifier: Apache-2.0
// overlapped_sink.hpp: large batches are written by a thread of their own, so that the worker
// prepares the next one meanwhile.
//
// Threads  all [worker]. The sink inside is called by the worker or by `ps:NAME:io`, never by both
//          at a time. The thread is made by the first large batch, and ends in close(). It keeps
//          off the CPU that the worker runs on, where there is another
// Order    batches are written in the order in which they are offered. After one that failed, none
//          is that was offered before the pipeline could know of the failure. (A sink that rejects
//          batches as a whole would get the halves of one after those behind it.)
// Bound    max_in_flight batches (4, unless the sink inside wants more, or it is configured); with
// 1,
//          and where the worker may run on one CPU only, there is no thread. When that many are
//          pending and the thread has begun none of them, the worker writes one. flush, control and
//          close wait for what is being written; close does not write what is behind it
// Loss     none: each pending batch is settled once
// Cost     the hand-over wakes a thread: some microseconds, and so batches that take no longer to
//          write are written by the worker while nothing is pending
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "penstock/sink.hpp"

namespace penstock::sinks {

class OverlappedSink final : public Sink {
 public:
  // A large batch has `large` bytes of encoded events, or more.
  OverlappedSink(std::unique_ptr<Sink> sink, std::size_t large);
  ~OverlappedSink() override;
  OverlappedSink(const OverlappedSink&) = delete;
  OverlappedSink& operator=(const OverlappedSink&) = delete;

  Needs needs() const noexcept override;
  Status open(SinkContext& context) override;
  WriteResult write(const Batch& batch) override;
  Status flush() override;
  void control(SinkControl request) override;
  void close() override;

 private:
  bool is_for_thread(const Batch& batch) const noexcept;
  bool start_thread() noexcept;
  void end_thread() noexcept;
  void run() noexcept;
  void write_first(std::unique_lock<std::mutex>& lock) noexcept;
  void write_next(const Batch& batch) noexcept;
  WriteResult call_sink(const Batch& batch) noexcept;
  WriteResult refusal() const noexcept;
  void wait_until_idle();

  const std::unique_ptr<Sink> sink_;
  const std::size_t large_;
  SinkContext* context_ = nullptr;
  bool may_overlap_ = false;
  std::size_t most_in_flight_ = 1;
  pid_t worker_ = 0;

  std::mutex mutex_{};
  std::condition_variable news_{};  // for the thread
  std::condition_variable idle_{};  // for the worker
  // Under mutex_:
  std::vector<Batch> pending_{};  // not settled
  bool is_writing_ = false;       // the first of them, by either thread
  int worker_cpu_ = -1;           // where the worker was when it brought the last one
  bool has_failed_ = false;       // and the pipeline may not know yet
  std::string failure_{};
  bool ends_ = false;

  std::thread thread_{};  // [worker]
};

}  // namespace penstock::sinks
