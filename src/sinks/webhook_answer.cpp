// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_answer.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <curl/curl.h>
#include <fmt/format.h>

namespace penstock::sinks {
namespace {

bool is_retried(long status, const RetryCodes& codes) {
  if (codes) return std::find(codes->begin(), codes->end(), status) != codes->end();
  if (status == 408 || status == 425 || status == 429) return true;
  return status >= 500 && status < 600 && status != 501 && status != 505;
}

// Nothing was answered, or only a part of "delivered".
Answer judge_failure(const Ending& ending, std::string_view origin) {
  Answer answer{.kind = Answer::Kind::retry};
  if (!ending.refused.empty()) {
    answer.alarm = true;
    answer.reason = fmt::format("{}: {}", origin, ending.refused);
  } else {
    answer.alarm = ending.untrusted;
    answer.reason = fmt::format("{}: {}", origin, ending.error);
  }
  return answer;
}

Answer judge_status(long status, const RetryCodes& codes, std::string_view origin) {
  Answer answer{.reason = fmt::format("{} answered {}", origin, status)};
  if (status == 401 || status == 403) {
    answer.kind = Answer::Kind::retry;
    answer.alarm = true;
    answer.credentials = true;
    answer.reason += "; it does not take the credentials";
  } else if (status == 407) {
    answer.kind = Answer::Kind::retry;
    answer.alarm = true;
    answer.credentials = true;  // there may be a header Proxy-Authorization
    answer.reason += "; the proxy wants credentials";
  } else if (status == 413) {
    answer.kind = Answer::Kind::reject;
    answer.too_large = true;
    answer.reason += "; the request was too large";
  } else if (is_retried(status, codes)) {
    answer.kind = Answer::Kind::retry;
  } else if (status >= 300 && status < 400) {
    answer.kind = Answer::Kind::retry;
    answer.alarm = true;
    answer.reason += "; redirections are not followed, 'url' must be the address itself";
  } else if (status >= 400 && status < 600) {
    answer.kind = Answer::Kind::reject;
  } else {
    answer.kind = Answer::Kind::retry;
    answer.alarm = true;
    answer.reason += "; that is no answer to a request";
  }
  return answer;
}

}  // namespace

Answer judge(const Ending& ending, const RetryCodes& retry_codes, std::string_view origin,
             std::int64_t now_s) {
  const bool is_success = ending.status >= 200 && ending.status < 300;
  if (is_success && ending.complete) return {};
  // A server that refuses may do so without reading the request to its end. One that accepts and
  // breaks off may not have meant it: the events go out again, with the same webhook-id.
  if (ending.status < 200 || is_success) return judge_failure(ending, origin);
  Answer answer = judge_status(ending.status, retry_codes, origin);
  if (answer.kind == Answer::Kind::retry) {
    answer.after = parse_retry_after(ending.retry_after, now_s);
  }
  return answer;
}

std::chrono::nanoseconds parse_retry_after(std::string_view value, std::int64_t now_s) {
  const std::size_t begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  value = value.substr(begin, value.find_last_not_of(" \t\r\n") + 1 - begin);
  constexpr std::int64_t max_s = std::chrono::seconds(retry_after_max).count();
  std::int64_t seconds = 0;
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc::result_out_of_range) seconds = max_s;
  } else {
    const std::string date(value);
    const time_t when = curl_getdate(date.c_str(), nullptr);
    if (when == -1) return {};
    seconds = static_cast<std::int64_t>(when) - now_s;
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, max_s));
}

}  // namespace penstock::sinks
