// SPDX-License-Identifier: Apache-2.0
// Servers that answer, stall or break off while a request is still on its way to them.
#include <optional>
#include <string>

#include "webhook_pipeline_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;
using Manner = HttpReply::Manner;
using penstock::test::Clock;

class WebhookEarly : public WebhookTest {
 protected:
  // To requests with large bodies only.
  void answer_early(const HttpReply& reply) {
    server_.early([reply](const HttpRequest& request) -> std::optional<HttpReply> {
      if (request.header("content-length").size() < 6) return std::nullopt;
      return reply;
    });
  }
  WriteResult write_large() {
    const WebhookBatch batch(std::vector<std::string>(400, std::string(50'000, 'x')));
    return write(batch);
  }

  HttpServer server_{};
};

// The answer may be lost with the connection; then it is as if there were none.
TEST_F(WebhookEarly, AnswersBeforeTheBodyWasReadAreBelievedOrTriedAgain) {
  open(to(server_.url()));
  int answered = 0;
  for (const int status : {401, 403, 429, 503}) {
    for (int i = 0; i < 3; ++i) {
      answer_early({.status = status});
      const WriteResult result = write_large();
      EXPECT_EQ(result.kind(), Kind::retry) << status;
      EXPECT_EQ(result.settled(), 0U);
      answered += result.reason().find(std::to_string(status)) != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GE(answered, 6) << "of 12";
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
}

TEST_F(WebhookEarly, AnEarly400RejectsOrIsTriedAgain) {
  open(to(server_.url()));
  answer_early({.status = 400});
  Kind kind = Kind::retry;
  for (int i = 0; i < 20 && kind == Kind::retry; ++i) kind = write_large().kind();
  EXPECT_EQ(kind, Kind::reject);
}

TEST_F(WebhookEarly, AResetInTheMiddleOfTheUploadIsTriedAgain) {
  open(to(server_.url()));
  answer_early({.manner = Manner::abort});
  for (int i = 0; i < 5; ++i) {
    const WriteResult result = write_large();
    EXPECT_EQ(result.kind(), Kind::retry);
    EXPECT_EQ(result.settled(), 0U);
    EXPECT_TRUE(result.positions().empty());
  }
  server_.early({});
  EXPECT_EQ(write_large().kind(), Kind::ok);
}

TEST_F(WebhookEarly, AnUploadThatIsNotReadEndsByTimeout) {
  WebhookOptions options = to(server_.url());
  options.timeout = 200ms;
  open(options);
  answer_early({.manner = Manner::silent});
  const auto before = Clock::now();
  const WriteResult result = write_large();
  EXPECT_GE(Clock::now() - before, 200ms);
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_NE(result.reason().find("timed out"), std::string::npos) << result.reason();
}

TEST_F(WebhookEarly, AHeadWithoutAnEndIsNoAnswer) {
  open(to(server_.url()));  // 30 s
  server_.script({{.status = 200, .manner = Manner::babble}});
  const auto before = Clock::now();
  const WriteResult result = write({"a"});
  EXPECT_LT(Clock::now() - before, 20s) << "it is bounded by its size";
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.reason(), server_.url("") + ": more than 64 KiB of headers");
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
}

// As servers with a limit do, without reading what they will not take.
TEST_F(WebhookPipeline, LosesReordersAndRepeatsNothingToEarlyAnswers) {
  int count = 0;
  server_.early([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (std::stoul(request.header("content-length")) > 300'000) return HttpReply{.status = 413};
    switch (++count % 6) {
      case 1:
        return HttpReply{.status = 401};
      case 3:
        return HttpReply{.status = 503};
      case 5:
        return HttpReply{.manner = Manner::abort};
      default:
        return std::nullopt;
    }
  });
  server_.otherwise(taking([](const HttpRequest&) { return 200; }));
  SinkOptions options = hook(server_.url());
  options.batch.max_events = 1'000;
  options.batch.linger = 200ms;
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("orders");
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) {
    expected.push_back("event " + std::to_string(i) + std::string(5'000, '.'));
    log.info("{}", expected.back());
  }
  ASSERT_TRUE(pipeline.flush(60s));
  EXPECT_EQ(messages_of(taken()), expected);
  EXPECT_EQ(stats_of(pipeline, "hook").delivered, 1'000);
}

}  // namespace
}  // namespace penstock::sinks::testing
