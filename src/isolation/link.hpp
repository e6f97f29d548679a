// SPDX-License-Identifier: Apache-2.0
// link.hpp: one child with a plugin's sink in it, and all that is said to it and by it.
//
// Threads  [worker], but a thread of its own, `ps:NAME:peer`, which hears the child, tells the
//          pipeline of answers that come later, and ends a child that has to be ended
// Bound    one request at a time; one segment of memory for each batch that is not answered for
// Loss     a child that is gone has answered `fatal` for all that it owed: it is offered again
// Errors   Result and WriteResult; a link whose child is gone stays so
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "isolation/child.hpp"
#include "isolation/messages.hpp"
#include "isolation/offers.hpp"
#include "isolation/segment.hpp"
#include "penstock/sink.hpp"

namespace penstock::isolation {

struct SecretAnswer {
  SecretStatus status = SecretStatus::failed;
  std::string text{};  // the secret, or why there is none
};
// What stands at a path of the configuration. Called by the link's thread.
using GiveSecret = std::function<SecretAnswer(const std::string& path)>;

class Link final {
 public:
  struct Parts {
    Child child;
    plugin::Descriptor socket;
    plugin::Descriptor secrets;
    GiveSecret give_secret;
    std::string plugin;  // its id, for messages
    std::string sink;
    std::chrono::nanoseconds call_timeout;
    // After so long without a word from the child it is asked for one, and has as long to answer,
    // or call_timeout if that is longer.
    std::chrono::nanoseconds heartbeat = std::chrono::seconds(10);
    // What is killed and has not ended by then is left behind.
    std::chrono::milliseconds time_to_die = std::chrono::seconds(5);
  };
  explicit Link(Parts parts);
  // The child may end by itself; after a second it is killed.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // What it says after its start: `made` or `refused`.
  Result<Message> wait_made();
  // From now on its answers go there. What it reports never hides `concern`.
  void attach(SinkContext& context, std::string concern = {});
  // The answer to a request that is no write: `done`, or the error that it told.
  Result<Message> call(Call what, std::string_view name, std::uint32_t argument = 0);
  // Offers the first `events` of the batch; when that is not all of it, the answer is one for the
  // whole. Throws what the plugin's write() has thrown, as text.
  WriteResult write(const Batch& batch, std::size_t events = SIZE_MAX);
  // Nothing is owed any more, and no memory in use.
  void forget_offers();
  // Why the child is gone; empty: it is there.
  std::string death();
  // It is gone because it did not answer in time.
  bool was_late();
  // It has ended by itself, and had this offer and no other.
  bool ended_with(std::uint64_t token);

 private:
  using Lock = std::unique_lock<std::mutex>;

  // ---- [worker]
  Result<Message> ask(Lock& lock, Request request, std::string_view name, int fd);
  bool send(Lock& lock, const Request& request, int fd);
  bool wait(Lock& lock, const std::function<bool()>& holds);
  Result<Segment*> segment_for(std::size_t bytes);
  Segment* free_segment(Lock& lock, std::size_t bytes);
  void let_go(Lock& lock, std::size_t segment);
  std::int64_t deadline_ns() const noexcept;

  // ---- by its own thread
  void run() noexcept;
  void listen();
  bool is_left();
  std::optional<int> look_after();
  std::optional<int> look_after_idle(Lock& lock);
  void free_idle(Lock& lock);
  std::optional<Offers::Time> next_deadline(std::string& verdict);
  bool hear(std::size_t& room);
  void drain();
  bool take(Message message);
  bool take_later(Message message);
  bool take_reply(Message message, Lock& lock);
  bool nonsense(std::string_view what);
  void answer_secret();
  void finish() noexcept;
  std::optional<End> end_child() noexcept;
  std::string story(const std::optional<End>& end) const;
  void settle_owed(SinkContext& context, const std::string& why) noexcept;
  void settle_fatal(SinkContext& context, std::uint64_t token, const std::string& why) noexcept;
  // ---- both
  void condemn(Lock& lock, std::string why) noexcept;
  void condemn(Lock& lock, const char* why) noexcept;
  void lose(Lock& lock) noexcept;

  const std::string plugin_;
  const std::string sink_;
  const std::chrono::nanoseconds call_timeout_;
  const std::chrono::nanoseconds heartbeat_;
  const std::chrono::milliseconds time_to_die_;
  const GiveSecret give_secret_;
  Child child_;
  plugin::Descriptor socket_;
  plugin::Descriptor secrets_;
  plugin::Descriptor wake_;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  // ---- under mutex_
  bool leaving_ = false;
  SinkContext* context_ = nullptr;
  std::string concern_{};  // stands beside whatever the plugin reports
  Offers offers_{};
  std::vector<std::unique_ptr<Segment>> segments_{};
  std::uint32_t last_segment_ = 0;
  std::uint64_t last_number_ = 0;
  std::string call_{};                      // the call that is being made; empty: none
  std::optional<std::uint64_t> awaited_{};  // the number of its request
  std::optional<Message> reply_{};
  std::optional<std::uint64_t> written_{};  // the token of the write() that is being made
  std::optional<WriteResult> write_result_{};
  bool write_threw_ = false;
  bool waits_for_made_ = true;
  Offers::Time heard_at_ = std::chrono::steady_clock::now();
  std::uint64_t ping_ = 0;  // the number of the one that has no answer; 0: none
  Offers::Time pinged_at_{};
  bool is_condemned_ = false;               // it is being killed
  std::string verdict_{};                   // why
  const char* plain_verdict_ = "";          // the same, where no memory may be needed
  std::optional<Offers::Time> leave_by_{};  // it is killed, or lost: nobody listens for longer
  bool took_write_ = false;                 // the last write() was sent
  std::optional<std::uint64_t> ended_with_{};
  bool was_late_ = false;
  std::string death_{};

  std::thread thread_{};
};

}  // namespace penstock::isolation
