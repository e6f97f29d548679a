// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_connections.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace penstock::sinks {
namespace {

// Nothing wakes it for longer: libcurl has timers of its own, and orders come with a wake-up.
constexpr int longest_sleep_ms = 3'600'000;
// One pool can be waited for; while there are older ones they are looked at so often.
constexpr int short_sleep_ms = 10;

void limit_connections(CURLM* multi, std::size_t most) noexcept {
  (void)curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(most));
}

}  // namespace

WebhookConnections::WebhookConnections() { pools_.push_back(new_pool(most_)); }

WebhookConnections::Pool WebhookConnections::new_pool(std::size_t connections) {
  Pool pool;
  pool.multi.reset(curl_multi_init());
  if (pool.multi == nullptr) throw std::bad_alloc();
  // libcurl goes without what wakes it when there is no descriptor left, and would sleep on.
  if (curl_multi_wakeup(pool.multi.get()) != CURLM_OK) {
    throw std::runtime_error("no file descriptor is left for its connections");
  }
  limit_connections(pool.multi.get(), connections);
  return pool;
}

void WebhookConnections::end() noexcept {
  const std::lock_guard lock(mutex_);
  pools_.clear();
}

std::size_t WebhookConnections::under_way() const noexcept {
  std::size_t count = 0;
  for (const Pool& pool : pools_) count += pool.transfers.size();
  return count;
}

void WebhookConnections::add(CURL* transfer) {
  Pool& pool = pools_.back();
  pool.transfers.reserve(pool.transfers.size() + 1);
  if (under_way() + 1 > most_) limit_connections(pool.multi.get(), most_ = under_way() + 1);
  const CURLMcode code = curl_multi_add_handle(pool.multi.get(), transfer);
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
  pool.transfers.push_back(transfer);
}

void WebhookConnections::remove(CURL* transfer) noexcept {
  for (Pool& pool : pools_) {
    if (std::erase(pool.transfers, transfer) == 0) continue;
    (void)curl_multi_remove_handle(pool.multi.get(), transfer);
    return;
  }
}

void WebhookConnections::drive() noexcept {
  drop_unused();
  int running = 0;
  for (const Pool& pool : pools_) (void)curl_multi_perform(pool.multi.get(), &running);
}

// All but the last that nobody uses any more.
void WebhookConnections::drop_unused() noexcept {
  for (std::size_t i = 0; i + 1 < pools_.size();) {
    if (!pools_[i].transfers.empty()) {
      ++i;
      continue;
    }
    const Pool unused = std::move(pools_[i]);
    const std::lock_guard lock(mutex_);
    pools_.erase(pools_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::optional<WebhookConnections::Ended> WebhookConnections::take_ended() noexcept {
  int left = 0;
  for (const Pool& pool : pools_) {
    while (const CURLMsg* message = curl_multi_info_read(pool.multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const Ended ended{.transfer = message->easy_handle, .code = message->data.result};
      remove(ended.transfer);
      return ended;
    }
  }
  return std::nullopt;
}

void WebhookConnections::wait() noexcept {
  const int most_ms = pools_.size() == 1 ? longest_sleep_ms : short_sleep_ms;
  (void)curl_multi_poll(pools_.back().multi.get(), nullptr, 0, most_ms, nullptr);
}

void WebhookConnections::wake() noexcept {
  const std::lock_guard lock(mutex_);
  if (!pools_.empty()) (void)curl_multi_wakeup(pools_.back().multi.get());
}

void WebhookConnections::renew() {
  Pool pool = new_pool(most_);
  const std::lock_guard lock(mutex_);
  pools_.push_back(std::move(pool));
  // Who has woken the one before meanwhile must not have done so in vain.
  (void)curl_multi_wakeup(pools_.back().multi.get());
}

}  // namespace penstock::sinks
