// SPDX-License-Identifier: Apache-2.0
// Random format strings and arguments: the message is what fmt makes of them, in every output.
#include <fmt/args.h>
#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/message.hpp"
#include "event/random.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

using detail::ArgType;

// A call, made piece by piece.
struct Call {
  std::string format{};
  std::vector<detail::ArgSpec> specs{};
  Record::Encoded encoded{};
  fmt::dynamic_format_arg_store<fmt::format_context> arguments{};
  std::deque<std::string> texts{};

  template <class T>
  void add(const T& value) {
    specs.push_back(detail::arg_spec<T>());
    Record::add(encoded.args, detail::prepare(value));
    arguments.push_back(value);
  }
  template <class T>
  void add_field(const T& value) {
    specs.push_back(detail::arg_spec<T>());
    Record::add(encoded.args, detail::prepare(value));
  }
};

std::string braces(Random& random, std::initializer_list<std::string_view> specs) {
  const std::string_view spec = specs.begin()[random.below(specs.size())];
  if (random.one_in(2) || spec.empty()) return "{}";
  return "{:" + std::string(spec) + "}";
}

void add_number(Random& random, Call& call) {
  switch (random.below(4)) {
    case 0:
      call.format +=
          braces(random, {"", "x", "#X", "+", ">30", "*^9", "08", "c", "#b", "o", "\">4"});
      if (call.format.ends_with("c}")) {
        call.add(static_cast<int>(random.below(128)));
      } else {
        call.add(random.i64());
      }
      break;
    case 1:
      call.format += braces(random, {"", "x", "012", "<20", "L"});
      call.add(random.u64());
      break;
    case 2:
      call.format += braces(random, {"", ".2f", "e", "g", ".0f", "+.3", "#", "20", "a", "06.1f"});
      call.add(random.f64());
      break;
    default:
      call.format += braces(random, {"", ".2f", "e", "g", "<15"});
      call.add(static_cast<float>(random.f64()));
  }
}

void add_argument(Random& random, Call& call) {
  switch (random.below(7)) {
    case 0:
    case 1:
    case 2:
      return add_number(random, call);
    case 3:
      call.format += braces(random, {"", "s", ">20", ".4", "ü^10", "\n<8"});
      call.texts.push_back(random.text());
      // fmt measures the width of text as UTF-8, so only valid text is formatted with one.
      if (!call.format.ends_with("{}")) call.texts.back() = random.plain_text();
      return call.add(std::string_view(call.texts.back()));
    case 4: {
      call.format += braces(random, {"", "d", "c", ">3"});
      return call.add(static_cast<char>(random.one_in(4) ? random.bits() : 'a' + random.below(26)));
    }
    case 5:
      call.format += braces(random, {"", "d", "s", "<9"});
      return call.add(random.one_in(2));
    default:
      call.format += braces(random, {"", ">20", "-^16"});
      return call.add(Point{static_cast<int>(random.i64()), static_cast<int>(random.i64())});
  }
}

void add_literal(Random& random, Call& call) {
  for (const char c : random.text()) {
    if (c == '{' || c == '}') call.format += c;
    call.format += c;
  }
}

void add_some_field(Random& random, Call& call) {
  switch (random.below(4)) {
    case 0:
      return call.add_field(field("n", random.i64()));
    case 1:
      return call.add_field(field("x", random.f64()));
    case 2: {
      call.texts.push_back(random.text());
      return call.add_field(field("t", std::string_view(call.texts.back())));
    }
    default: {
      call.texts.push_back(random.text());
      return call.add_field(field(text_key(call.texts.back()), random.one_in(2)));
    }
  }
}

void make_call(Random& random, Call& call) {
  for (std::size_t n = random.below(6); n > 0; --n) {
    if (random.one_in(2)) add_literal(random, call);
    if (random.one_in(5)) add_some_field(random, call);
    add_argument(random, call);
  }
  if (random.one_in(2)) add_literal(random, call);
}

// From an encoder that knows what the lines of the call site begin with.
void expect_the_same_again(EventParts parts) {
  constexpr std::string_view pattern = "{time} {level} {logger}: {message}|{fields}";
  const std::string line = encode(parts, FormatType::text, pattern);
  parts.logger_id = 1;
  const auto encoder = make_encoder({.type = FormatType::text, .pattern = std::string(pattern)});
  ASSERT_EQ(encode(*encoder, parts), line);
  ASSERT_EQ(encode(*encoder, parts), line);
}

void expect_in_every_output(const EventParts& parts, const std::string& message) {
  base::Buffer raw;
  raw.append("kept");
  format_message(parts, raw);
  ASSERT_EQ(raw.view(), "kept" + message);
  ASSERT_EQ(encode(parts, FormatType::text), as_text(message) + '\n');
  const std::string json = encode(parts, FormatType::json);
  ASSERT_EQ(Json::parse(json)["message"].get<std::string>(), as_utf8(message));
  const std::string logfmt = encode(parts, FormatType::logfmt);
  ASSERT_EQ(value_of(parse_logfmt(logfmt), "message"), as_utf8(message));
  expect_the_same_again(parts);
  expect_clean_line(json);
  expect_clean_line(logfmt);
  expect_clean_line(encode(parts, FormatType::text, "{message}{fields}"));
}

TEST(MessageProperty, EqualsFmt) {
  Random random;
  for (int i = 0; i < rounds(4000); ++i) {
    Call call;
    make_call(random, call);
    SCOPED_TRACE(call.format);
    std::string expected;
    try {
      expected = fmt::vformat(call.format, call.arguments);
    } catch (const std::exception& error) {
      expected = "[format error: " + std::string(error.what()) + "] " + call.format;
    }
    const Record record(new_site(call.format, call.specs), {}, call.encoded);
    expect_in_every_output(parts_of(record), expected);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// Arguments by number, in any order, some more than once.
TEST(MessageProperty, EqualsFmtWithNumberedArguments) {
  Random random;
  for (int i = 0; i < rounds(500); ++i) {
    Call call;
    const std::size_t count = 1 + random.below(4);
    for (std::size_t n = 0; n < count; ++n) add_argument(random, call);
    call.format.clear();
    for (std::size_t n = random.below(6); n > 0; --n) {
      add_literal(random, call);
      call.format += fmt::format("{{{}}}", random.below(count));
    }
    SCOPED_TRACE(call.format);
    const Record record(new_site(call.format, call.specs), {}, call.encoded);
    expect_in_every_output(parts_of(record), fmt::vformat(call.format, call.arguments));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace penstock::event
