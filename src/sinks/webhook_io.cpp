// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_io.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "sinks/io_thread.hpp"

namespace penstock::sinks {
namespace {

constexpr std::size_t jobs_kept = 4;

// Empty when there is no memory for words.
std::string in_words(std::string_view origin, const char* problem) noexcept {
  try {
    return origin.empty() ? std::string(problem) : fmt::format("{}: {}", origin, problem);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

WebhookIo::WebhookIo(const WebhookOptions& options, WebhookCredentials credentials,
                     std::string id_prefix, WebhookMemory& memory, SinkContext& context)
    : options_(options),
      context_(context),
      id_prefix_(std::move(id_prefix)),
      credentials_(std::move(credentials)),
      writer_(options),
      memory_(memory) {
  idle_jobs_.reserve(jobs_kept);  // settle() needs no memory
  thread_ = start_io_thread(context.sink_name(), [this] { run(); });
}

void WebhookIo::push(const Batch& batch) {
  std::lock_guard lock(mutex_);
  pushed_.push_back(batch);
  connections_.wake();
}

void WebhookIo::reopen() {
  std::lock_guard lock(mutex_);
  reopen_ = true;
  connections_.wake();
}

void WebhookIo::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    connections_.wake();
  }
  if (thread_.joinable()) thread_.join();
}

void WebhookIo::run() {
  while (take_orders()) {
    connections_.drive();
    if (take_endings()) continue;  // the next requests do not wait
    connections_.wait();
  }
  break_off();
  connections_.end();  // says goodbye to servers, which may be gone: here SIGPIPE is blocked
}

// Nobody waits any more for what is under way: it has to come again, but for what was answered
// already.
void WebhookIo::break_off() noexcept {
  const std::string why =
      last_error_.empty() ? in_words(credentials_.origin, "no answer before the sink was closed")
                          : in_words({}, last_error_.c_str());
  for (const auto& job : active_) {
    connections_.remove(job->transfer().handle());
    answer(job->token(), job->give_up(why));
  }
  active_.clear();
  idle_jobs_.clear();
  std::lock_guard lock(mutex_);
  for (const Batch& batch : pushed_) answer(batch.token(), WriteResult::retry(why));
  pushed_.clear();
}

// False when the thread is to end.
bool WebhookIo::take_orders() noexcept {
  std::vector<Batch> batches;
  bool look_up = false;
  {
    std::lock_guard lock(mutex_);
    if (stop_) return false;
    batches.swap(pushed_);
    look_up = std::exchange(reopen_, false);
  }
  if (look_up) {
    renew_connections();
    (void)look_up_again();
  }
  for (const Batch& batch : batches) begin(batch);
  return true;
}

void WebhookIo::begin(const Batch& batch) noexcept {
  const char* problem = "it cannot be sent";
  try {
    std::unique_ptr<WebhookJob> job;
    if (idle_jobs_.empty()) {
      job = std::make_unique<WebhookJob>(options_, writer_, memory_);
    } else {
      job = std::move(idle_jobs_.back());
      idle_jobs_.pop_back();
    }
    job->begin(batch);
    active_.push_back(std::move(job));
    (void)start(*active_.back());
    return;
  } catch (const std::bad_alloc&) {
    problem = "there is no memory";
  } catch (...) {
    // said above
  }
  answer(batch.token(), WriteResult::retry(in_words(credentials_.origin, problem)));
}

// Sends the job's next request. False when that cannot be; the job is settled then, and gone.
bool WebhookIo::start(WebhookJob& job) noexcept {
  try {
    job.prepare({.credentials = credentials_, .id_prefix = id_prefix_, .now_s = now_s()});
    (void)curl_easy_setopt(job.transfer().handle(), CURLOPT_PRIVATE, &job);
    connections_.add(job.transfer().handle());
    return true;
  } catch (const std::exception& error) {
    fail(job, error.what());
  } catch (...) {
    fail(job, "the request cannot be made");
  }
  return false;
}

// The job cannot go on; it is settled, and gone.
void WebhookIo::fail(WebhookJob& job, const char* what) noexcept {
  std::string problem = in_words(credentials_.origin, what);
  report(problem);
  settle(job, job.give_up(std::move(problem)));
}

// True when there is a new request to drive.
bool WebhookIo::take_endings() noexcept {
  bool started = false;
  while (const auto ended = connections_.take_ended()) {
    WebhookJob* job = nullptr;
    (void)curl_easy_getinfo(ended->transfer, CURLINFO_PRIVATE, &job);
    try {
      if (finish(*job, ended->code)) started = true;
    } catch (...) {  // no memory for words about it
      settle(*job, job->give_up({}));
    }
  }
  return started;
}

// True when the job has another request under way.
bool WebhookIo::finish(WebhookJob& job, CURLcode code) {
  Ending ending = job.transfer().ending(code);
  if (credentials_.show_in(ending.error)) ending.error = curl_easy_strerror(code);
  const Answer answer = judge(ending, options_.retry_codes, credentials_.origin, now_s());
  last_error_ = answer.reason;
  if (answer.credentials && job.may_change_credentials() && look_up_again()) return start(job);
  tell(answer);
  std::optional<WriteResult> result = job.take(answer);
  if (!result) return start(job);
  settle(job, *std::move(result));
  return false;
}

void WebhookIo::tell(const Answer& answer) noexcept {
  if (answer.alarm) {
    report(answer.reason);
  } else if (answer.kind == Answer::Kind::ok && std::exchange(is_reported_, false)) {
    report_to_context({});
  }
}

// A server may have moved: connections to where it was are of no use.
void WebhookIo::renew_connections() noexcept {
  try {
    connections_.renew();
  } catch (const std::exception& error) {
    report(error.what());
  }
}

void WebhookIo::report(std::string_view problem) noexcept {
  is_reported_ = true;
  report_to_context(problem);
}

void WebhookIo::report_to_context(std::string_view problem) noexcept {
  try {
    context_.report(problem);
  } catch (...) {
    return;  // it is told again when it happens again
  }
}

// True when there is something new among the secrets. Those that cannot be had stay as they were.
bool WebhookIo::look_up_again() noexcept {
  try {
    Result<WebhookCredentials> found = look_up(options_);
    if (!found) {
      report(found.errors().front().message);
      return false;
    }
    if (*found == credentials_) return false;
    credentials_ = *std::move(found);
    return true;
  } catch (const std::exception& error) {
    report(error.what());
    return false;
  } catch (...) {
    return false;
  }
}

// The batch is not touched after settle(): its memory may be gone.
void WebhookIo::settle(WebhookJob& job, WriteResult result) noexcept {
  const std::uint64_t token = job.token();
  const auto place = std::find_if(active_.begin(), active_.end(),
                                  [&](const auto& active) { return active.get() == &job; });
  if (place == active_.end()) return;  // it is settled
  if (idle_jobs_.size() < jobs_kept) idle_jobs_.push_back(std::move(*place));
  active_.erase(place);
  answer(token, std::move(result));
}

// Once more when it fails: an answer that is not taken makes the sink stuck.
void WebhookIo::answer(std::uint64_t token, WriteResult result) noexcept {
  try {
    context_.settle(token, result);
    return;
  } catch (...) {
    // there may be memory now
  }
  try {
    context_.settle(token, std::move(result));
  } catch (...) {
    return;
  }
}

}  // namespace penstock::sinks
