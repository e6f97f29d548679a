// SPDX-License-Identifier: Apache-2.0
// message_writer.hpp: from an event to a message of Kafka.
//
// Threads  one at a time
// Errors   what cannot be a message says why
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <penstock/sink.hpp>

#include "producer.hpp"
#include "settings.hpp"

namespace kafka {

class MessageWriter final {
 public:
  explicit MessageWriter(const Settings& settings);

  // Event number `position` of the batch. What the message refers to is the batch's (its payload)
  // and the writer's, until the next call. False: it can be none; `why` says it.
  bool write(const penstock::Batch& batch, std::size_t position, Message& message,
             std::string& why);

 private:
  const Settings& settings_;
  std::string topic_{};
  std::string key_{};
  std::vector<std::string> values_{};
};

}  // namespace kafka
