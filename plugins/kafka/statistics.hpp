// SPDX-License-Identifier: Apache-2.0
// statistics.hpp: what is worth seeing of librdkafka's statistics, which are a large piece of JSON.
//
// Threads  any
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kafka {

struct Statistics {
  double queue_messages = 0;
  double queue_bytes = 0;
  double sent_messages = 0;  // written to brokers, delivered or not
  double payload_bytes = 0;  // of these, before compression
  double sent_bytes = 0;     // on the wire
  double requests = 0;
  double brokers = 0;
  double brokers_up = 0;
  double round_trip_ms = 0;  // the mean of the slowest broker
  double round_trip_p99_ms = 0;
  double request_retries = 0;
  double request_timeouts = 0;
  double disconnects = 0;

  std::vector<std::pair<std::string_view, double>> figures() const;
};

// What cannot be read is 0.
Statistics read_statistics(std::string_view json);

// Whether what was sent is smaller on the wire than it was.
class CompressionWatch final {
 public:
  // With the newest statistics of a producer, and what a message has beside key and payload, on the
  // average. True when there is a new verdict.
  bool look(const Statistics& now, double header_bytes_of_message = 0);
  // Empty when all is well.
  const std::string& complaint() const noexcept { return complaint_; }

 private:
  Statistics seen_{};
  std::string complaint_{};
};

}  // namespace kafka
