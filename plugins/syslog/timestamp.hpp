// SPDX-License-Identifier: Apache-2.0
// timestamp.hpp: the times of messages. The text of a second is made once.
//
// Threads  one at a time
// Errors   none
#pragma once

#include <cstdint>
#include <string>

#include "bytes.hpp"

namespace penstock::syslog {

class Timestamp {
 public:
  // 2026-01-31T12:00:00.000001Z
  void append_rfc5424(Bytes& out, std::int64_t time_ns);
  // Jan 31 12:00:00, local time, for that is what its readers take it for.
  void append_rfc3164(Bytes& out, std::int64_t time_ns);

 private:
  // Of the second of before.
  std::uint64_t into_second(std::int64_t time_ns) const noexcept;
  bool is_new_second(std::int64_t time_ns) noexcept;

  std::uint64_t begin_ns_ = 0;  // of the second of which `text_` is
  bool is_before_1970_ = false;
  std::string text_{};
};

}  // namespace penstock::syslog
