// SPDX-License-Identifier: Apache-2.0
// link.hpp: a thread that carries a window to the first server that can be reached, and again when
// the connection has ended: to the first one again, or, when this one ended at once or got no
// further than those before, to the next.
//
// Threads  one of its own; write() and reopen() by the sink's. Answers come from its own
// Order    as in window.hpp. When no server can be reached all that waits is given back at once,
//          and the next batch that was never offered before is too, so that those come first
// Loss     as in window.hpp
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <penstock/sink.hpp>

#include "sender.hpp"
#include "stream.hpp"
#include "tls.hpp"
#include "window.hpp"

namespace penstock::syslog {

class Link {
 public:
  Link(const SenderOptions& options, std::unique_ptr<TlsContext> tls, SinkContext& context);
  // Ends the connection in order, answers what has no answer yet, and touches no batch any more.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  WriteResult write(const Batch& batch, BatchFormatter& formatter);
  // The next connection is a new one, with these certificates.
  void reopen(std::unique_ptr<TlsContext> tls);

 private:
  // Who calls write(), and where it was when it did so last.
  struct Writer {
    pid_t thread = 0;
    int cpu = -1;
  };

  void run() noexcept;
  void finish();
  // One turn; false at the end.
  bool work();
  bool connect();
  bool try_server(std::size_t index, const StreamOptions& options, std::string& reasons);
  void begin(std::unique_ptr<Stream> stream, std::size_t index);
  void tell_place(const std::string& reasons);
  bool has_unsent();
  void carry();
  static void keep_off(const Writer& writer) noexcept;
  void look_after_acks();
  void note_progress(Clock::time_point now);
  void broke(const Broken& why);
  void count_bad_end(const std::string& reason, unsigned standstills);
  void leave();
  void fail(const std::string& reason);
  void fail_back();
  void wait();
  void answer(Window::Answers& answers);
  void take_requests();
  void wake(const Socket& event) const;

  SenderOptions options_;
  SinkContext& context_;
  Socket wake_;
  Socket stop_;  // readable at the end: what waits for a connection waits no longer

  std::mutex mutex_{};
  // Under mutex_:
  Window window_;
  bool stops_ = false;
  bool is_stale_ = false;       // batches were given back that have to come before a new one
  std::uint64_t failures_ = 0;  // so many times
  bool tries_now_ = false;
  std::unique_ptr<TlsContext> new_tls_{};
  bool reopens_ = false;
  Writer writer_{};

  // The thread's own:
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Stream> stream_{};
  std::size_t server_ = 0;
  std::size_t next_server_ = 0;  // where the next round begins
  std::size_t bad_ends_ = 0;     // connections in a row that were of little use
  std::string trouble_{};        // how the last of them ended
  Clock::time_point connected_at_{};
  Clock::time_point moved_at_{};    // when it last took something, or had nothing to take
  Clock::time_point not_before_{};  // whoever waits
  bool is_blocked_ = false;         // the kernel has no room
  Clock::time_point connect_at_{};
  Clock::time_point fail_back_at_{};
  std::chrono::microseconds pause_{};
  std::uint64_t last_acked_ = 0;
  Clock::time_point watched_at_{};
  std::thread thread_{};
};

}  // namespace penstock::syslog
