// SPDX-License-Identifier: Apache-2.0
// A cluster in trouble: what the sink loses (nothing), what it sends twice, and what it says.
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "kafka_pipeline.hpp"

namespace kafka::test {
namespace {

using penstock::DropReason;
using penstock::SinkState;
using penstock::test::eventually;
using penstock::test::patience;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class KafkaTroubleTest : public KafkaPipelineTest {
 protected:
  KafkaTroubleTest() { cluster_.make_topic("t", 4); }

  std::int64_t rejected(const penstock::Pipeline& pipeline) {
    return stats_of(pipeline, "kafka").dropped[static_cast<std::size_t>(DropReason::rejected)];
  }
  // So short that an outage of seconds is longer than all of them, as 5 minutes are of the usual.
  static std::string impatient() {
    return std::string(numbered) + R"(, "options": {"socket.timeout.ms": 800,
      "request.timeout.ms": 700, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100,
      "topic.metadata.refresh.interval.ms": 500, "retry.backoff.ms": 20)";
  }
};

TEST_F(KafkaTroubleTest, WhatBrokersRefuseForNowIsSentAgainAndIsThereOnce) {
  cluster_.fail_next(
      {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
       RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
       RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  auto& pipeline = start_kafka(std::string(numbered) + R"(, "options": {"retry.backoff.ms": 20})");
  log(pipeline, 0, 5000);
  ASSERT_TRUE(pipeline.flush(patience));
  expect_all_once_in_order(5000);
  EXPECT_EQ(rejected(pipeline), 0);
}

TEST_F(KafkaTroubleTest, ALeaderThatChangesInMidStreamLosesNothing) {
  MockCluster three(3);
  three.make_topic("t", 4, 3);
  // Not idempotent: librdkafka would take a request that arrives for a proof that those before it
  // have arrived, as brokers see to by their sequences, of which the mock has none.
  auto sink =
      sink_of("{" + three.brokers() + ", " + impatient() + R"(, "enable.idempotence": false}})");
  sink.batch.max_events = 50;
  auto& pipeline = start({sink});
  std::thread elections([&] {
    for (int i = 0; i < 30; ++i) {
      rd_kafka_mock_partition_set_leader(three.c(), "t", i % 4, 1 + i % 3);
      std::this_thread::sleep_for(10ms);  // as often as that: no longer wait is meant
    }
  });
  log(pipeline, 0, 5000);
  elections.join();
  ASSERT_TRUE(pipeline.flush(patience));
  std::set<int> seen;
  for (const Record& record : read_all(three.address(), "t", 4)) {
    seen.insert(std::stoi(record.payload));
  }
  EXPECT_EQ(seen.size(), 5000u);  // on a slow machine some may be there twice: see all_in_order()
  EXPECT_EQ(stats_of(pipeline, "kafka").delivered, 5000);
}

TEST_F(KafkaTroubleTest, AnOutageLongerThanAnyTimeoutLosesNothingAndIsTold) {
  auto& pipeline = start_kafka(impatient() + "}");
  log(pipeline, 0, 1000);
  ASSERT_TRUE(pipeline.flush(patience));
  cluster_.set_down(true);
  log(pipeline, 1000, 3000);
  EXPECT_FALSE(pipeline.flush(3s)) << "several times the longest timeout";
  EXPECT_TRUE(eventually([&] { return !stats_of(pipeline, "kafka").last_error.empty(); }));
  EXPECT_EQ(stats_of(pipeline, "kafka").delivered, 1000);
  cluster_.set_down(false);
  ASSERT_TRUE(pipeline.flush(patience));
  (void)all_in_order(cluster_, 3000);
  EXPECT_EQ(stats_of(pipeline, "kafka").last_error, "");
}

TEST_F(KafkaTroubleTest, NoRoomInTheLibraryIsBackpressureAndNoLoss) {
  auto& pipeline =
      start_kafka(std::string(numbered) + R"(, "options": {"queue.buffering.max.messages": 100})");
  log(pipeline, 0, 3000);
  ASSERT_TRUE(pipeline.flush(patience));
  expect_all_once_in_order(3000);
}

// Where a sink that waits for room in write() would wait for ever. With the usual timeouts: the
// mock does not know again, as a broker does, what was sent twice because its answer came too late.
TEST_F(KafkaTroubleTest, NoRoomDuringAnOutageWedgesNothing) {
  cluster_.set_down(true);
  auto& pipeline = start_kafka(
      std::string(numbered) +
      R"(, "options": {"queue.buffering.max.messages": 100, "reconnect.backoff.max.ms": 200})");
  log(pipeline, 0, 2000);
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "kafka").in_flight > 200; }))
      << "more than there is room for";
  cluster_.set_down(false);
  ASSERT_TRUE(pipeline.flush(patience));
  expect_all_once_in_order(2000);
}

TEST_F(KafkaTroubleTest, AnEventThatIsTooLargeIsRefusedAlone) {
  auto& pipeline = start_kafka(R"("topic": "t", "payload": "message",
    "options": {"message.max.bytes": 2000})");
  const penstock::Logger logger = pipeline.logger("x");
  for (int i = 0; i < 300; ++i) logger.info("{}", i == 150 ? std::string(5000, 'x') : "short");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(read_all(cluster_.address(), "t", 4).size(), 299u);
  EXPECT_EQ(rejected(pipeline), 1);
}

// The broker refuses a request for its size: the events in it are sent one by one, and the one that
// is refused again is the bad one.
TEST_F(KafkaTroubleTest, WhatTheBrokerFindsTooLargeIsFoundOut) {
  cluster_.fail_next({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  auto& pipeline = start_kafka(R"("topic": "one", "payload": "message",
    "options": {"linger.ms": 100})");
  cluster_.make_topic("one", 1);
  const penstock::Logger logger = pipeline.logger("x");
  for (int i = 0; i < 10; ++i) logger.info("{}", i);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto records = read_all(cluster_.address(), "one", 1);
  EXPECT_EQ(records.size(), 9u);
  EXPECT_EQ(rejected(pipeline), 1);
}

TEST_F(KafkaTroubleTest, AProducerThatCannotGoOnIsReplacedAndNothingIsLostOrDisordered) {
  auto& pipeline = start_kafka(std::string(numbered) + R"(, "statistics_interval": "20ms")");
  for (int round = 0; round < 3; ++round) {
    log(pipeline, 2000 * round, 2000 * round + 1000);
    ASSERT_NE(made_->sink, nullptr);
    made_->sink->break_for_test();
    log(pipeline, 2000 * round + 1000, 2000 * round + 2000);
    ASSERT_TRUE(pipeline.flush(patience));
  }
  std::vector<int> seen(6000, 0);
  std::vector<int> highest(4, -1);
  for (const Record& record : read_all(cluster_.address(), "t", 4)) {
    const int number = std::stoi(record.payload);
    int& before = highest.at(static_cast<std::size_t>(record.partition));
    // What was on its way may be there twice; what is there for the first time is in order.
    if (seen.at(static_cast<std::size_t>(number))++ == 0) {
      EXPECT_GT(number, before);
    }
    before = std::max(before, number);
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0);
  EXPECT_EQ(stats_of(pipeline, "kafka").delivered, 6000);
  EXPECT_TRUE(
      eventually([&] { return stats_of(pipeline, "kafka").figures["producers_replaced"] == 3; }));
}

// What a broker refuses for good, for all it knows: later events must not overtake it.
class KafkaRefusal : public KafkaTroubleTest,
                     public ::testing::WithParamInterface<rd_kafka_resp_err_t> {};

TEST_P(KafkaRefusal, OfOneRequestCostsNoEventItsPlace) {
  cluster_.make_topic("one", 1);
  cluster_.fail_next(
      {RD_KAFKA_RESP_ERR_NO_ERROR, GetParam(), RD_KAFKA_RESP_ERR_NO_ERROR, GetParam()});
  auto& pipeline = start_kafka(R"("topic": "one", "payload": "message",
    "statistics_interval": "20ms", "options": {"linger.ms": 0, "batch.num.messages": 20,
    "retry.backoff.ms": 20, "max.in.flight.requests.per.connection": 1})");
  log(pipeline, 0, 10'000);
  ASSERT_TRUE(pipeline.flush(patience));
  std::vector<int> seen(10'000, 0);
  int highest = -1;
  int again = 0;
  // When the refusal comes, one more request is made already (here at most one is under way). A
  // broker finds a gap before it and refuses it, too; the mock counts no sequences, and takes it.
  constexpr int request = 20;
  for (const Record& record : read_all(cluster_.address(), "one", 1)) {
    const int number = std::stoi(record.payload);
    if (seen.at(static_cast<std::size_t>(number))++ == 0) {
      EXPECT_GT(number, highest - 2 * request);
    } else {
      ++again;
    }
    highest = std::max(highest, number);
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0);
  EXPECT_EQ(stats_of(pipeline, "kafka").delivered, 10'000);
  EXPECT_TRUE(
      eventually([&] { return stats_of(pipeline, "kafka").figures["producers_replaced"] >= 1; }));
  EXPECT_TRUE(
      eventually([&] { return stats_of(pipeline, "kafka").figures["sent_again"] >= again; }));
}

INSTANTIATE_TEST_SUITE_P(Errors, KafkaRefusal,
                         ::testing::Values(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                                           RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                                           RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                           RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
                                           RD_KAFKA_RESP_ERR_UNKNOWN),
                         [](const auto& one) {
                           return std::string("Error") + (one.param < 0 ? "Minus" : "") +
                                  std::to_string(std::abs(static_cast<int>(one.param)));
                         });

// A broker that has just begun may not know for a moment what there is.
TEST_F(KafkaTroubleTest, AKnownTopicThatIsNotThereForAWhileIsWaitedForWhereverItsNameIsFrom) {
  auto& pipeline = start_kafka(R"("topic": "l{logger}", "payload": "message",
    "options": {"topic.metadata.propagation.max.ms": 100, "topic.metadata.refresh.interval.ms": 100,
    "retry.backoff.ms": 20})");
  log(pipeline, 0, 100);
  ASSERT_TRUE(pipeline.flush(patience));
  rd_kafka_mock_topic_set_error(cluster_.c(), "lx", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  log(pipeline, 100, 200);
  EXPECT_TRUE(eventually([&] {
    log(pipeline, 200, 201);
    return !stats_of(pipeline, "kafka").last_error.empty();
  }));
  rd_kafka_mock_topic_set_error(cluster_.c(), "lx", RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(rejected(pipeline), 0);
}

TEST_F(KafkaTroubleTest, ATopicThatIsNotThereIsWaitedFor) {
  rd_kafka_mock_topic_set_error(cluster_.c(), "late", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  auto& pipeline = start_kafka(R"("topic": "late", "options": {
    "topic.metadata.propagation.max.ms": 100, "topic.metadata.refresh.interval.ms": 200})");
  log(pipeline, 0, 10);
  EXPECT_TRUE(eventually([&] {
    return stats_of(pipeline, "kafka").last_error.find("nknown topic") != std::string::npos;
  })) << stats_of(pipeline, "kafka").last_error;
  rd_kafka_mock_topic_set_error(cluster_.c(), "late", RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(read_all(cluster_.address(), "late", 4).size(), 10u);
}

TEST_F(KafkaTroubleTest, APasswordThatCannotBeReadAgainIsTold) {
  const std::string path = ::testing::TempDir() + "penstock-password-" + std::to_string(::getpid());
  std::ofstream(path) << "first";
  auto& pipeline = start_kafka(
      R"("topic": "t", "sasl": {"mechanism": "PLAIN", "username": "me"},
    "options": {"sasl.password": "${file:)" +
      path + R"(}", "security.protocol": "plaintext"})");
  log(pipeline, 0, 1);
  ASSERT_TRUE(pipeline.flush(patience));
  std::remove(path.c_str());
  pipeline.control(penstock::SinkControl::reopen);
  EXPECT_TRUE(eventually([&] {
    return stats_of(pipeline, "kafka").last_error.find("the password is the one of before") !=
           std::string::npos;
  })) << stats_of(pipeline, "kafka").last_error;
  std::ofstream(path) << "second";
  pipeline.control(penstock::SinkControl::reopen);
  EXPECT_TRUE(eventually([&] { return stats_of(pipeline, "kafka").last_error.empty(); }));
  std::remove(path.c_str());
}

TEST_F(KafkaTroubleTest, TheEndIsBoundedWhenNoBrokerIsThere) {
  cluster_.set_down(true);
  auto& pipeline = start_kafka(numbered);
  log(pipeline, 0, 1000);
  const auto begin = std::chrono::steady_clock::now();
  const auto report = pipeline.stop(100ms);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.stats.sinks.at(0).in_flight + report.stats.sinks.at(0).in_queue, 1000);
  EXPECT_TRUE(eventually([&] { return made_->sink == nullptr; })) << "it is destroyed";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 12s);
}

// A broker that has given up the oldest versions of the request gets gzip uncompressed, without a
// word from librdkafka 2.0.2. Statistics in the middle of a burst may not have all of it on the
// wire: it is a stream that tells.
TEST_F(KafkaTroubleTest, CompressionThatTheWireDoesNotShowIsTold) {
  rd_kafka_mock_set_apiversion(cluster_.c(), 0, 3, 7);
  auto& pipeline = start_kafka(R"("topic": "t", "payload": "message", "compression": "gzip",
    "statistics_interval": "50ms")");
  const penstock::Logger logger = pipeline.logger("x");
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 3000; ++i) logger.info("{}", std::string(1000, 'x'));
    EXPECT_TRUE(pipeline.flush(patience));
    return stats_of(pipeline, "kafka").last_error.find("compression has no effect") !=
           std::string::npos;
  }));
}

TEST_F(KafkaTroubleTest, CompressionThatTheWireShowsIsNotComplainedOf) {
  auto& pipeline = start_kafka(R"("topic": "t", "payload": "message",
    "statistics_interval": "50ms")");
  const penstock::Logger logger = pipeline.logger("x");
  for (int i = 0; i < 3000; ++i) logger.info("{}", std::string(1000, 'x'));
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_TRUE(eventually([&] {
    auto figures = stats_of(pipeline, "kafka").figures;
    return figures["payload_bytes"] > 2.9e6 && figures["sent_bytes"] < 1e6;
  }));
  EXPECT_EQ(stats_of(pipeline, "kafka").last_error, "");
}

}  // namespace
}  // namespace kafka::test
