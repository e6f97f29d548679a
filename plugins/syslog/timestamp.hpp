// SPDX-License-Identifier: Apache-2.0
// timestamp.hpp: the times of messages. The text of a second is made once.
//
// Threads  one at a time
// Errors   none
#pragma once

#include <cstdint>
#include <string>

namespace penstock::syslog {

class Timestamp {
 public:
  // 2026-01-31T12:00:00.000001Z
  void append_rfc5424(std::string& out, std::int64_t time_ns);
  // Jan 31 12:00:00, local time, for that is what its readers take it for.
  void append_rfc3164(std::string& out, std::int64_t time_ns);

 private:
  std::int64_t second_ = INT64_MIN;
  std::string text_{};
};

}  // namespace penstock::syslog
