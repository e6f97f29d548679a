// SPDX-License-Identifier: Apache-2.0
// kafka_pipeline.hpp: a pipeline whose sink delivers to a mock of a cluster.
#pragma once

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "kafka_support.hpp"
#include "support/pipeline_test.hpp"

namespace kafka::test {

using namespace std::chrono_literals;

// Messages that are numbers, of 7 keys, in 4 partitions.
inline constexpr const char* numbered =
    R"("topic": "t", "key": "{field.key}", "payload": "message")";

class KafkaPipelineTest : public penstock::test::PipelineTest {
 protected:
  // `options`: members of a JSON object, without brokers.
  penstock::Pipeline& start_kafka(const std::string& options, std::uint32_t batch_events = 100) {
    auto sink = sink_of("{" + cluster_.brokers() + ", " + options + "}", made_);
    sink.batch.max_events = batch_events;
    sink.retry.min_backoff = 1ms;
    sink.retry.max_backoff = 20ms;
    return start({sink});
  }
  static void log(penstock::Pipeline& pipeline, int from, int to) {
    const penstock::Logger logger = pipeline.logger("x");
    for (int i = from; i < to; ++i) logger.info("{}", i, penstock::field("key", i % 7));
  }
  void expect_all_once_in_order(int count) {
    EXPECT_EQ(all_in_order(cluster_, count), 0) << "events are there more than once";
  }
  // None is missing, and each is there for the first time after those before it. How many are there
  // once more: the mock does not know again, as a broker does, what was sent twice because its
  // answer came too late.
  static int all_in_order(const MockCluster& cluster, int count) {
    std::vector<int> last(4, -1);
    std::vector<int> seen(static_cast<std::size_t>(count), 0);
    int again = 0;
    for (const Record& record : read_all(cluster.address(), "t", 4)) {
      const int number = std::stoi(record.payload);
      if (++seen.at(static_cast<std::size_t>(number)) > 1) {
        ++again;
        continue;
      }
      int& before = last.at(static_cast<std::size_t>(record.partition));
      EXPECT_GT(number, before) << "in partition " << record.partition;
      before = number;
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0) << "events are missing";
    return again;
  }

  MockCluster cluster_{};
  std::shared_ptr<Made> made_ = std::make_shared<Made>();
};

}  // namespace kafka::test
