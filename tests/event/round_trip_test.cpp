// SPDX-License-Identifier: Apache-2.0
// Random events, as records with a context, through every format and back.
#include <map>

#include <gtest/gtest.h>

#include "event/context.hpp"
#include "event/lines.hpp"
#include "event/random.hpp"
#include "event/records.hpp"
#include "event/view.hpp"

namespace penstock::event {
namespace {

// What an event was made of.
struct Made {
  std::string text{};
  std::uint64_t number = 0;
  double real = 0;
  std::deque<std::string> kept{};
  std::vector<FieldView> fields{};
  std::vector<std::string_view> tags{};
  std::string event{};
  std::string logger{};
  std::optional<TraceContext> trace{};
  std::uint64_t truncated = 0;
  std::string items{};
  std::string message{};
};

Value random_value(Random& random, Made& made) {
  switch (random.below(5)) {
    case 0:
      return Value(random.i64());
    case 1:
      return Value(random.u64());
    case 2:
      return Value(random.f64());
    case 3:
      return Value(random.one_in(2));
    default:
      return Value(std::string_view(made.kept.emplace_back(random.text())));
  }
}

void make_context(Random& random, Made& made) {
  ContextWriter writer(made.items);
  for (std::size_t n = random.below(4); n > 0; --n) {
    const std::string& key =
        made.kept.emplace_back(std::string("k").append(std::to_string(random.below(4))));
    made.fields.push_back({key, random_value(random, made)});
    writer.add_field(made.fields.back());
  }
  for (std::size_t n = random.below(3); n > 0; --n) {
    made.tags.push_back(made.kept.emplace_back(random.text()));
    writer.add_tag(made.tags.back());
  }
  if (random.one_in(2)) writer.add_event(made.event = random.text());
  writer.add_logger(made.logger = random.text());
  if (random.one_in(2)) {
    made.trace.emplace();
    for (auto& byte : made.trace->trace_id) byte = static_cast<std::uint8_t>(random.bits());
    for (auto& byte : made.trace->span_id) byte = static_cast<std::uint8_t>(random.bits());
    writer.add_trace(*made.trace);
  }
  if (random.one_in(4)) writer.add_truncated(made.truncated = 1 + random.below(1000));
}

std::map<std::string, Value> last_of_each(const std::vector<FieldView>& fields) {
  std::map<std::string, Value> last;
  for (const FieldView& field : fields) last.insert_or_assign(std::string(field.key), field.value);
  return last;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void expect_value(const Json& json, const Value& value) {
  switch (value.type()) {
    case Value::Type::i64:
      ASSERT_EQ(json.get<std::int64_t>(), value.i64());
      break;
    case Value::Type::u64:
      ASSERT_EQ(json.get<std::uint64_t>(), value.u64());
      break;
    case Value::Type::boolean:
      ASSERT_EQ(json.get<bool>(), value.boolean());
      break;
    case Value::Type::text:
      ASSERT_EQ(json.get<std::string>(), as_utf8(value.text()));
      break;
    case Value::Type::f64:
      if (std::isfinite(value.f64())) {
        ASSERT_TRUE(json.is_number_float());
        ASSERT_EQ(json.get<double>(), value.f64());
      } else {
        ASSERT_TRUE(json.is_string());
      }
  }
}

void expect_json(const Made& made, const EventParts& parts) {
  const std::string line = encode(parts, FormatType::json);
  ASSERT_NO_FATAL_FAILURE(expect_clean_line(line));
  const Json json = Json::parse(line);
  ASSERT_EQ(json["time"], "2026-01-02T03:04:05.123456789Z");
  ASSERT_EQ(json["level"], "WARNING");
  ASSERT_EQ(json["logger"], as_utf8(made.logger));
  ASSERT_EQ(json["thread"], 4711);
  ASSERT_EQ(json["line"], 42);
  ASSERT_EQ(json["message"], as_utf8(made.message));
  ASSERT_EQ(json.value("event", ""), as_utf8(made.event));
  ASSERT_EQ(json.contains("tags") ? json["tags"].size() : 0, made.tags.size());
  for (std::size_t i = 0; i < made.tags.size(); ++i) {
    ASSERT_EQ(json["tags"][i], as_utf8(made.tags[i]));
  }
  ASSERT_EQ(json.contains("trace_id"), made.trace.has_value());
  if (made.trace) {
    ASSERT_EQ(json["trace_id"], hex(made.trace->trace_id));
    ASSERT_EQ(json["span_id"], hex(made.trace->span_id));
  }
  ASSERT_EQ(json.value("truncated_bytes", std::uint64_t{0}), made.truncated);
  const auto fields = last_of_each(made.fields);
  ASSERT_EQ(json["fields"].size(), fields.size());
  for (const auto& [key, value] : fields) {
    ASSERT_NO_FATAL_FAILURE(expect_value(json["fields"][key], value));
  }
}

std::string shown(const Value& value) {
  switch (value.type()) {
    case Value::Type::i64:
      return std::to_string(value.i64());
    case Value::Type::u64:
      return std::to_string(value.u64());
    case Value::Type::boolean:
      return value.boolean() ? "true" : "false";
    case Value::Type::text:
      return as_utf8(value.text());
    case Value::Type::f64:
      return {};
  }
  return {};
}

void expect_logfmt(const Made& made, const EventParts& parts) {
  const std::string line = encode(parts, FormatType::logfmt);
  ASSERT_NO_FATAL_FAILURE(expect_clean_line(line));
  const Pairs pairs = parse_logfmt(line);
  ASSERT_EQ(value_of(pairs, "logger"), as_utf8(made.logger));
  ASSERT_EQ(value_of(pairs, "message"), as_utf8(made.message));
  if (!made.event.empty()) {
    ASSERT_EQ(value_of(pairs, "event"), as_utf8(made.event));
  }
  for (const auto& [key, value] : last_of_each(made.fields)) {
    const std::string text = value_of(pairs, key);
    if (value.type() != Value::Type::f64) {
      ASSERT_EQ(text, shown(value));
    } else if (std::isfinite(value.f64())) {
      ASSERT_EQ(std::strtod(text.c_str(), nullptr), value.f64());
    }
  }
}

void expect_text(const Made& made, const EventParts& parts) {
  const std::string mark =
      made.truncated == 0 ? "" : fmt::format(" [truncated {} bytes]", made.truncated);
  const std::string line = encode(parts, FormatType::text, "{logger} {message}");
  ASSERT_EQ(line, as_text(made.logger) + ' ' + as_text(made.message) + mark + '\n');
  ASSERT_NO_FATAL_FAILURE(expect_clean_line(encode(
      parts, FormatType::text, FormatOptions{}.pattern + "{event}{tags}{trace_id}{span_id}")));
}

void expect_view(const Made& made, const EventParts& parts) {
  ViewArena arena;
  const EventView view = make_view(parts, arena);
  ASSERT_TRUE(view.message.starts_with(made.message));
  ASSERT_EQ(view.logger, made.logger);
  ASSERT_EQ(view.event, made.event);
  ASSERT_EQ(std::vector(view.tags.begin(), view.tags.end()), made.tags);
  ASSERT_EQ(view.fields.size(), made.fields.size());
  for (std::size_t i = 0; i < made.fields.size(); ++i) {
    ASSERT_EQ(view.fields[i].key, made.fields[i].key);
    const Value& value = made.fields[i].value;
    if (value.type() != Value::Type::f64 || !std::isnan(value.f64())) {
      ASSERT_EQ(view.fields[i].value, value);
    }
  }
}

TEST(RoundTrip, RandomEventsComeBackFromEveryFormat) {
  Random random;
  auto& site = new_site_for("{} of {} at {}!", std::string_view(), std::uint64_t{}, double{},
                            field("call", std::string_view()), field("n", std::uint64_t{}));
  ContextView context;
  for (int i = 0; i < rounds(3000); ++i) {
    Made made;
    made.text = random.text();
    made.number = random.u64();
    made.real = random.f64();
    make_context(random, made);
    const std::string& call = made.kept.emplace_back(random.text());
    made.fields.push_back({"call", Value(std::string_view(call))});
    made.fields.push_back({"n", Value(made.number)});
    made.message = fmt::format("{} of {} at {}!", made.text, made.number, made.real);
    const Record record(site, 0, made.items, std::string_view(made.text), made.number, made.real,
                        field("call", std::string_view(call)), field("n", made.number));
    EventParts parts = parts_of(record);
    ASSERT_TRUE(parse_context(read_record(record.data()).context, context));
    parts.logger = context.logger;
    parts.event = context.event;
    parts.tags = context.tags;
    parts.context_fields = context.fields;
    parts.trace = context.trace ? &*context.trace : nullptr;
    parts.truncated_bytes = context.truncated_bytes;
    ASSERT_NO_FATAL_FAILURE(expect_json(made, parts));
    ASSERT_NO_FATAL_FAILURE(expect_logfmt(made, parts));
    ASSERT_NO_FATAL_FAILURE(expect_text(made, parts));
    ASSERT_NO_FATAL_FAILURE(expect_view(made, parts));
  }
}

}  // namespace
}  // namespace penstock::event
