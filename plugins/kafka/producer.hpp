// SPDX-License-Identifier: Apache-2.0
// producer.hpp: a producer of librdkafka: messages in, reports out. All that is C stays behind it.
//
// Threads  send() and poll() may be called by two threads at a time; make() and the destructor by
// one Loss     a message whose send() was `taken` gets its report by poll(), unless the producer is
// gone Bound    the destructor waits for a few seconds; what takes longer ends beside the caller
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "window.hpp"

extern "C" {
struct rd_kafka_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;
struct rd_kafka_op_s;
}

namespace kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

// Throws std::invalid_argument, which names the property that librdkafka does not take, and why.
void check(const Properties& properties);
// The version of the library that is there.
std::string library_version();

struct Message {
  std::string_view topic{};
  bool same_topic = false;     // as that of all others
  std::string_view key{};      // empty: none
  std::string_view payload{};  // has to stay until the report
  std::int64_t time_ms = 0;
  std::vector<std::pair<std::string_view, std::string_view>> headers{};
};

class Producer final {
 public:
  enum class Sent : std::uint8_t {
    taken,
    full,       // there is no room now
    not_taken,  // `error` says why
    broken,     // nothing can be sent by this producer any more; `error` says why
  };
  struct Report {
    Ticket ticket = 0;
    int error = 0;              // rd_kafka_resp_err_t
    bool may_be_there = false;  // an error, and the broker may have it all the same
    std::string_view topic{};   // until reported() returns
  };
  // What poll() has to tell.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void reported(const std::vector<Report>& reports) = 0;
    virtual void failed(const std::string& why, bool for_good) = 0;
    virtual void statistics(std::string_view json) = 0;
  };

  // Throws std::runtime_error, also when a file that a property names cannot be read.
  explicit Producer(const Properties& properties);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  Sent send(const Message& message, Ticket ticket, int& error);
  // Waits until there is something to tell, or the time is over. `sending` is what the caller holds
  // for send(): it is taken here to give back what was reported.
  void poll(std::chrono::milliseconds time, Listener& listener, std::mutex& sending);
  // Everything that is not delivered is reported as such, soon.
  void purge();
  // Of the brokers inside of it; empty when there are none.
  std::string mock_address() const;
  // For connections that are made from now on.
  void set_credentials(const std::string& user, const std::string& password);
  // For tests: librdkafka believes that it cannot go on.
  void break_for_test();

 private:
  rd_kafka_topic_s* topic_of(std::string_view name);
  void tell_reports(rd_kafka_op_s* event, Listener& listener);

  rd_kafka_s* handle_ = nullptr;
  rd_kafka_queue_s* queue_ = nullptr;
  std::unordered_map<std::string, rd_kafka_topic_s*> topics_{};
  std::string last_name_{};
  rd_kafka_topic_s* last_topic_ = nullptr;
  std::vector<Report> reports_{};
};

}  // namespace kafka
