// SPDX-License-Identifier: Apache-2.0
#include "kafka_sink.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <pthread.h>
#include <utility>

#include "errors.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;
using penstock::Status;
using penstock::WriteResult;

constexpr std::uint32_t batches_in_flight = 32;
constexpr std::size_t sent_in_a_row = 256;  // before delivery reports get their turn
constexpr auto longest_poll = 50ms;
// close(): for what is on its way, and then for the reports of what was purged.
constexpr auto time_to_arrive = 3s;
constexpr auto time_to_purge = 3s;
constexpr std::chrono::milliseconds first_pause = 100ms;
constexpr std::chrono::milliseconds last_pause = 10s;

bool write_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

}  // namespace

KafkaSink::KafkaSink(const penstock::plugin::Config& config)
    : config_(config), settings_(read_settings(config)), writer_(settings_) {
  taken_.reserve(sent_in_a_row);
}

KafkaSink::~KafkaSink() { close(); }

penstock::Sink::Needs KafkaSink::needs() const noexcept {
  return {.events = true, .encoded = !settings_.message_only, .max_in_flight = batches_in_flight};
}

std::unique_ptr<Producer> KafkaSink::make_producer() const {
  Properties properties = settings_.properties;
  for (auto& secret : read_secrets(config_)) properties.push_back(std::move(secret));
  return std::make_unique<Producer>(properties);
}

Status KafkaSink::open(penstock::SinkContext& context) {
  context_ = &context;
  producer_ = make_producer();
  if (!settings_.mock_address_file.empty()) {
    if (!write_file(settings_.mock_address_file, producer_->mock_address() + "\n")) {
      return Status::failure("cannot write " + settings_.mock_address_file);
    }
  }
  broken_ = closing_ = leaving_ = delivering_ = false;
  compression_ = {};
  connection_problem_.clear();
  control_problem_.clear();
  told_control_problem_.clear();
  last_topic_ = nullptr;
  tell_problems();  // that there are none any more
  thread_ = std::thread([this] { run(); });
  return {};
}

WriteResult KafkaSink::write(const penstock::Batch& batch) {
  {
    Lock lock(mutex_);
    window_.add(batch);
  }
  try {
    pump();
  } catch (...) {
    // it is in the window: the thread goes on with it
  }
  return WriteResult::pending();
}

void KafkaSink::control(penstock::SinkControl request) {
  if (request != penstock::SinkControl::reopen) return;
  std::string problem;
  try {
    const std::string user = last_of(settings_.properties, "sasl.username");
    const std::string password = last_of(read_secrets(config_), "sasl.password");
    if (user.empty() || password.empty()) return;
    std::lock_guard sending(sending_);
    producer_->set_credentials(user, password);
  } catch (const std::exception& error) {
    problem = std::string("the password is the one of before: ") + error.what();
  }
  Lock lock(mutex_);
  control_problem_ = std::move(problem);
}

bool KafkaSink::wait_until_nothing_is_sent(std::chrono::milliseconds time) {
  Lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return window_.sent() == 0; });
}

bool KafkaSink::is_delivering() {
  Lock lock(mutex_);
  return delivering_;
}

// What librdkafka has of a batch's memory it has until the report. When a thread of it is held up
// in a lookup of names, the purge is the first thing that it does afterwards: it looks at no
// payload any more.
void KafkaSink::close() {
  if (!thread_.joinable()) return;
  if (is_delivering()) wait_until_nothing_is_sent(time_to_arrive);
  {
    std::lock_guard sending(sending_);
    Lock lock(mutex_);
    closing_ = true;
    producer_->purge();
  }
  changed_.notify_all();
  wait_until_nothing_is_sent(time_to_purge);
  {
    Lock lock(mutex_);
    leaving_ = true;
  }
  thread_.join();
  tell_own_figures();
  settle(window_.answers());
  settle(window_.give_up(connection_problem_.empty()
                             ? "it was closed before Kafka had answered"
                             : "Kafka has not answered: " + connection_problem_));
  producer_.reset();
}

void KafkaSink::break_for_test() {
  std::lock_guard sending(sending_);
  producer_->break_for_test();
}

// ---- sending ----------------------------------------------------------------------------------

void KafkaSink::pump() {
  {
    std::lock_guard sending(sending_);
    while (pump_some()) {
    }
  }
  settle_complete();
}

void KafkaSink::settle_complete() {
  std::vector<Window::Answer> answers;
  {
    Lock lock(mutex_);
    answers = window_.answers();
  }
  settle(answers);
}

// False when there is nothing more to send now. It is without mutex_ that they are sent: reports
// need not wait.
bool KafkaSink::pump_some() {
  {
    Lock lock(mutex_);
    if (broken_ || closing_) return false;
    taken_.clear();
    window_.take(sent_in_a_row, taken_);
  }
  if (taken_.empty()) return false;
  Traffic traffic;
  std::size_t done = 0;
  try {
    while (done < taken_.size() && send(taken_[done], traffic)) ++done;
  } catch (...) {
    // for want of memory: the rest at the next turn
  }
  Lock lock(mutex_);
  for (std::size_t i = done; i < taken_.size(); ++i) window_.put_back(taken_[i].ticket);
  traffic_.messages += traffic.messages;
  traffic_.headers += traffic.headers;
  return done == taken_.size();
}

// False when it could not be sent now.
bool KafkaSink::send(const Window::Event& event, Traffic& traffic) {
  std::string why;
  if (!writer_.write(*event.batch, event.position, message_, why)) {
    refuse(event, why);
    return true;
  }
  int error = 0;
  switch (producer_->send(message_, event.ticket, error)) {
    case Producer::Sent::taken:
      for (const auto& [name, value] : message_.headers) {
        traffic.headers += static_cast<double>(name.size() + value.size());
      }
      traffic.messages += 1;
      return true;
    case Producer::Sent::not_taken:
      return not_taken(event, error);
    case Producer::Sent::full:
      return false;
    case Producer::Sent::broken:
      break;
  }
  Lock lock(mutex_);
  end_producer(text_of_error(error));
  return false;
}

void KafkaSink::refuse(const Window::Event& event, const std::string& why) {
  Lock lock(mutex_);
  window_.report(event.ticket, Outcome::refused, why);
}

// What is not for the future to put right has nothing else to blame than the event.
bool KafkaSink::not_taken(const Window::Event& event, int error) {
  Lock lock(mutex_);
  const bool may_pass = meaning_of(error, is_known(message_.topic)).outcome == Outcome::again;
  if (may_pass) {
    end_producer(text_of_error(error));
  } else {
    window_.report(event.ticket, Outcome::refused, text_of_error(error));
  }
  return !may_pass;
}

// Whether what is wrong with it may be put right.
bool KafkaSink::is_known(std::string_view topic) const {
  return settings_.topic.is_constant() || topics_.contains(topic);
}

void KafkaSink::end_producer(std::string why) {
  if (!broken_) broken_why_ = std::move(why);
  broken_ = true;
  delivering_ = false;
}

// Without our mutexes: the host has its own.
void KafkaSink::settle(const std::vector<Window::Answer>& answers) {
  for (const Window::Answer& answer : answers) {
    try {
      context_->settle(answer.token, answer.result);
    } catch (...) {
      context_->settle(answer.token, WriteResult::retry({}));  // for which no memory is needed
    }
  }
}

// ---- the thread -------------------------------------------------------------------------------

void KafkaSink::run() {
  ::pthread_setname_np(::pthread_self(), "ps:kafka");
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = work();
    } catch (...) {
      // for want of memory, which may be there at the next turn
    }
    changed_.notify_all();
  }
}

// False when the thread is to end.
bool KafkaSink::work() {
  producer_->poll(longest_poll, *this, sending_);
  bool broken = false;
  bool is_news = false;
  {
    Lock lock(mutex_);
    if (leaving_) return false;
    broken = broken_ && !closing_;
    is_news = control_problem_ != told_control_problem_;
    told_control_problem_ = control_problem_;
  }
  if (is_news) tell_problems();
  if (broken) {
    replace_producer();
  } else {
    pump();
  }
  return true;
}

void KafkaSink::reported(const std::vector<Producer::Report>& reports) {
  bool some_arrived = false;
  {
    Lock lock(mutex_);
    for (const Producer::Report& report : reports) {
      some_arrived = some_arrived || report.error == 0;
      take_report(report);
    }
    delivering_ = delivering_ || some_arrived;
  }
  try {
    settle_complete();
  } catch (...) {
    // for want of memory: pump() does it
  }
  if (!some_arrived) return;
  pause_ = 0ms;
  if (connection_problem_.empty()) return;
  connection_problem_.clear();
  tell_problems();
}

void KafkaSink::take_report(const Producer::Report& report) {
  if (report.error == 0) {
    if (report.topic.data() != last_topic_) note_topic(report.topic);
    return window_.report(report.ticket, Outcome::delivered);
  }
  const Meaning meaning = meaning_of(report.error, is_known(report.topic));
  const bool again = meaning.outcome == Outcome::again || meaning.outcome == Outcome::crowded;
  if (again && report.may_be_there) sent_again_ += 1;
  try {
    const bool says_why = meaning.ends_producer || meaning.outcome != Outcome::again;
    const std::string why = says_why ? text_of_error(report.error) : std::string();
    if (meaning.ends_producer) end_producer(why);
    window_.report(report.ticket, meaning.outcome, why);
  } catch (...) {
    window_.report(report.ticket, meaning.outcome);  // without the reason
    broken_ = broken_ || meaning.ends_producer;
  }
}

void KafkaSink::note_topic(std::string_view topic) {
  last_topic_ = topic.data();
  try {
    if (!settings_.topic.is_constant()) topics_.emplace(topic);
  } catch (...) {
    // then not
  }
}

void KafkaSink::failed(const std::string& why, bool for_good) {
  connection_problem_ = why;
  {
    Lock lock(mutex_);
    delivering_ = false;
    if (for_good) end_producer(why);
  }
  tell_problems();
}

void KafkaSink::statistics(std::string_view json) {
  const Statistics now = read_statistics(json);
  for (const auto& [name, value] : now.figures()) context_->measure(name, value);
  tell_own_figures();
  double headers = 0;
  {
    Lock lock(mutex_);
    if (traffic_.messages != 0) headers = traffic_.headers / traffic_.messages;
  }
  if (settings_.compresses && compression_.look(now, headers)) tell_problems();
}

void KafkaSink::tell_own_figures() {
  double sent_again = 0;
  {
    Lock lock(mutex_);
    sent_again = sent_again_;
  }
  context_->measure("sent_again", sent_again);
  context_->measure("producers_replaced", replaced_);
}

void KafkaSink::tell_problems() {
  std::string all = connection_problem_;
  const std::string& control = told_control_problem_;
  for (const std::string* const one : {&control, &compression_.complaint()}) {
    if (!one->empty()) all += (all.empty() ? "" : "; ") + *one;
  }
  if (all == told_) return;
  told_ = all;
  context_->report(told_);
}

// librdkafka says that it cannot go on, truly or not. What the old producer has is called back, so
// that it is clear what is delivered; the new one gets the rest, in order. What the old one has
// sent and no broker has answered for may be there, and then it is there twice.
void KafkaSink::replace_producer() {
  {
    std::lock_guard sending(sending_);  // who has not seen that it is broken has sent to it by now
    producer_->purge();
  }
  const auto patience = std::chrono::steady_clock::now() + time_to_purge;
  for (;;) {
    producer_->poll(longest_poll, *this, sending_);
    Lock lock(mutex_);
    if (window_.sent() == 0 || closing_ || std::chrono::steady_clock::now() > patience) break;
  }
  {
    Lock lock(mutex_);
    if (changed_.wait_for(lock, pause_, [&] { return closing_; })) return;
  }
  pause_ = std::clamp(2 * pause_, first_pause, last_pause);
  std::unique_ptr<Producer> next;
  try {
    next = make_producer();
  } catch (const std::exception& error) {
    connection_problem_ = std::string("no new producer: ") + error.what();
    return tell_problems();
  }
  replaced_ += 1;
  {
    std::lock_guard sending(sending_);
    Lock lock(mutex_);
    if (closing_) return;
    sent_again_ += static_cast<double>(window_.forget_sent());
    last_topic_ = nullptr;
    connection_problem_ = "librdkafka gave up (" + broken_why_ +
                          "): what was not acknowledged is sent again, in order";
    std::swap(producer_, next);
    broken_ = false;
  }
  tell_problems();
  next.reset();
  pump();
}

}  // namespace kafka
