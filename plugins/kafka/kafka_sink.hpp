// SPDX-License-Identifier: Apache-2.0
// kafka_sink.hpp: a sink that delivers to topics of Kafka, by librdkafka.
//
// Threads  as penstock/sink.hpp says, and a thread of its own, `ps:kafka`, from open() to close():
//          it takes delivery reports, settles batches, and sends what had no room before
// Order    events reach librdkafka as they were offered; it keeps them so in each partition
// Bound    batches that are not settled: max_in_flight; close() takes some seconds at most
// Loss     none: a batch is settled by the delivery reports of its events alone
// Errors   a producer that cannot go on is replaced, and what it owes is sent again, in order
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <penstock/plugin/config.hpp>
#include <penstock/sink.hpp>

#include "message_writer.hpp"
#include "producer.hpp"
#include "settings.hpp"
#include "statistics.hpp"
#include "window.hpp"

namespace kafka {

class KafkaSink final : public penstock::Sink, private Producer::Listener {
 public:
  // Throws std::invalid_argument.
  explicit KafkaSink(const penstock::plugin::Config& config);
  ~KafkaSink() override;
  KafkaSink(const KafkaSink&) = delete;
  KafkaSink& operator=(const KafkaSink&) = delete;

  Needs needs() const noexcept override;
  penstock::Status open(penstock::SinkContext& context) override;
  penstock::WriteResult write(const penstock::Batch& batch) override;
  // New credentials.
  void control(penstock::SinkControl request) override;
  void close() override;

  // For tests: librdkafka believes that it cannot go on.
  void break_for_test();

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Traffic {
    double messages = 0;  // that were sent
    double headers = 0;   // bytes of theirs
  };

  // ---- by both
  void pump();
  bool pump_some();
  bool send(const Window::Event& event, Traffic& traffic);
  void refuse(const Window::Event& event, const std::string& why);
  bool not_taken(const Window::Event& event, int error);
  bool is_known(std::string_view topic) const;
  void end_producer(std::string why);
  void settle_complete();
  void settle(const std::vector<Window::Answer>& answers);

  // ---- by the thread
  void run();
  bool work();
  void take_report(const Producer::Report& report);
  void note_topic(std::string_view topic);
  void reported(const std::vector<Producer::Report>& reports) override;
  void failed(const std::string& why, bool for_good) override;
  void statistics(std::string_view json) override;
  void tell_own_figures();
  void replace_producer();
  void tell_problems();

  // ---- [worker]
  std::unique_ptr<Producer> make_producer() const;
  bool is_delivering();
  bool wait_until_nothing_is_sent(std::chrono::milliseconds time);

  const penstock::plugin::Config config_;
  const Settings settings_;
  penstock::SinkContext* context_ = nullptr;
  std::thread thread_{};

  std::mutex sending_{};  // who holds it sends: one at a time, and so in order. Before mutex_
  MessageWriter writer_;  // under sending_
  Message message_{};     // under sending_
  std::vector<Window::Event> taken_{};  // under sending_
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::unique_ptr<Producer> producer_{};  // replaced by the thread, under both
  Window window_{};                       // under mutex_
  bool broken_ = false;                   // under mutex_: producer_ cannot go on
  std::string broken_why_{};              // under mutex_
  std::string control_problem_{};         // under mutex_
  // Those that have taken events, if events say where they go. Under mutex_.
  std::set<std::string, std::less<>> topics_{};
  const char* last_topic_ = nullptr;  // under mutex_: the producer's name of the last of them
  Traffic traffic_{};                 // under mutex_
  double sent_again_ = 0;             // under mutex_
  bool closing_ = false;              // under mutex_: nothing more is sent
  bool delivering_ = false;           // under mutex_: what is sent arrives, as far as is known
  bool leaving_ = false;              // under mutex_: the thread is to end

  // ---- the thread's
  CompressionWatch compression_{};
  std::string connection_problem_{};
  std::string told_control_problem_{};
  std::string told_{};
  double replaced_ = 0;
  std::chrono::milliseconds pause_{0};
};

}  // namespace kafka
