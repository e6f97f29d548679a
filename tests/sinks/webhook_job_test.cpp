// SPDX-License-Identifier: Apache-2.0
// Batches that go out in parts: their ids, their sizes, what is settled, and why it was refused.
#include <algorithm>
#include <bit>
#include <map>
#include <random>

#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;
using Manner = HttpReply::Manner;

class WebhookJobs : public WebhookTest {
 protected:
  std::string id_of(std::size_t request) const {
    return server_.requests().at(request).header("webhook-id");
  }
  // 413 for bodies that are longer; 400 for those with "poison".
  void take_up_to(std::size_t bytes) {
    server_.otherwise([bytes](const HttpRequest& request) {
      const bool has_poison = request.body.find("poison") != std::string::npos;
      return HttpReply{.status = request.body.size() > bytes ? 413 : has_poison ? 400 : 200};
    });
  }
  std::size_t count(int status, std::size_t bytes) const {
    const auto requests = server_.requests();
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [&](const HttpRequest& request) {
          return (request.body.size() > bytes) == (status == 413);
        }));
  }

  HttpServer server_{};
};

// Whether it has taken the events is not known.
const HttpReply no_whole_answer{.body = "thank you", .manner = Manner::reset};

const std::vector<std::string> eight = {"a", "b", "c", "d", "e", "f", "g", "h"};

TEST_F(WebhookJobs, RepeatAPartInTheMiddleUnderItsId) {
  open(to(server_.url()));
  // 0-8 and 0-4 are too large; 0-2 is taken; of 2-4 it is not known.
  server_.script({{.status = 413}, {.status = 413}, {.status = 200}, no_whole_answer});
  const WebhookBatch batch(eight, 9'000);
  const WriteResult result = write(batch);
  EXPECT_EQ(result.kind(), Kind::retry);
  ASSERT_EQ(result.settled(), 2U);
  const WebhookBatch rest({"c", "d", "e", "f", "g", "h"}, 9'000, 2);
  EXPECT_EQ(write(rest).kind(), Kind::ok);
  const auto requests = server_.requests();
  EXPECT_EQ(requests.at(4).body, requests.at(3).body);
  EXPECT_EQ(id_of(4), id_of(3));
  EXPECT_TRUE(id_of(4).ends_with("_9000_2-4")) << id_of(4);
}

TEST_F(WebhookJobs, RepeatAWholeBatchUnderItsIdThoughOthersWereTooLargeMeanwhile) {
  open(to(server_.url()));
  server_.script({no_whole_answer, {.status = 413}, {.status = 413}});
  const WebhookBatch batch(eight, 9'100);
  EXPECT_EQ(write(batch).kind(), Kind::retry);
  EXPECT_EQ(write(eight).kind(), Kind::ok);
  const std::size_t before = server_.requests().size();
  const WebhookBatch again(eight, 9'100);
  EXPECT_EQ(write(again).kind(), Kind::ok);
  EXPECT_EQ(server_.requests().size(), before + 1);
  EXPECT_EQ(id_of(before), id_of(0));
}

TEST_F(WebhookJobs, RepeatAPartUnderItsIdAfterTheSinkWasClosed) {
  open(to(server_.url()));
  server_.script({{.status = 413}, {.status = 413}, {.status = 200}, {.manner = Manner::silent}});
  const WebhookBatch batch(eight, 9'200);
  EXPECT_EQ(sink_->write(batch.batch()).kind(), Kind::pending);
  ASSERT_TRUE(server_.wait_for_requests(4));
  sink_->close();
  EXPECT_EQ(context_.wait(batch.token()).settled(), 2U);
  ASSERT_TRUE(sink_->open(context_).ok());
  const WebhookBatch rest({"c", "d", "e", "f", "g", "h"}, 9'200, 2);
  EXPECT_EQ(write(rest).kind(), Kind::ok);
  EXPECT_EQ(server_.requests().at(4).body, server_.requests().at(3).body);
  EXPECT_EQ(id_of(4), id_of(3));
}

// Whatever the server does: a receiver that knows ids by heart has each event once, in order.
TEST_F(WebhookJobs, NeverGiveOneIdToDifferentEvents) {
  std::mt19937_64 random(test_seed());
  std::map<std::string, std::string> taken;  // by id
  std::string received;
  std::size_t most = 10'000;
  server_.otherwise([&](const HttpRequest& request) {
    const auto chance = random() % 10;
    HttpReply good;
    if (chance < 4) good = no_whole_answer;
    if (const auto before = taken.find(request.header("webhook-id")); before != taken.end()) {
      EXPECT_EQ(before->second, request.body);
      return good;
    }
    if (random() % 10 == 0) most = 20 + random() % 2'000;
    if (request.body.size() > most && request.body.find(',') != std::string::npos) {
      return HttpReply{.status = 413};
    }
    if (request.body.find("poison") != std::string::npos) return HttpReply{.status = 400};
    if (chance == 9) return HttpReply{.status = 503};
    taken.emplace(request.header("webhook-id"), request.body);
    received += request.body;
    return good;
  });
  open(to(server_.url()));
  std::string expected;
  std::uint64_t last_id = 20'000;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> events;
    for (int i = 0; i < 40; ++i) {
      const bool is_bad = random() % 50 == 0;
      events.push_back(is_bad ? "poison" : fmt::format("event {}-{}", round, i));
      if (!is_bad) expected += events.back() + ";";
    }
    std::size_t offset = 0;  // of `events` in the batch of the last id
    ++last_id;
    for (int tries = 0; !events.empty(); ++tries) {
      ASSERT_LT(tries, 1'000);
      const WebhookBatch batch(events, last_id, offset);
      const WriteResult result = write(batch);
      if (result.kind() == Kind::retry) {
        events.erase(events.begin(),
                     events.begin() + static_cast<std::ptrdiff_t>(result.settled()));
        offset += result.settled();
      } else if (result.kind() == Kind::ok || !result.positions().empty()) {
        events.clear();
      } else {  // in place of the pipeline's search
        std::erase(events, "poison");
        offset = 0;
        ++last_id;
      }
    }
  }
  std::string messages;
  for (std::size_t at = 0; (at = received.find("event ", at)) != std::string::npos;) {
    const std::size_t end = received.find('"', at);
    messages += received.substr(at, end - at) + ";";
    at = end;
  }
  EXPECT_TRUE(messages == expected);
}

TEST_F(WebhookJobs, RememberTheSizeThatPassed) {
  open(to(server_.url()));
  take_up_to(400);
  const std::vector<std::string> events(100, "0123456789");  // some 2500 bytes
  for (int i = 0; i < 100; ++i) ASSERT_EQ(write(events).kind(), Kind::ok);
  EXPECT_LE(count(413, 400), 15U);
}

TEST_F(WebhookJobs, FindOneBadEventInAPartInFewRequests) {
  constexpr std::size_t n = 1'024;
  std::vector<std::string> events(n, "0123456789");
  const std::size_t whole = 26 * n;
  for (const std::size_t bad : {std::size_t{0}, std::size_t{300}, n / 2 - 1, n / 2, n - 1}) {
    events[bad] = "the poison";
    take_up_to(whole * 6 / 10);
    open(to(server_.url()));
    const std::size_t before = server_.requests().size();
    const WriteResult result = write(events);
    EXPECT_EQ(result.positions(), std::vector<std::uint32_t>{static_cast<std::uint32_t>(bad)});
    const std::size_t sent = server_.requests().size() - before;
    EXPECT_LE(sent, 1 + 2 + std::bit_width(n / 2 - 1) + 2) << bad;
    events[bad] = "0123456789";
  }
}

TEST_F(WebhookJobs, AskLittleMoreThanOnceForEachEventWhenAllOfAPartAreRefused) {
  constexpr std::size_t n = 512;
  const std::vector<std::string> events(n, "the poison");
  take_up_to(26 * n * 6 / 10);
  open(to(server_.url()));
  EXPECT_EQ(write(events).positions().size(), n);
  EXPECT_LE(server_.requests().size(), n + 40);
}

TEST_F(WebhookJobs, SendNoEventAgainThatWasSettledOneByOne) {
  WebhookOptions options = to(server_.url());
  options.payload = WebhookPayload::slack;
  open(options);
  server_.script({{}, {.status = 404}, {}, no_whole_answer});
  const WebhookBatch batch = WebhookBatch::of_lines(eight);
  const WriteResult result = write(batch);
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_EQ(result.settled(), 3U);
  EXPECT_EQ(result.positions(), std::vector<std::uint32_t>{1});
  // What was refused has its reason in front, and it goes with the event.
  EXPECT_TRUE(result.reason().starts_with(server_.url("") + " answered 404; then " +
                                          server_.url("") + ": "))
      << result.reason();
  const WebhookBatch rest({"d", "e", "f", "g", "h"}, batch.id(), 3);
  EXPECT_EQ(write(rest).kind(), Kind::ok);
  EXPECT_EQ(server_.requests().size(), 4U + 5U);
  EXPECT_EQ(id_of(4), id_of(3));
}

TEST_F(WebhookJobs, GiveTheReasonOfTheFirstThatWasRefused) {
  WebhookOptions options = to(server_.url());
  options.per = WebhookPer::event;
  open(options);
  server_.script({{}, {.status = 422}, {.status = 404}, {}});
  const WriteResult result = write({"a", "b", "c", "d"});
  EXPECT_EQ(result.kind(), Kind::reject);
  EXPECT_EQ(result.positions(), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(result.reason(), server_.url("") + " answered 422");
}

TEST_F(WebhookJobs, NameTheLastErrorWhenTheSinkIsClosed) {
  WebhookOptions options = to(server_.url());
  options.per = WebhookPer::event;
  open(options);
  server_.script({{}, {.manner = Manner::silent}});
  const WebhookBatch first({"a", "b"});
  EXPECT_EQ(sink_->write(first.batch()).kind(), Kind::pending);
  ASSERT_TRUE(server_.wait_for_requests(2));
  server_.script({{.status = 503}});
  EXPECT_EQ(write({"c"}).kind(), Kind::retry);
  sink_->close();
  const WriteResult result = context_.wait(first.token());
  EXPECT_EQ(result.settled(), 1U);
  EXPECT_EQ(result.reason(), server_.url("") + " answered 503");
}

TEST_F(WebhookJobs, NameTheRefusalWhenTheSinkIsClosed) {
  WebhookOptions options = to(server_.url());
  options.per = WebhookPer::event;
  open(options);
  server_.script({{.status = 404}, {}, {.manner = Manner::silent}});
  const WebhookBatch batch({"a", "b", "c"});
  EXPECT_EQ(sink_->write(batch.batch()).kind(), Kind::pending);
  ASSERT_TRUE(server_.wait_for_requests(3));
  sink_->close();
  const WriteResult result = context_.wait(batch.token());
  EXPECT_EQ(result.settled(), 2U);
  EXPECT_EQ(result.reason(), server_.url("") + " answered 404; then " + server_.url("") +
                                 ": no answer before the sink was closed");
}

}  // namespace
}  // namespace penstock::sinks::testing
