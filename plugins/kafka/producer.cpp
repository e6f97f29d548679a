// SPDX-License-Identifier: Apache-2.0
#include "producer.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace kafka {
namespace {

// Events of librdkafka in a row, so that whoever polls sees the world now and then.
constexpr int events_in_a_row = 64;
constexpr std::size_t reports_in_a_row = 512;
constexpr auto patience_of_destroy = std::chrono::seconds(5);

using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;
using Conf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

Conf conf_of(const Properties& properties) {
  Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  std::array<char, 512> why{};
  for (const auto& [name, value] : properties) {
    const auto result =
        rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size());
    if (result != RD_KAFKA_CONF_OK) {
      throw std::invalid_argument("librdkafka " + library_version() + " does not take '" + name +
                                  "': " + why.data());
    }
  }
  return conf;
}

// rd_kafka_destroy() waits for threads that may wait for the network.
void destroy(rd_kafka_t* handle) {
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool done = false;
  };
  const auto state = std::make_shared<State>();
  std::thread reaper([handle, state] {
    rd_kafka_destroy(handle);
    std::lock_guard lock(state->mutex);
    state->done = true;
    state->changed.notify_all();
  });
  std::unique_lock lock(state->mutex);
  const bool done = state->changed.wait_for(lock, patience_of_destroy, [&] { return state->done; });
  lock.unlock();
  done ? reaper.join() : reaper.detach();
}

// librdkafka 2.0.2 ends the process when it can open no socket for its mock of a cluster.
void expect_room_for_mock(const Properties& properties) {
  constexpr std::size_t for_itself = 16;
  constexpr std::size_t for_broker = 8;
  std::size_t count = 0;
  for (const auto& [name, value] : properties) {
    if (name == "test.mock.num.brokers") count = std::stoul(value) * for_broker + for_itself;
  }
  std::vector<int> open;
  while (open.size() < count) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) break;
    open.push_back(fd);
  }
  for (const int fd : open) ::close(fd);
  if (open.size() < count) {
    throw std::runtime_error("the mock of a cluster needs " + std::to_string(count) +
                             " descriptors, which there are not: see ulimit -n");
  }
}

// librdkafka says of one only what its own parser says.
void expect_readable_files(const Properties& properties) {
  constexpr std::array files = {std::pair("ssl.ca.location", "tls.ca"),
                                std::pair("ssl.certificate.location", "tls.certificate"),
                                std::pair("ssl.key.location", "tls.key")};
  for (const auto& [name, path] : properties) {
    for (const auto& [property, option] : files) {
      if (name != property || path == "probe" || ::access(path.c_str(), R_OK) == 0) continue;
      throw std::runtime_error(std::string("'") + option + "': cannot read '" + path +
                               "': " + std::strerror(errno));
    }
  }
}

void* opaque_of(Ticket ticket) noexcept { return reinterpret_cast<void*>(ticket); }
Ticket ticket_of(void* opaque) noexcept { return reinterpret_cast<Ticket>(opaque); }
static_assert(sizeof(Ticket) == sizeof(void*));

// librdkafka takes the same lock for each message that it gives back as for each that it takes:
// two threads at once would wait for one another all the time.
void give_back(Event reports, std::mutex& sending) {
  const std::lock_guard lock(sending);
  reports.reset();
}

}  // namespace

void check(const Properties& properties) { conf_of(properties); }

std::string library_version() { return rd_kafka_version_str(); }

Producer::Producer(const Properties& properties) {
  expect_room_for_mock(properties);
  expect_readable_files(properties);
  reports_.reserve(reports_in_a_row);
  Conf conf = conf_of(properties);
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
                                           RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_LOG);
  std::array<char, 512> why{};
  handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size());
  if (handle_ == nullptr) throw std::runtime_error(std::string("librdkafka: ") + why.data());
  static_cast<void>(conf.release());
  rd_kafka_set_log_queue(handle_, nullptr);  // the main queue
  queue_ = rd_kafka_queue_get_main(handle_);
}

Producer::~Producer() {
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic);
  rd_kafka_queue_destroy(queue_);
  destroy(handle_);
}

rd_kafka_topic_s* Producer::topic_of(std::string_view name) {
  if (last_topic_ != nullptr && name == last_name_) return last_topic_;
  std::string key(name);
  auto found = topics_.find(key);
  if (found == topics_.end()) {
    rd_kafka_topic_t* const made = rd_kafka_topic_new(handle_, key.c_str(), nullptr);
    if (made == nullptr) return nullptr;
    found = topics_.emplace(key, made).first;
  }
  last_name_ = std::move(key);
  last_topic_ = found->second;
  return last_topic_;
}

Producer::Sent Producer::send(const Message& message, Ticket ticket, int& error) {
  const bool is_known = message.same_topic && last_topic_ != nullptr;
  rd_kafka_topic_t* const topic = is_known ? last_topic_ : topic_of(message.topic);
  if (topic == nullptr) {
    error = RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
    return Sent::not_taken;
  }
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
  }
  // Without RD_KAFKA_MSG_F_COPY: the payload stays where it is until the report.
  const std::string_view payload = message.payload;
  const std::string_view key = message.key;
  if (headers == nullptr && key.empty()) {  // each parameter takes its time
    error = rd_kafka_producev(handle_, RD_KAFKA_VTYPE_RKT, topic, RD_KAFKA_VTYPE_VALUE,
                              const_cast<char*>(payload.data()), payload.size(),
                              RD_KAFKA_VTYPE_TIMESTAMP, message.time_ms, RD_KAFKA_VTYPE_OPAQUE,
                              opaque_of(ticket), RD_KAFKA_VTYPE_END);
  } else {
    error = rd_kafka_producev(
        handle_, RD_KAFKA_VTYPE_RKT, topic, RD_KAFKA_VTYPE_VALUE, const_cast<char*>(payload.data()),
        payload.size(), RD_KAFKA_VTYPE_KEY, key.empty() ? nullptr : key.data(), key.size(),
        RD_KAFKA_VTYPE_TIMESTAMP, message.time_ms, RD_KAFKA_VTYPE_HEADERS, headers,
        RD_KAFKA_VTYPE_OPAQUE, opaque_of(ticket), RD_KAFKA_VTYPE_END);
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Sent::taken;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::full;
  return error == RD_KAFKA_RESP_ERR__FATAL ? Sent::broken : Sent::not_taken;
}

// Without memory of its own: a report that is lost would be waited for, for ever.
void Producer::tell_reports(rd_kafka_event_t* event, Listener& listener) {
  reports_.clear();
  const rd_kafka_topic_t* topic = nullptr;
  std::string_view name;
  while (const rd_kafka_message_t* const message = rd_kafka_event_message_next(event)) {
    if (message->rkt != topic) {
      topic = message->rkt;
      name = rd_kafka_topic_name(topic);
    }
    reports_.push_back(
        {.ticket = ticket_of(message->_private),
         .error = message->err,
         .may_be_there = message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
                         rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED,
         .topic = name});
    if (reports_.size() < reports_in_a_row) continue;
    listener.reported(reports_);
    reports_.clear();
  }
  listener.reported(reports_);
}

void Producer::poll(std::chrono::milliseconds time, Listener& listener, std::mutex& sending) {
  auto wait = static_cast<int>(time.count());
  for (int i = 0; i < events_in_a_row; ++i) {
    Event holder(rd_kafka_queue_poll(queue_, std::exchange(wait, 0)), &rd_kafka_event_destroy);
    rd_kafka_event_t* const event = holder.get();
    if (event == nullptr) return;
    switch (rd_kafka_event_type(event)) {
      case RD_KAFKA_EVENT_DR:
        tell_reports(event, listener);
        give_back(std::move(holder), sending);
        break;
      case RD_KAFKA_EVENT_STATS:
        listener.statistics(rd_kafka_event_stats(event));
        break;
      case RD_KAFKA_EVENT_ERROR: {
        const bool for_good = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__FATAL ||
                              rd_kafka_event_error_is_fatal(event) != 0;
        listener.failed(rd_kafka_event_error_string(event), for_good);
        break;
      }
      default:  // what it would write to standard error
        break;
    }
  }
}

void Producer::purge() {
  rd_kafka_purge(
      handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

std::string Producer::mock_address() const {
  const rd_kafka_mock_cluster_t* const mock = rd_kafka_handle_mock_cluster(handle_);
  return mock == nullptr ? std::string() : rd_kafka_mock_cluster_bootstraps(mock);
}

void Producer::set_credentials(const std::string& user, const std::string& password) {
  rd_kafka_error_t* const error =
      rd_kafka_sasl_set_credentials(handle_, user.c_str(), password.c_str());
  if (error == nullptr) return;
  const std::string why = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  throw std::runtime_error(why);
}

void Producer::break_for_test() {
  rd_kafka_test_fatal_error(handle_, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "by a test");
}

}  // namespace kafka
