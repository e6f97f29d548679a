// SPDX-License-Identifier: Apache-2.0
// What events may hold, and what arrives of it; dead letters among them.
#include "webhook_pipeline_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using nlohmann::json;

// Each would break a body that was put together carelessly.
const std::vector<std::string> hostile = {
    R"("quotes" and \backslashes\)",
    "\",\"text\":\"injected\"}",
    std::string("NUL \0 bell \a tab \t cr \r lf \n esc \x1b[31m del \x7f", 44),
    "not UTF-8: \xff\xfe \xc3( \xed\xa0\x80 \xf4\x90\x80\x80 cut \xe2\x82",
    "{message} {event_json} {{message}} {%s} ${env:HOME} %n%s",
    "@everyone @here <@123> <!channel> <!here|x> <https://evil.example|click>",
    "\xE2\x80\xAE right to left \xEF\xBB\xBF \xE2\x80\xA8 line separator",
    "</script><script>alert(1)</script>&amp;",
    "",
};

class WebhookContent : public WebhookPipeline {
 protected:
  // What the server gets of each hostile message, a body each.
  std::vector<json> send(WebhookOptions webhook, const FormatOptions& format) {
    webhook.url = server_.url();
    webhook.allow_private = true;
    SinkOptions options = hook(webhook);
    options.format = format;
    Pipeline& pipeline = start({options});
    for (const std::string& message : hostile) {
      pipeline.logger("orders").info("{}", message, field("key", message));
    }
    EXPECT_TRUE(pipeline.flush(30s));
    std::vector<json> bodies;
    for (const HttpRequest& request : server_.requests()) {
      bodies.push_back(json::parse(request.body, nullptr, false));
      EXPECT_FALSE(bodies.back().is_discarded()) << request.body;
    }
    EXPECT_EQ(bodies.size(), hostile.size());
    return bodies;
  }
};

TEST_F(WebhookContent, IsValidJsonForDiscordAndPingsNobody) {
  for (const json& body : send({.payload = WebhookPayload::discord}, {.type = FormatType::text})) {
    EXPECT_EQ(body.at("allowed_mentions"), json::parse(R"({"parse":[]})"));
    EXPECT_TRUE(body.at("content").is_string());
    EXPECT_EQ(body.size(), 2U);
  }
}

TEST_F(WebhookContent, IsValidJsonForSlackAndPingsNobody) {
  for (const json& body : send({.payload = WebhookPayload::slack}, {.type = FormatType::text})) {
    const std::string text = body.at("text");
    EXPECT_EQ(text.find_first_of("<>"), std::string::npos) << text;
    EXPECT_EQ(body.size(), 1U);
  }
}

TEST_F(WebhookContent, IsValidJsonInATemplateAndPutInOnce) {
  const auto bodies =
      send({.payload = WebhookPayload::from_body,
            .body = R"({"a":"{message}","b":"{logger}","c":"{fields}","d":{event_json}})"},
           {.type = FormatType::json});
  for (const json& body : bodies) {
    EXPECT_EQ(body.size(), 4U);
    EXPECT_EQ(body.at("b"), "orders");
    EXPECT_EQ(body.at("a"), body.at("d").at("message"));
  }
  EXPECT_EQ(bodies.at(4).at("a"), hostile[4]) << "braces in a message mean nothing";
}

TEST_F(WebhookContent, IsValidJsonEventByEvent) {
  for (const json& body : send({.per = WebhookPer::event}, {.type = FormatType::json})) {
    EXPECT_TRUE(body.at("message").is_string());
  }
}

TEST_F(WebhookContent, OfDeadLettersSaysWhatWasWrong) {
  HttpServer refusing;
  refusing.otherwise([](const HttpRequest& request) {
    return HttpReply{.status = request.body.find("poison") == std::string::npos ? 200 : 422};
  });
  SinkOptions first = hook(refusing.url());
  first.name = "first";
  first.dead_letter = "letters";
  SinkOptions letters = hook(server_.url());
  letters.name = "letters";
  letters.only_dead_letters = true;
  Pipeline& pipeline = start({first, letters});
  const Logger log = pipeline.logger("orders");
  for (int i = 0; i < 20; ++i) log.warning("{}", i == 7 ? "poison" : "fine", field("number", i));
  ASSERT_TRUE(pipeline.flush(30s));
  ASSERT_TRUE(server_.wait_for_requests(1));
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 1U);
  const json body = json::parse(requests[0].body);
  ASSERT_EQ(body.size(), 1U);
  const json& event = body.at(0);
  EXPECT_EQ(event.at("message"), "poison");
  const json& fields = event.contains("fields") ? event.at("fields") : event;
  EXPECT_EQ(fields.at("number"), 7);
  EXPECT_EQ(fields.at("dead_letter_sink"), "first");
  EXPECT_EQ(fields.at("dead_letter_reason"), refusing.url("") + " answered 422");
  EXPECT_GE(fields.at("dead_letter_attempts"), 1);
  for (const char* name : {"first_error", "last_error", "first_time", "last_time"}) {
    EXPECT_FALSE(fields.at(std::string("dead_letter_") + name).get<std::string>().empty());
  }
  EXPECT_EQ(stats_of(pipeline, "first").dead_lettered, 1);
  EXPECT_EQ(stats_of(pipeline, "first").delivered, 19);
  EXPECT_EQ(stats_of(pipeline, "letters").delivered, 1);
}

// A batch that is sent event by event, and has to wait after one was refused.
TEST_F(WebhookContent, OfDeadLettersNamesTheRefusalAndNotTheOutage) {
  HttpServer refusing;
  refusing.script({{.status = 422}, {.status = 503}});
  WebhookOptions webhook = to(refusing.url());
  webhook.per = WebhookPer::event;
  SinkOptions first = hook(webhook);
  first.name = "first";
  first.dead_letter = "letters";
  first.batch.linger = 200ms;
  SinkOptions letters = hook(server_.url());
  letters.name = "letters";
  letters.only_dead_letters = true;
  Pipeline& pipeline = start({first, letters});
  for (int i = 0; i < 3; ++i) pipeline.logger("orders").info("event {}", i);
  ASSERT_TRUE(pipeline.flush(30s));
  ASSERT_TRUE(server_.wait_for_requests(1));
  const json body = json::parse(server_.requests().at(0).body);
  ASSERT_EQ(body.size(), 1U);
  const json& fields = body.at(0).contains("fields") ? body.at(0).at("fields") : body.at(0);
  EXPECT_EQ(
      fields.at("dead_letter_reason").get<std::string>().find(refusing.url("") + " answered 422"),
      0U);
}

}  // namespace
}  // namespace penstock::sinks::testing
