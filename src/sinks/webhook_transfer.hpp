// SPDX-License-Identifier: Apache-2.0
// webhook_transfer.hpp: one request at a time, as libcurl sees it.
//
// Threads  one at a time
// Bound    of an answer's body 64 KiB are read, and not kept, and as much of its headers; then the
//          transfer is ended
// Loss     what it refers to has to stay until it has ended or is destroyed
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "penstock/sinks.hpp"
#include "sinks/webhook_answer.hpp"

namespace penstock::sinks {

// Makes libcurl ready for this process, once. False when it cannot be, which does not change. [any]
bool curl_is_ready();

class WebhookTransfer final {
 public:
  // `options` must stay. Throws std::bad_alloc.
  explicit WebhookTransfer(const WebhookOptions& options);
  ~WebhookTransfer() = default;
  WebhookTransfer(const WebhookTransfer&) = delete;
  WebhookTransfer& operator=(const WebhookTransfer&) = delete;

  struct Request {
    const std::string& url;
    const std::vector<std::string>& headers;
    std::string_view body;  // referred to until the transfer has ended
  };
  // Makes it ready to be added to a multi handle, after the one before has ended.
  void prepare(const Request& request);
  // How it ended; `code` is what libcurl says.
  Ending ending(CURLcode code) const;

  CURL* handle() const noexcept { return easy_.get(); }

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  template <class T>
  void set(CURLoption option, T value);
  void set_what_stays();
  void set_security();

  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  bool is_refused(const curl_sockaddr& address);

  const WebhookOptions& options_;
  bool is_plain_ = false;  // the URL is http://
  std::size_t head_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool cut_off_ = false;
  std::string refused_{};
  char error_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, FreeList> headers_{};
  std::unique_ptr<CURL, FreeEasy> easy_;  // last: its end comes first
};

}  // namespace penstock::sinks
