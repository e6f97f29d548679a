// SPDX-License-Identifier: Apache-2.0
#include "kafka_support.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "plugin/json.hpp"
#include "support/sinks.hpp"

namespace kafka::test {
namespace {

using penstock::plugin::InstanceConfig;
using penstock::plugin::Value;

rd_kafka_t* client(rd_kafka_type_t type, const std::map<std::string, std::string>& properties) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 512> why{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      throw std::runtime_error(why.data());
    }
  }
  rd_kafka_t* const made = rd_kafka_new(type, conf, why.data(), why.size());
  if (made == nullptr) throw std::runtime_error(why.data());
  return made;
}

// Owns the options of the sink that it hands on to.
class OwningSink final : public penstock::Sink {
 public:
  OwningSink(const std::string& json, std::shared_ptr<Made> made)
      : config_(options_of(json)),
        sink_(penstock::plugin::Config(config_->c())),
        made_(std::move(made)) {
    if (made_ != nullptr) made_->sink = &sink_;
  }
  ~OwningSink() override {
    if (made_ != nullptr) made_->sink = nullptr;
  }
  Needs needs() const noexcept override { return sink_.needs(); }
  penstock::Status open(penstock::SinkContext& context) override { return sink_.open(context); }
  penstock::WriteResult write(const penstock::Batch& batch) override { return sink_.write(batch); }
  void control(penstock::SinkControl request) override { sink_.control(request); }
  void close() override { sink_.close(); }

 private:
  std::unique_ptr<InstanceConfig> config_;
  KafkaSink sink_;
  std::shared_ptr<Made> made_;
};

Record record_of(const rd_kafka_message_t& message) {
  Record record{.partition = message.partition,
                .key = std::string(static_cast<const char*>(message.key), message.key_len),
                .payload = std::string(static_cast<const char*>(message.payload), message.len),
                .time_ms = rd_kafka_message_timestamp(&message, nullptr)};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers[name] = std::string(static_cast<const char*>(value), size);
  }
  return record;
}

}  // namespace

const penstock::plugin::Schema& config_schema() {
  static const penstock::plugin::Schema schema = [] {
    std::ifstream file(PENSTOCK_KAFKA_MANIFEST);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const Value manifest = penstock::plugin::parse_json(text).value();
    const Value& provided = manifest.find("provides")->array()->front();
    return penstock::plugin::read_schema(*provided.find("config_schema"), "config_schema").value();
  }();
  return schema;
}

std::unique_ptr<InstanceConfig> options_of(const std::string& json) {
  Value options = penstock::plugin::parse_json(json).value();
  const penstock::Errors errors = penstock::plugin::validate(config_schema(), options, "");
  if (!errors.empty()) throw std::invalid_argument(errors.front().message);
  penstock::plugin::fill_defaults(config_schema(), options);
  return std::make_unique<InstanceConfig>(std::move(options));
}

penstock::SinkOptions sink_of(const std::string& json, std::shared_ptr<Made> made) {
  penstock::SinkOptions options = penstock::test::sink_options(
      "kafka", "kafka",
      [json, made = std::move(made)] { return std::make_unique<OwningSink>(json, made); });
  options.format.type = penstock::FormatType::json;
  return options;
}

std::vector<Record> read_all(const std::string& brokers, const std::string& topic, int partitions) {
  rd_kafka_t* const consumer = client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                          {"group.id", "test"},
                                                          {"enable.auto.commit", "false"},
                                                          {"fetch.wait.max.ms", "20"},
                                                          {"fetch.error.backoff.ms", "20"},
                                                          {"enable.partition.eof", "true"},
                                                          {"auto.offset.reset", "earliest"}});
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  std::map<int, std::vector<Record>> found;
  for (int ended = 0; ended < partitions;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 20'000);
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      found[message->partition].push_back(record_of(*message));
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  std::vector<Record> all;
  for (auto& [partition, records] : found) {
    all.insert(all.end(), records.begin(), records.end());
  }
  return all;
}

MockCluster::MockCluster(int brokers) : brokers_(brokers) {
  handle_ = client(RD_KAFKA_PRODUCER, {{"log_level", "0"}});
  cluster_ = rd_kafka_mock_cluster_new(handle_, brokers);
}

MockCluster::~MockCluster() {
  rd_kafka_mock_cluster_destroy(cluster_);
  rd_kafka_destroy(handle_);
}

std::string MockCluster::brokers() const {
  std::string list = R"("brokers": [")" + address() + R"("])";
  for (std::size_t at = 0; (at = list.find(',', at)) != std::string::npos; at += 3) {
    list.replace(at, 1, R"(",")");
  }
  return list;
}

void MockCluster::set_down(bool down) {
  for (int broker = 1; broker <= brokers_; ++broker) {
    down ? rd_kafka_mock_broker_set_down(cluster_, broker)
         : rd_kafka_mock_broker_set_up(cluster_, broker);
  }
}

}  // namespace kafka::test
