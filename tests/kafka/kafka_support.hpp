// SPDX-License-Identifier: Apache-2.0
// kafka_support.hpp: the sink with options as its users write them, librdkafka's mock of a cluster,
// and an independent reader of topics.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "kafka_sink.hpp"
#include "penstock/options.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/schema.hpp"

namespace kafka::test {

// Of the manifest.
const penstock::plugin::Schema& config_schema();

// Options in JSON, checked and completed as the host does it. Throws std::invalid_argument with
// what is wrong.
std::unique_ptr<penstock::plugin::InstanceConfig> options_of(const std::string& json);

// Where a sink is that a pipeline has made; null when it is gone.
struct Made {
  KafkaSink* sink = nullptr;
};

// A sink for a pipeline.
penstock::SinkOptions sink_of(const std::string& json, std::shared_ptr<Made> made = nullptr);

struct Record {
  std::int32_t partition = 0;
  std::string key{};
  std::string payload{};
  std::int64_t time_ms = 0;
  std::map<std::string, std::string> headers{};
};

// All that is there, partition by partition, in order.
std::vector<Record> read_all(const std::string& brokers, const std::string& topic, int partitions);

class MockCluster final {
 public:
  explicit MockCluster(int brokers = 1);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  // The same as an option of the sink.
  std::string brokers() const;
  void make_topic(const std::string& topic, int partitions, int replicas = 1) {
    rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, replicas);
  }
  // What the next requests to produce are answered with.
  void fail_next(const std::vector<rd_kafka_resp_err_t>& errors) {
    constexpr std::int16_t produce = 0;
    rd_kafka_mock_push_request_errors_array(cluster_, produce, errors.size(), errors.data());
  }
  void set_down(bool down);
  rd_kafka_mock_cluster_t* c() { return cluster_; }

 private:
  const int brokers_;
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace kafka::test
