// SPDX-License-Identifier: Apache-2.0
// A webhook behind a pipeline: outages, bad events, stopping.
#include <set>

#include <nlohmann/json.hpp>

#include "penstock/penstock.hpp"
#include "support/pipeline_test.hpp"
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using penstock::test::Clock;
using penstock::test::eventually;

class WebhookPipeline : public penstock::test::PipelineTest {
 protected:
  SinkOptions hook(const std::string& url) {
    WebhookOptions webhook;
    webhook.url = url;
    webhook.allow_private = true;
    SinkOptions options;
    options.name = "hook";
    options.type = "webhook";
    options.make = webhook_sink(webhook);
    options.format.type = FormatType::json;
    options.batch.linger = 0ns;
    options.batch.max_events = 100;
    options.retry.min_backoff = 1ms;
    options.retry.max_backoff = 5ms;
    return options;
  }

  // The messages of all requests that were answered 200, in their order.
  static std::vector<std::string> messages_of(const std::vector<HttpRequest>& requests) {
    std::vector<std::string> messages;
    std::set<std::string> ids;
    for (const HttpRequest& request : requests) {
      EXPECT_TRUE(ids.insert(request.header("webhook-id")).second);
      for (const auto& event : nlohmann::json::parse(request.body)) {
        messages.push_back(event.at("message"));
      }
    }
    return messages;
  }

  // Takes what is answered 200.
  std::function<HttpReply(const HttpRequest&)> taking(
      std::function<int(const HttpRequest&)> status) {
    return [this, status = std::move(status)](const HttpRequest& request) {
      const int answer = status(request);
      if (answer == 200) {
        std::lock_guard lock(mutex_);
        taken_.push_back(request);
      }
      return HttpReply{.status = answer};
    };
  }
  std::vector<HttpRequest> taken() {
    std::lock_guard lock(mutex_);
    return taken_;
  }

  penstock::test::Signal go_{};  // outlives the server, which may wait for it
  HttpServer server_{};

 private:
  std::mutex mutex_{};
  std::vector<HttpRequest> taken_{};
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
