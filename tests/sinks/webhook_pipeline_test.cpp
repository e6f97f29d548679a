// SPDX-License-Identifier: Apache-2.0
// A webhook behind a pipeline: outages, bad events, stopping.
#include <algorithm>
#include <arpa/inet.h>
#include <bit>
#include <map>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>

#include "support/run.hpp"
#include "webhook_pipeline_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using penstock::test::Clock;
using penstock::test::eventually;

class Listener {
 public:
  explicit Listener(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const auto* any = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, any, sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  const int fd_;
};

TEST_F(WebhookPipeline, LosesReordersAndRepeatsNothingInAnOutage) {
  server_.otherwise(taking([](const HttpRequest&) { return 200; }));
  Pipeline& pipeline = start({hook(server_.url())});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      expected.push_back("event " + std::to_string(expected.size()));
      log.info("{}", expected.back());
    }
  };
  send(500);
  ASSERT_TRUE(pipeline.flush(30s));
  server_.stop();
  send(2'000);
  const auto retries = [&] { return stats_of(pipeline, "hook").retries; };
  ASSERT_TRUE(eventually([&] { return retries() >= 5; }));
  EXPECT_EQ(stats_of(pipeline, "hook").state, SinkState::retrying);
  server_.start();
  send(500);
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(messages_of(taken()), expected);
  EXPECT_EQ(stats_of(pipeline, "hook").delivered, 3'000);
}

// The kernel takes connections and requests for a process that hangs, and nobody answers.
TEST_F(WebhookPipeline, LosesReordersAndRepeatsNothingWhenAServerListensAndNeverAccepts) {
  server_.otherwise(taking([](const HttpRequest&) { return 200; }));
  Pipeline& pipeline = start({hook(server_.url(), penstock::test::under_tsan ? 1000ms : 250ms)});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) {
      expected.push_back("event " + std::to_string(expected.size()));
      log.info("{}", expected.back());
    }
  };
  send(300);
  ASSERT_TRUE(pipeline.flush(30s));
  server_.stop();
  {
    const Listener never_accepts(server_.port());
    send(1'000);
    ASSERT_TRUE(eventually([&] {
      const SinkStats stats = stats_of(pipeline, "hook");
      return stats.retries >= 4 && stats.last_error.find("timed out") != std::string::npos;
    }));
  }
  server_.start();
  send(300);
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(messages_of(taken()), expected);
  EXPECT_EQ(stats_of(pipeline, "hook").delivered, 1'600);
}

TEST_F(WebhookPipeline, LosesNothingToServersThatAreBusyOrRotateCredentials) {
  int count = 0;
  server_.otherwise(taking([&](const HttpRequest&) {
    static constexpr int answers[] = {503, 401, 200, 429, 301, 408, 403, 200};
    return answers[count++ % 8];
  }));
  Pipeline& pipeline = start({hook(server_.url())});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) {
    expected.push_back("event " + std::to_string(i));
    log.info("{}", expected.back());
  }
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(messages_of(taken()), expected);
}

// A server that takes requests and whose answers are lost: whoever knows ids by heart has each
// event once, and in order.
TEST_F(WebhookPipeline, RepeatsWhatMayHaveArrivedUnderTheSameIdOnly) {
  for (const std::uint32_t in_flight : {1U, 4U}) {
    HttpServer server;
    std::minstd_rand random(in_flight);
    std::map<std::string, std::string> bodies;  // by id
    std::vector<HttpRequest> taken;
    server.otherwise([&](const HttpRequest& request) {
      HttpReply good;
      if (random() % 3 == 0) good = {.body = "thank you", .manner = HttpReply::Manner::reset};
      const std::string id = request.header("webhook-id");
      if (const auto before = bodies.find(id); before != bodies.end()) {
        EXPECT_EQ(before->second, request.body);
        return good;
      }
      if (request.body.size() > 3'000) return HttpReply{.status = 413};
      if (request.body.find("poison") != std::string::npos) return HttpReply{.status = 400};
      if (random() % 5 == 0) return HttpReply{.status = 503};
      bodies.emplace(id, request.body);
      taken.push_back(request);
      return good;
    });
    SinkOptions options = hook(server.url());
    options.max_in_flight = in_flight;
    Pipeline& pipeline = start({options});
    const Logger log = pipeline.logger("orders");
    std::vector<std::string> expected;
    for (int i = 0; i < 1'000; ++i) {
      const std::string message = i % 97 == 5 ? "poison" : fmt::format("event {:04}", i);
      if (message != "poison") expected.push_back(message);
      log.info("{}", message);
    }
    ASSERT_TRUE(pipeline.flush(30s));
    (void)pipeline.stop(5s);
    server.stop();
    std::vector<std::string> messages = messages_of(taken);
    if (in_flight > 1) std::sort(messages.begin(), messages.end());
    EXPECT_EQ(messages, expected);
  }
}

TEST_F(WebhookPipeline, DeliversAllButTheOneEventThatIsRefused) {
  server_.otherwise(taking([](const HttpRequest& request) {
    return request.body.find("poison") == std::string::npos ? 200 : 400;
  }));
  SinkOptions options = hook(server_.url());
  options.batch.max_events = 1'000;
  options.batch.linger = 1s;  // one batch
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) {
    const std::string message = i == 617 ? "poison" : "event " + std::to_string(i);
    if (i != 617) expected.push_back(message);
    log.info("{}", message);
  }
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(messages_of(taken()), expected);
  const SinkStats stats = stats_of(pipeline, "hook");
  EXPECT_EQ(stats.delivered, 999);
  EXPECT_EQ(penstock::test::dropped(stats, DropReason::rejected), 1);
}

TEST_F(WebhookPipeline, AsksFewTimesForOneEventThatIsRefusedWhereverItIs) {
  constexpr int count = 1'000;
  constexpr std::size_t log2 = std::bit_width(unsigned{count - 1});
  server_.otherwise(taking([](const HttpRequest& request) {
    return request.body.find("poison") == std::string::npos ? 200 : 400;
  }));
  SinkOptions options = hook(server_.url());
  options.batch.max_events = count;
  options.batch.linger = 1s;  // one batch
  Pipeline& pipeline = start({options});
  std::size_t sent = 0;
  std::int64_t batches = 0;
  for (const int bad : {0, 1, 499, 500, 617, 998, 999}) {
    const Logger log = pipeline.logger("orders");
    for (int i = 0; i < count; ++i) log.info("{}", i == bad ? "poison" : "fine");
    ASSERT_TRUE(pipeline.flush(30s));
    ++batches;
    const std::size_t now = server_.requests().size();
    EXPECT_LE(now - sent, 1 + log2 + 1) << bad;
    sent = now;
    const SinkStats stats = stats_of(pipeline, "hook");
    EXPECT_EQ(stats.delivered, 999 * batches);
    EXPECT_EQ(penstock::test::dropped(stats, DropReason::rejected), batches);
  }
}

TEST_F(WebhookPipeline, AsksLittleMoreThanOnceForEachEventWhenAllAreRefused) {
  constexpr int count = 512;
  server_.otherwise(taking([](const HttpRequest&) { return 404; }));
  SinkOptions options = hook(server_.url());
  options.batch.max_events = count;
  options.batch.linger = 1s;  // one batch
  Pipeline& pipeline = start({options});
  for (int i = 0; i < count; ++i) pipeline.logger("orders").info("event {}", i);
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(penstock::test::dropped(stats_of(pipeline, "hook"), DropReason::rejected), count);
  EXPECT_LE(server_.requests().size(), 2U * count + 20);
}

TEST_F(WebhookPipeline, CountsTheEventsOfABatchThatWereTakenBeforeItWasStopped) {
  server_.script({{}, {.status = 400}, {}, {.wait_for = &go_}});
  WebhookOptions webhook;
  webhook.url = server_.url();
  webhook.allow_private = true;
  webhook.payload = WebhookPayload::slack;
  SinkOptions options = hook(server_.url());
  options.make = webhook_sink(webhook);
  options.format.type = FormatType::text;
  options.batch.max_events = 10;
  options.batch.linger = 1s;  // one batch
  Pipeline& pipeline = start({options});
  for (int i = 0; i < 10; ++i) pipeline.logger("orders").info("event {}", i);
  EXPECT_TRUE(server_.wait_for_requests(4));
  const StopReport report = pipeline.stop(500ms);
  go_.set();
  EXPECT_FALSE(report.complete);
  const SinkStats* const stats = report.stats.sink("hook");
  ASSERT_NE(stats, nullptr);
  EXPECT_EQ(stats->delivered, 2);
  EXPECT_EQ(penstock::test::dropped(*stats, DropReason::rejected), 1);
}

TEST_F(WebhookPipeline, SendsSmallerBatchesToAServerThatTakesNoLargeOnes) {
  server_.otherwise(
      taking([](const HttpRequest& request) { return request.body.size() <= 5'000 ? 200 : 413; }));
  Pipeline& pipeline = start({hook(server_.url())});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    expected.push_back("event " + std::to_string(i) + std::string(100, '.'));
    log.info("{}", expected.back());
  }
  ASSERT_TRUE(pipeline.flush(30s));
  EXPECT_EQ(messages_of(taken()), expected);
  EXPECT_EQ(stats_of(pipeline, "hook").delivered, 300);
}

TEST_F(WebhookPipeline, StopsInTimeWhileTheServerHangs) {
  server_.script({{.manner = HttpReply::Manner::silent}});
  Pipeline& pipeline = start({hook(server_.url())});
  pipeline.logger("orders").info("one");
  ASSERT_TRUE(server_.wait_for_requests(1));
  const auto before = Clock::now();
  const StopReport report = pipeline.stop(50ms);
  EXPECT_LT(Clock::now() - before, 1s);
  EXPECT_FALSE(report.complete);
}

TEST_F(WebhookPipeline, WaitsWhileItsCertificatesOrNamesFailToBeTrusted) {
  const Identity unknown = make_identity(nullptr, "localhost");
  const HttpServer tls(&unknown);
  Pipeline& pipeline = start({hook(tls.url("/hook", "localhost"))});
  pipeline.logger("orders").info("one");
  ASSERT_TRUE(eventually([&] { return stats_of(pipeline, "hook").retries >= 3; }));
  EXPECT_EQ(stats_of(pipeline, "hook").in_flight, 1);
  EXPECT_NE(stats_of(pipeline, "hook").last_error.find("certificate"), std::string::npos);
  (void)pipeline.stop(10ms);
}

}  // namespace
}  // namespace penstock::sinks::testing
