// SPDX-License-Identifier: Apache-2.0
// webhook_answer.hpp: what the end of a request means for the events in it.
//
// Threads  functions [any]; no clock and no socket is looked at
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::sinks {

// Longer ones are cut to this.
inline constexpr std::chrono::hours retry_after_max{1};

// How a request ended.
struct Ending {
  long status = 0;            // of the answer; 0 when none came
  bool complete = false;      // the answer came whole, or was cut off by us
  bool untrusted = false;     // the server's certificate does not hold
  std::string refused{};      // what was refused before it was connected to
  std::string error{};        // of the transfer; empty when there was none
  std::string retry_after{};  // the header's value
};

struct Answer {
  enum class Kind : std::uint8_t { ok, retry, reject };
  Kind kind = Kind::ok;
  // Somebody should look at it: report it as well.
  bool alarm = false;
  // Worth another try at once when the credentials have changed.
  bool credentials = false;
  // Rejected for the size of the request: parts of it may be taken.
  bool too_large = false;
  std::string reason{};
  std::chrono::nanoseconds after{};  // for retry; 0: not known
};

using RetryCodes = std::optional<std::vector<std::uint32_t>>;

// `origin` names the server in messages. `now_s`: seconds since 1970-01-01 UTC.
Answer judge(const Ending& ending, const RetryCodes& retry_codes, std::string_view origin,
             std::int64_t now_s);

// Of a Retry-After header, in seconds or as a date: how long to wait, 0 .. retry_after_max. 0 when
// it is neither.
std::chrono::nanoseconds parse_retry_after(std::string_view value, std::int64_t now_s);

}  // namespace penstock::sinks
