// SPDX-License-Identifier: Apache-2.0
// sinks.hpp: the built-in sinks and their options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/options.hpp"
#include "penstock/secret.hpp"

namespace penstock {

enum class ConsoleStream : std::uint8_t { standard_output, standard_error };
enum class Color : std::uint8_t { automatic, never, always };

struct ConsoleOptions {
  ConsoleStream stream = ConsoleStream::standard_output;
  // automatic: only on a terminal, and not when NO_COLOR is set.
  Color color = Color::automatic;
};
PENSTOCK_EXPORT SinkFactory console_sink(ConsoleOptions options = {});

// The largest values of FileOptions; the smallest is 0.
struct FileLimits {
  static constexpr std::uint64_t max_bytes = INT64_MAX;
  static constexpr std::uint32_t backup_count = 10'000;
  static constexpr std::chrono::hours rotate_every{365 * 24};
  static constexpr std::uint32_t mode = 0777;
  static constexpr std::chrono::hours fsync_interval{1};
};

struct FileOptions {
  std::string path{};
  // Begin a new file before this size would be exceeded; 0: never by size. A file that is rotated
  // by size or time has one process that writes it: for another, open() fails.
  std::uint64_t max_bytes = 10'485'760;
  // Rotated files kept; path.1 is the newest. 0: the file is emptied instead.
  std::uint32_t backup_count = 5;
  // Begin a new file every so long, at multiples of it since 1970-01-01 UTC; 0: never by time.
  std::chrono::seconds rotate_every{0};
  // Permission bits of new files.
  std::uint32_t mode = 0640;
  // Owner and group of new files, "user", "user:group", ":group"; empty: as the process.
  std::string owner{};
  // fdatasync at most this often, after a write; not set: never. 0: after each write.
  std::optional<std::chrono::nanoseconds> fsync_interval{};
  // Missing directories are made.
  bool create_directories = true;
};
// Every number that is out of its range; open() fails with the same. [any]
PENSTOCK_EXPORT Errors validate(const FileOptions& options);
PENSTOCK_EXPORT SinkFactory file_sink(FileOptions options);

// Takes everything and keeps nothing.
PENSTOCK_EXPORT SinkFactory null_sink();

// What the body of a request is made of. `encoded` is an event in SinkOptions::format.
enum class WebhookPayload : std::uint8_t {
  json,      // an array of the batch's events, or one event (see `per`); `format` must be json
  ndjson,    // the batch's events, one a line; `format` must be json
  slack,     // {"text": encoded}, one event a request; cut at 40,000 characters
  discord,   // {"content": encoded}, one event a request; cut at 2,000 characters
  from_body  // WebhookOptions::body with an event put in, one event a request
};
enum class WebhookPer : std::uint8_t { batch, event };
enum class WebhookCompression : std::uint8_t { none, gzip };

struct WebhookHeader {
  std::string name{};
  Secret value{};
};

// The ranges of WebhookOptions, both ends included.
struct WebhookLimits {
  static constexpr std::chrono::milliseconds timeout_min{1};
  static constexpr std::chrono::minutes timeout_max{10};
  static constexpr std::uint32_t retry_code_min = 400;
  static constexpr std::uint32_t retry_code_max = 599;
  static constexpr std::size_t headers_max = 64;
};

// Posts events over HTTP. A 2xx answer delivers; 408, 425, 429, 5xx but 501 and 505, and whatever
// goes wrong on the way is tried again; so are 401, 403, 407 and redirections, which are also
// reported; after 413 smaller batches are tried; other answers refuse the events.
//
// A batch is answered as a whole. When each event has a request of its own (slack, discord,
// from_body, or `per` event), set SinkOptions::batch.max_events to 20, as a YAML file does: some
// servers take one request a second, and a batch has to be done within `call_timeout`, 30 s.
struct WebhookOptions {
  // https://host[:port]/path?query. No user or password in it. It is kept like a secret: messages
  // show scheme and host alone.
  Secret url{};
  std::string method = "POST";  // or PUT, PATCH
  WebhookPayload payload = WebhookPayload::json;
  // For json: one request for each batch (the default), or for each event, in order.
  std::optional<WebhookPer> per{};
  // For from_body: the text of a request, with {message} {level} {logger} {time} {fields}, each
  // escaped for the inside of a JSON string, or {event_json}, a whole object (then `format` must be
  // json). Other braces stand for themselves.
  std::string body{};
  WebhookCompression compression = WebhookCompression::none;

  // Until a connection stands, TLS included. 1 ms .. 10 min.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds{10};
  // Of a whole request, from its begin to the end of the answer. 1 ms .. 10 min.
  std::chrono::nanoseconds timeout = std::chrono::seconds{30};

  // At most one of these: `bearer`, or `user` and `password`, or a header Authorization of your
  // own.
  Secret bearer{};
  std::string user{};
  Secret password{};
  // Further headers, at most 64. Their values are never shown.
  std::vector<WebhookHeader> headers{};
  // whsec_ and the base64 of 24 .. 64 bytes. Set: each request is signed after the Standard
  // Webhooks convention (headers webhook-id, webhook-timestamp, webhook-signature), before it is
  // compressed.
  Secret signing_secret{};

  // Answers that are tried again. 400 .. 599; not 401, 403, 407, 413, which have a meaning of their
  // own. Not set: 408, 425, 429, and 5xx but 501 and 505.
  std::optional<std::vector<std::uint32_t>> retry_codes{};

  // http://host:port or https://host:port of a proxy. Empty: none, whatever the environment says.
  // The proxy resolves names then; its own address may be private.
  std::string proxy{};
  // Certificates (PEM) that are trusted instead of the system's. Chain and host name are always
  // verified.
  std::string ca_file{};
  // Addresses that are not public (private, loopback, link-local, of clouds' metadata services, ..)
  // are refused after the name was resolved, unless this is true.
  bool allow_private = false;
  // http:// is refused unless this is true. With allow_private, and without a proxy, it works to
  // private addresses.
  bool allow_plain_http = false;
};
// Everything that is wrong, as far as it shows without looking up secrets; open() fails with the
// same. [any]
PENSTOCK_EXPORT Errors validate(const WebhookOptions& options);
PENSTOCK_EXPORT SinkFactory webhook_sink(WebhookOptions options);

}  // namespace penstock
