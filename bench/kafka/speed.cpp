// SPDX-License-Identifier: Apache-2.0
// speed.cpp: how long it takes until a broker has acknowledged all lines of a file: by a bare loop
// around librdkafka; by a loop that logs to a pipeline with the plugin (pipeline); by the program
// with the plugin; and by kcat, with the same settings and (kcat_plain) with its own, which neither
// compress nor are idempotent. One run of each, in turns, against one broker. The first two are
// functions of this process, and one producer and one pipeline do all their runs, as in a service;
// the others begin a process each time, and have a topic for each.
//
//   bench_kafka [--benchmark_filter=REGEX] [--benchmark_list_tests]
//   PENSTOCK_KAFKA_LINES (2000000), PENSTOCK_KAFKA_ROUNDS (5)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <malloc.h>

#include <penstock/penstock.hpp>

#include "kafka/broker.hpp"

namespace {

using kafka::test::Broker;

constexpr int partitions = 4;

// What the sink sets, and what all three get.
const std::vector<std::pair<const char*, const char*>> settings = {
    {"enable.idempotence", "true"},
    {"message.timeout.ms", "0"},
    {"compression.codec", "zstd"},
    {"partitioner", "murmur2_random"},
    {"queue.buffering.max.messages", "500000"},
    {"socket.nagle.disable", "true"}};

long number_of(const char* variable, long fallback) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? fallback : std::atol(text);
}

void make_lines(const std::string& path, long count) {
  std::ofstream file(path);
  for (long i = 0; i < count; ++i) {
    file << "order " << i * 7919 % 1'000'003 << " of account " << i % 4099
         << " filled at the usual venue for " << i * 31 % 9973 << '.' << i % 100 << ", after "
         << i * 17 % 887 << " us in the book\n";
  }
}

// A file, in memory.
class Lines {
 public:
  explicit Lines(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const std::size_t size = std::filesystem::file_size(path);
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    if (data == MAP_FAILED) throw std::runtime_error("no memory for " + path);
    text_ = {static_cast<const char*>(data), size};
  }
  ~Lines() { ::munmap(const_cast<char*>(text_.data()), text_.size()); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  std::string_view text() const { return text_; }

 private:
  std::string_view text_{};
};

// A loop around librdkafka. The file is there, whole, until the last report: nothing is copied
// here either.
class Bare {
 public:
  Bare(const Broker& broker, const std::string& topic) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.address().c_str(), nullptr, 0);
    for (const auto& [name, value] : settings) rd_kafka_conf_set(conf, name, value, nullptr, 0);
    rd_kafka_conf_set_dr_msg_cb(conf, &count_report);
    rd_kafka_conf_set_opaque(conf, &delivered_);
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    topic_ = rd_kafka_topic_new(producer_, topic.c_str(), nullptr);
  }
  ~Bare() {
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(producer_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  bool send(const Lines& lines) {
    for (std::string_view rest = lines.text(); !rest.empty(); ++sent_) {
      const std::size_t end = rest.find('\n');
      while (rd_kafka_producev(producer_, RD_KAFKA_VTYPE_RKT, topic_, RD_KAFKA_VTYPE_MSGFLAGS, 0,
                               RD_KAFKA_VTYPE_VALUE, const_cast<char*>(rest.data()), end,
                               RD_KAFKA_VTYPE_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_poll(producer_, 10);
      }
      if (sent_ % 1000 == 0) rd_kafka_poll(producer_, 0);
      rest.remove_prefix(end + 1);
    }
    rd_kafka_flush(producer_, 60'000);
    return delivered_ == sent_;
  }

 private:
  static void count_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<long*>(opaque);
  }

  long delivered_ = 0;
  long sent_ = 0;
  rd_kafka_t* producer_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
};

bool send_by_kcat(const Broker& broker, const std::string& path, const std::string& topic,
                  bool with_settings) {
  std::string command = "kcat -P -b " + broker.address() + " -t " + topic;
  for (const auto& [name, value] : settings) {
    if (with_settings) command += std::string(" -X ") + name + "=" + value;
  }
  return std::system((command + " -l " + path + " >/dev/null 2>&1").c_str()) == 0;
}

std::string config_of(const Broker& broker, const std::string& topic, const std::string& plugins) {
  std::ostringstream text;
  text << "logging:\n  own_events: false\n  sinks:\n    - {name: out, type: kafka, brokers: ['"
       << broker.address() << "'], topic: " << topic
       << ", payload: message, headers: {}}\nplugins:\n  directories: [" << plugins << "]\n";
  return text.str();
}

bool log_to_pipeline(penstock::Pipeline& pipeline, const Lines& lines) {
  const penstock::Logger log = pipeline.logger("bench");
  const auto delivered = [&] { return pipeline.stats().sink("out")->delivered; };
  const std::int64_t before = delivered();
  std::int64_t sent = 0;
  for (std::string_view rest = lines.text(); !rest.empty(); ++sent) {
    const std::size_t end = rest.find('\n');
    log.info("{}", rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return pipeline.flush(std::chrono::seconds(60)) && delivered() - before == sent;
}

bool send_by_penstock(const std::string& path, const std::string& text) {
  const std::string config = path + ".yml";
  std::ofstream(config) << text;
  return std::system((PENSTOCK_PROGRAM " run -c " + config + " --format text" +
                      " --stop-timeout 60s --input " + path + " >/dev/null 2>&1")
                         .c_str()) == 0;
}

struct Way {
  const char* name;
  bool goes_on;  // with the topic of the rounds before
  std::function<bool(const std::string& topic)> send;
  std::vector<double> rates{};  // lines a second
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run() {
  if (Broker::jars().empty()) {
    std::puts("bench_kafka: there is no Kafka, or no Java: ./dev setup --kafka");
    return 0;
  }
  // Or it is chance which of the two heaps a thread of librdkafka gives back and takes again all
  // the time: it was a tenth of a second in one, and none in the other.
  constexpr int most = 1 << 30;
  ::mallopt(M_TRIM_THRESHOLD, most);
  ::mallopt(M_MMAP_THRESHOLD, most);
  const long lines = number_of("PENSTOCK_KAFKA_LINES", 2'000'000);
  const long rounds = number_of("PENSTOCK_KAFKA_ROUNDS", 5);
  const char* const home = std::getenv("HOME");
  std::string folder = std::string(home == nullptr ? "." : home) + "/.penstock-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  std::filesystem::copy_file(PENSTOCK_PLUGINS "/kafka.penstock.so", folder + "/kafka.penstock.so");
  std::filesystem::permissions(folder + "/kafka.penstock.so",
                               static_cast<std::filesystem::perms>(0644));
  const std::string path = folder + "/lines";
  make_lines(path, lines);
  Broker broker;
  if (!broker.start()) return 1;
  for (const char* const topic : {"bare", "pipeline"}) broker.make_topic(topic, partitions);
  const Lines in_memory(path);
  Bare bare(broker, "bare");
  auto pipeline = penstock::Pipeline::from_yaml(config_of(broker, "pipeline", folder));
  if (!pipeline) return 1;
  std::vector<Way> ways = {
      {"bare", true, [&](const auto&) { return bare.send(in_memory); }},
      {"pipeline", true, [&](const auto&) { return log_to_pipeline(*pipeline, in_memory); }},
      {"program", false,
       [&](const auto& topic) { return send_by_penstock(path, config_of(broker, topic, folder)); }},
      {"kcat", false, [&](const auto& topic) { return send_by_kcat(broker, path, topic, true); }},
      {"kcat_plain", false,
       [&](const auto& topic) { return send_by_kcat(broker, path, topic, false); }}};
  bool all_well = true;
  for (long round = -1; round < rounds; ++round) {  // the first to warm up
    for (Way& way : ways) {
      const std::string topic = way.goes_on ? way.name : way.name + std::to_string(round + 1);
      if (!way.goes_on) broker.make_topic(topic, partitions);
      const auto begin = std::chrono::steady_clock::now();
      const bool sent = way.send(topic);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      const long expected = lines * (way.goes_on ? round + 2 : 1);
      const bool there = broker.messages(topic, partitions) == expected;
      if (!sent || !there) std::printf("%s: not all of it arrived\n", way.name);
      all_well = all_well && sent && there;
      if (round >= 0) way.rates.push_back(static_cast<double>(lines) / took.count());
    }
  }
  for (const Way& way : ways) {
    const auto [low, high] = std::minmax_element(way.rates.begin(), way.rates.end());
    std::vector<double> to_bare;
    for (std::size_t i = 0; i < way.rates.size(); ++i) {
      to_bare.push_back(way.rates[i] / ways[0].rates[i]);
    }
    std::printf("%-10s %10.0f lines/s (%.0f .. %.0f), %.2f x bare\n", way.name, median(way.rates),
                *low, *high, median(to_bare));
  }
  std::filesystem::remove_all(folder);
  return all_well ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  bool list = false;
  std::string filter = ".";
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    list = list || argument == "--benchmark_list_tests";
    if (argument.starts_with("--benchmark_filter=")) filter = argument.substr(19);
  }
  if (!std::regex_search("Kafka", std::regex(filter))) return 0;
  if (!list) return run();
  std::puts("Kafka");
  return 0;
}
