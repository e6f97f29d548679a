// SPDX-License-Identifier: Apache-2.0
// webhook_connections.hpp: the transfers that are under way, and the connections they share.
//
// Threads  wake [any]; all else by one thread
// Bound    connections: as many as there ever were transfers at a time, which is max_in_flight at
//          most
// Errors   std::bad_alloc, std::runtime_error
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <curl/curl.h>

namespace penstock::sinks {

class WebhookConnections final {
 public:
  WebhookConnections();
  WebhookConnections(const WebhookConnections&) = delete;
  WebhookConnections& operator=(const WebhookConnections&) = delete;
  // Says goodbye to servers, which may be gone: where SIGPIPE is blocked. Nothing is under way.
  void end() noexcept;

  void add(CURL* transfer);
  void remove(CURL* transfer) noexcept;
  // Drives all transfers as far as they go without waiting.
  void drive() noexcept;
  struct Ended {
    CURL* transfer;
    CURLcode code;
  };
  // The next transfer that has ended; it is removed.
  std::optional<Ended> take_ended() noexcept;
  // Until there is something to drive, or wake().
  void wait() noexcept;
  // [any]
  void wake() noexcept;
  // What is added from now on uses none of the connections that there are.
  void renew();

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };
  // Connections that may be shared with each other, and who uses them.
  struct Pool {
    std::unique_ptr<CURLM, FreeMulti> multi{};
    std::vector<CURL*> transfers{};
  };

  static Pool new_pool(std::size_t connections);
  std::size_t under_way() const noexcept;
  void drop_unused() noexcept;

  std::mutex mutex_{};         // between wake() and what changes which pool is the last
  std::vector<Pool> pools_{};  // the last one is for new transfers; those before have some left
  std::size_t most_ = 1;       // transfers at a time
};

}  // namespace penstock::sinks
