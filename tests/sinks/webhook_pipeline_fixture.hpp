// SPDX-License-Identifier: Apache-2.0
// webhook_pipeline_fixture.hpp: a webhook behind a pipeline, and a server that remembers what it
// has taken.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "penstock/penstock.hpp"
#include "support/pipeline_test.hpp"
#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {

class WebhookPipeline : public penstock::test::PipelineTest {
 protected:
  static WebhookOptions to(const std::string& url) {
    WebhookOptions webhook;
    webhook.url = url;
    webhook.allow_private = true;
    return webhook;
  }
  static SinkOptions hook(const std::string& url, std::chrono::nanoseconds timeout = 30s) {
    WebhookOptions webhook = to(url);
    webhook.timeout = timeout;
    return hook(webhook);
  }
  static SinkOptions hook(const WebhookOptions& webhook) {
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

}  // namespace penstock::sinks::testing
