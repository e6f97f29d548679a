// SPDX-License-Identifier: Apache-2.0
// What is read of librdkafka's statistics, and what they say of compression.
#include "statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kafka::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Statistics, AreThoseOfTheWholeAndOfItsBrokers) {
  const Statistics read = read_statistics(R"({"name": "rdkafka#producer-1", "msg_cnt": 12,
    "msg_size":345, "tx": 7, "tx_bytes": 1000, "txmsgs":99, "txmsg_bytes": 5000, "simple_cnt": 0,
    "brokers": {
      "a:9092/bootstrap": {"name": "a:9092/bootstrap", "nodeid": -1, "state": "DOWN"},
      "a:9092/1": {"state": "UP", "txretries": 2, "req_timeouts": 1, "disconnects": 3,
                   "rtt": {"min": 1, "avg": 1500, "p99": 4000}, "toppars": {"t-0": {"topic": "t"}}},
      "b:9092/2": {"state": "CONNECT", "txretries": 1, "rtt": {"avg": 500, "p99": 700}}},
    "topics": {"t": {"topic": "t", "partitions": {"0": {"msg_cnt": 77}}}},
    "list": [1, {"x": []}]})");
  EXPECT_EQ(read.queue_messages, 12);
  EXPECT_EQ(read.queue_bytes, 345);
  EXPECT_EQ(read.requests, 7);
  EXPECT_EQ(read.sent_bytes, 1000);
  EXPECT_EQ(read.sent_messages, 99);
  EXPECT_EQ(read.payload_bytes, 5000);
  EXPECT_EQ(read.brokers, 2);
  EXPECT_EQ(read.brokers_up, 1);
  EXPECT_EQ(read.request_retries, 3);
  EXPECT_EQ(read.request_timeouts, 1);
  EXPECT_EQ(read.disconnects, 3);
  EXPECT_DOUBLE_EQ(read.round_trip_ms, 1.5);
  EXPECT_DOUBLE_EQ(read.round_trip_p99_ms, 4.0);
}

TEST(Statistics, OfWhatIsCutShortAreWhatCameBefore) {
  const std::string whole = R"({"msg_cnt": 12, "brokers": {"a:1/1": {"state": "UP\"", "x": [1]}}})";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Statistics read = read_statistics(whole.substr(0, size));
    EXPECT_LE(read.queue_messages, 12);
  }
  EXPECT_EQ(read_statistics(std::string(100'000, '[')).queue_messages, 0);
}

TEST(CompressionWatch, ComplainsWhenTheWireHasAllOfTheBytes) {
  CompressionWatch watch;
  Statistics now{.payload_bytes = 500'000, .sent_bytes = 600'000};
  EXPECT_FALSE(watch.look(now)) << "too little to say anything";
  now = {.sent_messages = 20'000, .payload_bytes = 4e6, .sent_bytes = 4.4e6, .requests = 40};
  EXPECT_TRUE(watch.look(now));
  EXPECT_THAT(watch.complaint(), HasSubstr("4000000 bytes of events were 4400000 on the wire"));
  now = {.sent_messages = 40'000, .payload_bytes = 8e6, .sent_bytes = 4.8e6, .requests = 80};
  EXPECT_TRUE(watch.look(now));
  EXPECT_THAT(watch.complaint(), IsEmpty());
}

// 10'000 requests with one short message each.
TEST(CompressionWatch, DoesNotTakeTheFrameOfRequestsForEvents) {
  CompressionWatch watch;
  EXPECT_FALSE(watch.look(
      {.sent_messages = 10'000, .payload_bytes = 1.2e6, .sent_bytes = 2.5e6, .requests = 10'000}));
}

// Of 10 bytes each, with 40 bytes of headers that are the only thing to compress.
TEST(CompressionWatch, CountsHeaders) {
  const Statistics now{
      .sent_messages = 100'000, .payload_bytes = 1e6, .sent_bytes = 2.5e6, .requests = 20};
  CompressionWatch with;
  EXPECT_FALSE(with.look(now, 40));
  CompressionWatch without;
  EXPECT_FALSE(without.look(now)) << "too little to say anything";
}

TEST(CompressionWatch, BeginsAnewWithANewProducer) {
  CompressionWatch watch;
  EXPECT_FALSE(watch.look({.sent_messages = 1e6, .payload_bytes = 1e9, .sent_bytes = 1e8}));
  EXPECT_TRUE(watch.look({.sent_messages = 1e4, .payload_bytes = 4e6, .sent_bytes = 4.4e6}));
}

}  // namespace
}  // namespace kafka::test
