// SPDX-License-Identifier: Apache-2.0
// webhook_io.hpp: the thread that drives libcurl.
//
// Threads  push, reopen, stop [worker]; all else by its own thread, `ps:NAME:io`,
//          in which every signal is blocked: nothing can raise SIGPIPE
// Order    batches are begun in the order of push(); several can be under way at once
// Bound    as many batches as the pipeline has pending; stop() waits for no server and no resolver
// Loss     none: a batch that is pushed is settled, or stop() comes first
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <curl/curl.h>

#include "penstock/sink.hpp"
#include "penstock/sinks.hpp"
#include "sinks/webhook_connections.hpp"
#include "sinks/webhook_credentials.hpp"
#include "sinks/webhook_job.hpp"
#include "sinks/webhook_memory.hpp"
#include "sinks/webhook_payload.hpp"

namespace penstock::sinks {

class WebhookIo final {
 public:
  // `options`, `memory` and `context` must stay. Throws std::bad_alloc, std::system_error.
  WebhookIo(const WebhookOptions& options, WebhookCredentials credentials, std::string id_prefix,
            WebhookMemory& memory, SinkContext& context);
  ~WebhookIo() { stop(); }
  WebhookIo(const WebhookIo&) = delete;
  WebhookIo& operator=(const WebhookIo&) = delete;

  // The batch must stay until it is settled or stop() has returned. [worker]
  void push(const Batch& batch);
  // Before the next request secrets are looked up again; from then on requests go out on new
  // connections. [worker]
  void reopen();
  // Breaks off what is under way, settles as far as it has come, and ends the thread. No batch is
  // touched afterwards. [worker]
  void stop();

 private:
  void run();
  void break_off() noexcept;
  // What throws here would end the process.
  bool take_orders() noexcept;
  void begin(const Batch& batch) noexcept;
  bool start(WebhookJob& job) noexcept;
  void fail(WebhookJob& job, const char* what) noexcept;
  bool take_endings() noexcept;
  bool finish(WebhookJob& job, CURLcode code);
  void tell(const Answer& answer) noexcept;
  void report(std::string_view problem) noexcept;
  void report_to_context(std::string_view problem) noexcept;
  bool look_up_again() noexcept;
  void renew_connections() noexcept;
  void settle(WebhookJob& job, WriteResult result) noexcept;
  void answer(std::uint64_t token, WriteResult result) noexcept;
  std::int64_t now_s() const { return context_.now_ns() / 1'000'000'000; }

  const WebhookOptions& options_;
  SinkContext& context_;
  const std::string id_prefix_;

  std::mutex mutex_{};
  // under mutex_:
  std::vector<Batch> pushed_{};
  bool reopen_ = false;
  bool stop_ = false;

  // of the thread, but for connections_.wake():
  WebhookConnections connections_{};
  WebhookCredentials credentials_;
  WebhookPayloadWriter writer_;
  WebhookMemory& memory_;
  std::vector<std::unique_ptr<WebhookJob>> active_{};
  std::vector<std::unique_ptr<WebhookJob>> idle_jobs_{};
  bool is_reported_ = false;
  std::string last_error_{};  // of a request; empty when it was taken

  std::thread thread_{};
};

}  // namespace penstock::sinks
