// SPDX-License-Identifier: Apache-2.0
// A pipeline with the sink, and librdkafka's mock of a cluster: what arrives, and how.
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "kafka_pipeline.hpp"

namespace kafka::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST_F(KafkaPipelineTest, EventsArriveWithKeyHeadersTimeAndPayload) {
  cluster_.make_topic("logs.orders", 4);
  auto& pipeline = start_kafka(R"("topic": "logs.{logger}", "key": "{field.account}",
    "headers": {"level": "{level}", "trace_id": "{trace_id}", "from": "{field.region}"})");
  pipeline.logger("orders").warning("slow venue", penstock::field("account", "a1"));
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  const auto records = read_all(cluster_.address(), "logs.orders", 4);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, "a1");
  EXPECT_THAT(records[0].headers, ElementsAre(Pair("level", "WARNING")));
  const auto payload = nlohmann::json::parse(records[0].payload);
  EXPECT_EQ(payload["logger"], "orders");
  EXPECT_EQ(payload["message"], "slow venue");
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_NEAR(static_cast<double>(records[0].time_ms), static_cast<double>(now), 60'000);
}

TEST_F(KafkaPipelineTest, TheMessageAloneIsThePayloadWhenThatIsAskedFor) {
  cluster_.make_topic("t", 1);
  auto& pipeline = start_kafka(R"("topic": "t", "payload": "message", "headers": {})");
  pipeline.logger("x").info("one\ntwo");
  pipeline.logger("x").info("{}", "");
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  const auto records = read_all(cluster_.address(), "t", 1);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].payload, "one\ntwo");
  EXPECT_EQ(records[1].payload, "");
  EXPECT_THAT(records[0].headers, IsEmpty());
}

TEST_F(KafkaPipelineTest, EveryEventArrivesOnceAndInOrderInItsPartition) {
  cluster_.make_topic("t", 4);
  auto& pipeline = start_kafka(numbered);
  log(pipeline, 0, 20'000);
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  expect_all_once_in_order(20'000);
  EXPECT_EQ(stats_of(pipeline, "kafka").delivered, 20'000);
}

TEST_F(KafkaPipelineTest, EventsOfOneKeyAreInOnePartition) {
  cluster_.make_topic("t", 4);
  auto& pipeline = start_kafka(numbered);
  log(pipeline, 0, 100);
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  std::map<std::string, std::set<int>> partitions;
  for (const Record& record : read_all(cluster_.address(), "t", 4)) {
    partitions[record.key].insert(record.partition);
  }
  EXPECT_EQ(partitions.size(), 7u);
  for (const auto& [key, where] : partitions) EXPECT_EQ(where.size(), 1u) << key;
}

TEST_F(KafkaPipelineTest, AnEventWhoseTopicCannotBeIsRefusedAlone) {
  cluster_.make_topic("ok", 1);
  auto& pipeline = start_kafka(R"("topic": "{field.to}")");
  for (const char* const to : {"ok", "no/topic", "", "ok"}) {
    pipeline.logger("x").info("go", penstock::field("to", to));
  }
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_EQ(read_all(cluster_.address(), "ok", 1).size(), 2u);
  const auto stats = stats_of(pipeline, "kafka");
  EXPECT_EQ(stats.delivered, 2);
  EXPECT_EQ(stats.dropped[static_cast<std::size_t>(penstock::DropReason::rejected)], 2);
}

TEST_F(KafkaPipelineTest, FiguresOfTheLibraryAreInTheStats) {
  cluster_.make_topic("t", 1);
  auto& pipeline = start_kafka(std::string(numbered) + R"(, "statistics_interval": "50ms")");
  log(pipeline, 0, 1000);
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  EXPECT_TRUE(penstock::test::eventually([&] {
    const auto figures = stats_of(pipeline, "kafka").figures;
    const auto at = [&](const char* name) {
      return figures.contains(name) ? figures.at(name) : -1;
    };
    return at("sent_messages") == 1000 && at("brokers") == 1 && at("brokers_up") == 1 &&
           at("queue_messages") == 0 && at("round_trip_ms") >= 0;
  }));
}

TEST_F(KafkaPipelineTest, AClusterOfItsOwnIsEnoughToTryIt) {
  std::string file = ::testing::TempDir() + "/penstock-kafka-address-XXXXXX";
  ::close(::mkstemp(file.data()));
  auto options =
      sink_of(R"({"topic": "t", "mock": {"brokers": 3, "address_file": ")" + file + R"("}})");
  auto& pipeline = start({options});
  pipeline.logger("x").info("one");
  ASSERT_TRUE(pipeline.flush(penstock::test::patience));
  std::ifstream stream(file);
  std::string address;
  std::getline(stream, address);
  EXPECT_EQ(std::count(address.begin(), address.end(), ','), 2);
  EXPECT_EQ(read_all(address, "t", 4).size(), 1u);
  ::unlink(file.c_str());
}

}  // namespace
}  // namespace kafka::test
