// SPDX-License-Identifier: Apache-2.0
//
// ndjson_fuzz.cpp: any bytes as the input of `penstock run`: split into lines, each read as an
// event. Nothing is delivered; what is checked is that every byte of the input is in exactly one
// line, that every line that is not empty gives an event, and that simdjson's other front end
// agrees on what is JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <simdjson.h>

#include "cli/event_reader.hpp"
#include "cli/json_grammar.hpp"
#include "cli/json_line.hpp"
#include "cli/line_splitter.hpp"
#include "cli/timestamp.hpp"

namespace {

using penstock::EventInput;
using penstock::FieldView;
using penstock::Value;
using penstock::cli::EventReader;
using penstock::cli::InputFormat;
using penstock::cli::json_depth_max;
using penstock::cli::JsonLine;
using penstock::cli::Line;
using penstock::cli::LineSplitter;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Reads every byte, so that the sanitizers see where it lies.
std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

void touch_all(const EventInput& event) {
  std::size_t sum = touch(event.message) + touch(event.logger) + touch(event.event);
  for (const std::string_view tag : event.tags) sum += touch(tag);
  for (const std::string_view destination : event.destinations) sum += touch(destination);
  for (const FieldView& field : event.fields) {
    sum += touch(field.key);
    if (field.value.type() == Value::Type::text) sum += touch(field.value.text());
  }
  if (event.trace != nullptr) sum += event.trace->trace_id[0];
  expect(sum != static_cast<std::size_t>(-1), "bytes can be read");
}

// A JSON object, as simdjson's tape builder sees it. It refuses numbers that no double or 64-bit
// integer holds; JsonLine takes them.
void compare_with_tape_builder(std::string_view line) {
  static JsonLine json;
  static simdjson::dom::parser parser;
  const JsonLine::Outcome outcome = json.parse(line);
  simdjson::dom::element element;
  const auto error = parser.parse(line.data(), line.size()).get(element);
  if (outcome == JsonLine::Outcome::event) {
    expect((!error && element.is_object()) || error == simdjson::NUMBER_ERROR,
           "what is no JSON object gives no event");
  } else {
    expect(!json.problem().empty(), "a line of no use has a reason");
  }
  if (!error && element.is_object() && outcome == JsonLine::Outcome::not_json) {
    const auto brackets =
        std::count(line.begin(), line.end(), '[') + std::count(line.begin(), line.end(), '{');
    expect(brackets > std::ptrdiff_t{json_depth_max}, "a JSON object is taken for one");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first two bytes choose the format, the longest line and how much is read at a time.
  if (size < 2) return 0;
  constexpr InputFormat formats[] = {InputFormat::automatic, InputFormat::ndjson,
                                     InputFormat::text};
  const InputFormat format = formats[data[0] % 3];
  const std::size_t line_bytes_max = data[0] < 128 ? 1 << 20 : 1 + data[0] % 32U;
  const std::size_t step = data[1] == 0 ? LineSplitter::read_bytes : data[1];
  std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

  LineSplitter splitter(line_bytes_max);
  EventReader reader(format);
  std::size_t bytes = 0;
  std::int64_t events = 0;
  std::int64_t pieces = 0;
  const auto take = [&](const Line& line) {
    bytes += line.text.size();
    pieces += line.kind == Line::Kind::piece ? 1 : 0;
    expect(line.text.size() <= line_bytes_max, "no line is longer than allowed");
    if (line.kind == Line::Kind::whole && !line.text.empty()) compare_with_tape_builder(line.text);
    if (const EventInput* const event = reader.read(line)) {
      events += 1;
      touch_all(*event);
    }
  };
  Line line;
  std::size_t line_ends = 0;
  for (std::string_view left = input; !left.empty();) {
    const std::size_t count = std::min(step, left.size());
    std::memcpy(splitter.room().data(), left.data(), count);
    splitter.commit(count);
    left.remove_prefix(count);
    while (splitter.next(line)) take(line);
  }
  while (splitter.rest(line)) take(line);

  line_ends = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n'));
  std::size_t carriage_returns = 0;
  for (std::size_t i = 1; i < input.size(); ++i) {
    if (input[i] == '\n' && input[i - 1] == '\r') ++carriage_returns;
  }
  expect(bytes + line_ends + carriage_returns == input.size(), "every byte is in one line");
  const auto& counts = reader.counts();
  expect(events == counts.lines - counts.empty + pieces,
         "every line that is not empty is an event");
  (void)penstock::cli::parse_rfc3339(input);
  (void)penstock::cli::parse_epoch(input);
  return 0;
}
