// SPDX-License-Identifier: Apache-2.0
#include "config/webhook_reader.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/keys.hpp"

namespace penstock::config {
namespace {

constexpr std::array<Word<WebhookPayload>, 5> payloads = {{
    {"json", WebhookPayload::json},
    {"ndjson", WebhookPayload::ndjson},
    {"slack", WebhookPayload::slack},
    {"discord", WebhookPayload::discord},
    {"template", WebhookPayload::from_body},
}};
constexpr std::array<Word<WebhookPer>, 2> pers = {{
    {"batch", WebhookPer::batch},
    {"event", WebhookPer::event},
}};
constexpr std::array<Word<WebhookCompression>, 2> compressions = {{
    {"none", WebhookCompression::none},
    {"gzip", WebhookCompression::gzip},
}};

// A message in a chat says who and what; the chat says when.
constexpr const char* chat_pattern = "{level} {logger}: {message}{fields}";

// With a request for each event. A batch is answered as a whole, and has to be within call_timeout
// (30 s), also at servers that take one request a second.
constexpr std::uint32_t per_event_batch = 20;

// False when there is none that can be used.
bool read_secret(const Entry& entry, Secret& target, Report& report) {
  if (!expect_secret(entry, report)) return false;
  if (entry.node->text.empty()) {
    report.add(entry.node->at, fmt::format("{} is empty", in_quotes(entry.name)));
    return false;
  }
  // What is no reference in the file must not become one.
  target = entry.node->has_secrets ? Secret(entry.node->text) : Secret::literal(entry.node->text);
  return true;
}

void read_secret(const Section& sink, std::string_view key, Secret& target) {
  if (const std::optional<Entry> entry = sink.find(key)) {
    (void)read_secret(*entry, target, sink.report());
  }
}

void read_headers(const Section& sink, std::vector<WebhookHeader>& target) {
  const std::optional<Entry> headers = sink.find("headers");
  if (!headers) return;
  if (headers->node->kind == TreeNode::Kind::scalar) {  // which may be a password
    sink.report().add(headers->node->at, "'headers' must be a mapping of names and texts");
    return;
  }
  if (!expect_mapping(*headers, sink.report())) return;
  for (const Member& member : headers->node->members) {
    WebhookHeader header{.name = member.key};
    const Entry entry{member.key, member.at, member.value.get()};
    if (read_secret(entry, header.value, sink.report())) target.push_back(std::move(header));
  }
}

void read_retry_codes(const Section& sink, std::optional<std::vector<std::uint32_t>>& target) {
  const std::optional<Entry> codes = sink.find("retry_codes");
  if (!codes || !expect_sequence(*codes, sink.report())) return;
  target.emplace();
  for (const TreePtr& item : codes->node->items) {
    const Entry entry{codes->name, codes->name_at, item.get()};
    const auto code = read_count(entry, limits::webhook_retry_code, sink.report());
    if (code) target->push_back(static_cast<std::uint32_t>(*code));
  }
}

// Where the option is that a message of validate() names first: "'url' must .."
Position place_of(const Section& sink, std::string_view message) {
  if (message.starts_with('\'')) {
    const std::string_view key = message.substr(1, message.find('\'', 1) - 1);
    if (const std::optional<Entry> entry = sink.find(key)) return entry->node->at;
  }
  return sink.at();
}

// The rules that hold for structs as well.
void check_rules(const Section& sink, const WebhookOptions& options) {
  if (options.url.empty()) return;  // reported already
  const std::string_view prefix = "webhook: ";
  for (const Error& error : validate(options)) {
    const std::string_view message = std::string_view(error.message).substr(prefix.size());
    sink.report().add(place_of(sink, message), message);
  }
}

}  // namespace

WebhookOptions read_webhook(const Section& sink) {
  WebhookOptions options;
  sink.require("url", keys::webhook.place);
  read_secret(sink, "url", options.url);
  sink.text("method", options.method);
  sink.word("payload", payloads, options.payload);
  if (sink.find("per")) {
    WebhookPer per{};
    sink.word("per", pers, per);
    options.per = per;
  }
  sink.text("body", options.body);
  sink.word("compression", compressions, options.compression);
  sink.duration("connect_timeout", limits::webhook_timeout, options.connect_timeout);
  sink.duration("timeout", limits::webhook_timeout, options.timeout);
  read_secret(sink, "bearer", options.bearer);
  sink.text("user", options.user);
  read_secret(sink, "password", options.password);
  read_headers(sink, options.headers);
  read_secret(sink, "signing_secret", options.signing_secret);
  read_retry_codes(sink, options.retry_codes);
  sink.text("proxy", options.proxy);
  sink.text("ca_file", options.ca_file);
  sink.boolean("allow_private", options.allow_private);
  sink.boolean("allow_plain_http", options.allow_plain_http);
  check_rules(sink, options);
  return options;
}

void fit_batch(const Section& sink, const WebhookOptions& webhook, BatchOptions& batch) {
  const bool is_whole =
      webhook.payload == WebhookPayload::ndjson ||
      (webhook.payload == WebhookPayload::json && webhook.per != WebhookPer::event);
  if (is_whole) return;
  const std::optional<Entry> entry = sink.find("batch");
  if (entry && entry->node->kind == TreeNode::Kind::mapping &&
      Section(*entry->node, sink.report()).find("max_events")) {
    return;
  }
  batch.max_events = per_event_batch;
}

void fit_format(const Section& sink, const WebhookOptions& webhook, FormatOptions& format) {
  const bool is_chat =
      webhook.payload == WebhookPayload::slack || webhook.payload == WebhookPayload::discord;
  const std::optional<Entry> entry = sink.find("format");
  if (!entry) {
    if (is_chat) {
      format.pattern = chat_pattern;
    } else {
      format.type = FormatType::json;
    }
  } else if (!is_chat && format.type != FormatType::json) {
    sink.report().add(
        entry->node->at,
        "'format' of a webhook sink is json, unless its 'payload' is slack or discord");
  }
}

}  // namespace penstock::config
