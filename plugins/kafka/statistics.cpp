// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <charconv>

namespace kafka {
namespace {

constexpr std::size_t depth_max = 16;
// Before there is a verdict.
constexpr double enough_bytes = 1 << 20;
// What Kafka adds to each request and to each message, at least.
constexpr double bytes_of_request = 150;
constexpr double bytes_of_message = 8;

// Calls `take(path, text)` for each number and string of a JSON text. What is no JSON ends it.
template <class Take>
class Walker final {
 public:
  Walker(std::string_view json, Take take) : rest_(json), take_(std::move(take)) {}

  bool walk(std::size_t depth = 0) {
    skip_space();
    if (rest_.empty() || depth == depth_max) return false;
    if (rest_.front() == '{') return walk_members(depth);
    if (rest_.front() == '[') return walk_items(depth);
    std::string_view text;
    if (rest_.front() == '"') {
      if (!read_string(text)) return false;
    } else {
      const std::size_t end = std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size());
      text = rest_.substr(0, end);
      rest_.remove_prefix(end);
      if (text.empty()) return false;
    }
    take_(path_, text);
    return true;
  }

 private:
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }
  bool skip(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Names of topics and brokers have nothing that is escaped.
  bool read_string(std::string_view& text) {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return false;
    text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool walk_members(std::size_t depth) {
    rest_.remove_prefix(1);
    if (skip('}')) return true;
    do {
      std::string_view key;
      skip_space();
      if (rest_.empty() || rest_.front() != '"' || !read_string(key) || !skip(':')) return false;
      path_.push_back(key);
      if (!walk(depth + 1)) return false;
      path_.pop_back();
    } while (skip(','));
    return skip('}');
  }
  bool walk_items(std::size_t depth) {
    rest_.remove_prefix(1);
    if (skip(']')) return true;
    do {
      path_.push_back("[]");
      if (!walk(depth + 1)) return false;
      path_.pop_back();
    } while (skip(','));
    return skip(']');
  }

  std::string_view rest_;
  Take take_;
  std::vector<std::string_view> path_{};
};

double number_of(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void take_total(Statistics& all, std::string_view key, std::string_view text) {
  const auto set = [&](std::string_view name, double& target) {
    if (key == name) target = number_of(text);
  };
  set("msg_cnt", all.queue_messages);
  set("msg_size", all.queue_bytes);
  set("txmsgs", all.sent_messages);
  set("txmsg_bytes", all.payload_bytes);
  set("tx_bytes", all.sent_bytes);
  set("tx", all.requests);
}

void take_broker(Statistics& all, const std::vector<std::string_view>& path,
                 std::string_view text) {
  constexpr double microseconds = 1e-3;  // in milliseconds
  if (path.size() == 3) {
    if (path[2] == "txretries") all.request_retries += number_of(text);
    if (path[2] == "req_timeouts") all.request_timeouts += number_of(text);
    if (path[2] == "disconnects") all.disconnects += number_of(text);
    // Those that are known by their number; what was configured may be another name of one.
    const bool is_known = !path[1].ends_with("/bootstrap") && path[1].find(':') != path[1].npos;
    if (path[2] == "state" && is_known) {
      all.brokers += 1;
      if (text == "UP") all.brokers_up += 1;
    }
  } else if (path.size() == 4 && path[2] == "rtt") {
    if (path[3] == "avg") {
      all.round_trip_ms = std::max(all.round_trip_ms, number_of(text) * microseconds);
    }
    if (path[3] == "p99") {
      all.round_trip_p99_ms = std::max(all.round_trip_p99_ms, number_of(text) * microseconds);
    }
  }
}

}  // namespace

std::vector<std::pair<std::string_view, double>> Statistics::figures() const {
  return {{"queue_messages", queue_messages},
          {"queue_bytes", queue_bytes},
          {"sent_messages", sent_messages},
          {"payload_bytes", payload_bytes},
          {"sent_bytes", sent_bytes},
          {"brokers", brokers},
          {"brokers_up", brokers_up},
          {"round_trip_ms", round_trip_ms},
          {"round_trip_p99_ms", round_trip_p99_ms},
          {"request_retries", request_retries},
          {"request_timeouts", request_timeouts},
          {"disconnects", disconnects}};
}

Statistics read_statistics(std::string_view json) {
  Statistics all;
  Walker(json, [&](const std::vector<std::string_view>& path, std::string_view text) {
    if (path.size() == 1) take_total(all, path[0], text);
    if (path.size() > 2 && path[0] == "brokers") take_broker(all, path, text);
  }).walk();
  return all;
}

bool CompressionWatch::look(const Statistics& now, double header_bytes_of_message) {
  if (now.payload_bytes < seen_.payload_bytes) seen_ = {};  // of a new producer
  const double payload = now.payload_bytes - seen_.payload_bytes +
                         (now.sent_messages - seen_.sent_messages) * header_bytes_of_message;
  if (payload < enough_bytes) return false;
  const double frame = (now.requests - seen_.requests) * bytes_of_request +
                       (now.sent_messages - seen_.sent_messages) * bytes_of_message;
  const double wire = now.sent_bytes - seen_.sent_bytes;
  seen_ = now;
  const bool is_smaller = wire - frame < payload;
  const bool was_smaller = complaint_.empty();
  if (is_smaller) {
    complaint_.clear();
  } else {
    complaint_ =
        "compression has no effect: " + std::to_string(static_cast<std::int64_t>(payload)) +
        " bytes of events were " + std::to_string(static_cast<std::int64_t>(wire)) +
        " on the wire; the broker does not take this codec from this client, or the events "
        "cannot be compressed: try zstd, or say `compression: none`";
  }
  return is_smaller != was_smaller;
}

}  // namespace kafka
