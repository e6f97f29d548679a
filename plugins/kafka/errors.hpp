// SPDX-License-Identifier: Apache-2.0
// errors.hpp: what an error in a delivery report means for the event.
//
// Threads  any
#pragma once

#include <string>

#include "window.hpp"

namespace kafka {

struct Meaning {
  Outcome outcome;
  // What came behind it would overtake it: nothing more may be sent by this producer.
  bool ends_producer = false;
};

// Of an rd_kafka_resp_err_t. What is wrong with a topic that the configuration names, or that has
// taken events before, may be put right (`topic_is_known`); one that an event has made up is the
// event's own fault.
Meaning meaning_of(int error, bool topic_is_known);

// In words.
std::string text_of_error(int error);

}  // namespace kafka
