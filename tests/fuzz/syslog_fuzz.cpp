// SPDX-License-Identifier: Apache-2.0
//
// syslog_fuzz.cpp: events of any bytes as syslog messages. What is checked, by a reader that
// follows the RFC to the letter: each message is one, with the elements and the number of
// parameters that it should have; no message is longer than it may be; and what is framed comes
// apart as it was put together.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formatter.hpp"
#include "penstock/testing.hpp"
#include "syslog/syslog_parser.hpp"

namespace {

using namespace penstock;
using namespace penstock::syslog;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Takes an input apart: each text has its length in front.
class Input {
 public:
  explicit Input(std::string_view bytes) : left_(bytes) {}

  unsigned number() {
    if (left_.empty()) return 0;
    const auto value = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  std::string text() {
    const std::size_t size = number() * (number() % 8 == 7 ? 16 : 1);
    const std::string taken(left_.substr(0, size));
    left_.remove_prefix(taken.size());
    return taken;
  }
  bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
};

// The messages of the stream, which have to be those that were put into it.
std::vector<std::string> taken_apart(const Encoded& encoded, Framing framing) {
  std::vector<std::string> messages;
  if (framing == Framing::none) {
    for (std::size_t i = 0; i < encoded.frames.size(); ++i) messages.emplace_back(encoded.text(i));
    return messages;
  }
  if (framing == Framing::lf) return syslog::testing::split_lines(encoded.bytes.view());
  const auto counted = syslog::testing::split_counted(encoded.bytes.view());
  expect(counted.has_value(), "a stream of counted octets is one");
  return *counted;
}

void check(const std::string& message, const Format& format, std::size_t params_max,
           bool is_whole) {
  expect(message.size() <= format.max_message, "no message is longer than it may be");
  if (format.protocol == Protocol::rfc3164) {
    expect(message.starts_with("<14>") && message.find(':') != std::string::npos, "it has a tag");
    return;
  }
  const auto read = syslog::testing::parse_rfc5424(message);
  expect(read.has_value(), "a message is one of RFC 5424");
  expect(read->priority == 14 && read->hostname == "host", "its header is as configured");
  std::size_t params = 0;
  for (const auto& element : read->elements) {
    const bool is_fields = element.id == format.sd_id;
    expect(is_fields || element.id == "part@32473", "no element is forged");
    if (is_fields) params = element.params.size();
  }
  expect(params <= params_max, "no parameter is forged");
  if (is_whole) expect(params == params_max, "no parameter is lost");
}

// However it is escaped, it is not too large.
bool is_small(const penstock::testing::OwnedEvent& event) {
  constexpr std::size_t widest = 5;  // of a byte: \\x1b
  std::size_t size = event.logger.size() + event.event.size() + widest * event.message.size();
  for (const auto& [key, value] : event.fields) {
    size += key.size() + widest * std::get<std::string>(value).size() + widest;
  }
  return size < least_max_message - 200;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({reinterpret_cast<const char*>(data), size});
  Format format;
  format.hostname = "host";
  const unsigned choice = input.number();
  format.framing = static_cast<Framing>(choice % 3);
  format.protocol = (choice & 4U) != 0 ? Protocol::rfc3164 : Protocol::rfc5424;
  format.oversize = static_cast<syslog::Oversize>((choice >> 3U) % 3);
  format.bom = (choice & 64U) != 0;
  format.max_message = least_max_message + input.number();
  format.procid = "{logger}";

  std::vector<penstock::testing::OwnedEvent> events;
  for (unsigned count = 1 + input.number() % 4; count > 0; --count) {
    penstock::testing::OwnedEvent event;
    event.logger = input.text();
    event.event = input.text();
    event.message = input.text();
    for (unsigned fields = input.number() % 8; fields > 0; --fields) {
      event.fields.emplace_back(input.text(), input.text());
    }
    events.push_back(std::move(event));
  }
  const penstock::testing::OwnedBatch batch(events);
  Formatter formatter(format);
  Encoded encoded;
  for (const EventView& event : batch.view().events()) formatter.add(encoded, event);

  expect(encoded.events == events.size(), "every event is counted");
  const auto messages = taken_apart(encoded, format.framing);
  expect(messages.size() == encoded.frames.size(), "no message is forged, and none is lost");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& event = events[encoded.frames[i].event];
    check(messages[i], format, event.fields.size(), is_small(event));
  }
  return 0;
}
