// SPDX-License-Identifier: Apache-2.0
#include "event/message.hpp"

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

std::string message_of(const Record& record) {
  base::Buffer out;
  format_message(parts_of(record), out);
  return std::string(out.view());
}

// The message of a call, and what fmt makes of it.
template <class... Args>
void expect_as_fmt(std::string_view format, const Args&... args) {
  const Record record(new_site_for(format, args...), 0, {}, args...);
  const std::string expected =
      fmt::vformat(fmt::string_view(format.data(), format.size()), fmt::make_format_args(args...));
  EXPECT_EQ(message_of(record), expected) << format;
  EXPECT_EQ(Json::parse(encode(parts_of(record), FormatType::json))["message"], as_utf8(expected));
  EXPECT_EQ(encode(parts_of(record), FormatType::text), as_text(expected) + '\n');
}

TEST(Message, EqualsFmtForEveryType) {
  const char* const pointed = "pointed";
  char array[] = "array";
  expect_as_fmt("{} {} {} {}", 1, -2, 3u, 4ull);
  expect_as_fmt("{} {} {}", static_cast<signed char>(-5), static_cast<unsigned char>(200),
                static_cast<short>(-300));
  expect_as_fmt("{} {} {}", true, 'c', false);
  expect_as_fmt("{} {} {}", 0.1, 0.1f, 1.0);
  expect_as_fmt("{} {} {}", std::string("string"), std::string_view("view"), pointed);
  expect_as_fmt("{} {}", "literal", array);
  expect_as_fmt("{} {}", static_cast<const void*>(&array), nullptr);
  expect_as_fmt("{} {:>12} {:*<9}", Point{1, -2}, Point{3, 4}, Point{});
  expect_as_fmt("{} {}", std::numeric_limits<std::int64_t>::min(),
                std::numeric_limits<std::uint64_t>::max());
}

TEST(Message, EqualsFmtForSpecifications) {
  expect_as_fmt("{:08x} {:#b} {:+d} {:>5}|{:<5}|{:^5}|", 255, 5u, 7, 1, 2, 3);
  expect_as_fmt("{:.2f} {:10.3e} {:g} {:a} {:}", 3.14159, 0.0001, 1e20, 1.5, 2.5);
  expect_as_fmt("{:.3f} {:08.2f}", 0.1f, -2.5f);
  expect_as_fmt("{:>8} {:.3} {:ü^9}", "ab", "abcdef", std::string("mid"));
  expect_as_fmt("{:d} {:s} {:d} {:c} {:#x}", true, false, 'A', 66, 'C');
  expect_as_fmt("{:p} {:>20}", static_cast<const void*>("x"), static_cast<const void*>(nullptr));
  expect_as_fmt("{:\">5} {:\\<5} {:\n^5}", 1, 2, 3);
}

TEST(Message, EqualsFmtForNumberedAndNestedArguments) {
  expect_as_fmt("{1} {0} {1}", "a", 2);
  expect_as_fmt("{:{}} {:.{}f}", "wide", 8, 3.14159, 2);
  expect_as_fmt("{0:>{1}} {2}", Point{1, 2}, 12, 0.5f);
  expect_as_fmt("{:>{}}|{}", Point{1, 2}, 12, true);
  expect_as_fmt("{:}>5} {}", 42, static_cast<const void*>(nullptr));
}

TEST(Message, EqualsFmtForBraces) {
  expect_as_fmt("{{}} {{{}}} }}{{", 1);
  expect_as_fmt("no arguments at all");
  expect_as_fmt("");
  expect_as_fmt("{}", "");
}

TEST(Message, LeavesFieldsOut) {
  const Record record(
      new_site_for("{} and {}", field("a", 1), 2, field(text_key("b"), "text"), 3, field("c", 0.5)),
      0, {}, field("a", 1), 2, field(text_key("b"), "text"), 3, field("c", 0.5));
  EXPECT_EQ(message_of(record), "2 and 3");
}

TEST(Message, TakesTheTextThatTheCallerFormatted) {
  auto& site = new_site_for("{} is {:>7} at {}", std::string_view(), field("n", 1));
  const Record record(site, detail::flag_formatted, {}, std::string_view("any\ntext {}"),
                      field("n", 17));
  EXPECT_EQ(message_of(record), "any\ntext {}");
  EXPECT_EQ(encode(parts_of(record), FormatType::text, "{message}{fields}"),
            "any\\ntext {} n=17\n");
  EXPECT_EQ(Json::parse(encode(parts_of(record), FormatType::json))["fields"]["n"], 17);
}

TEST(Message, PrefersAMessageOfItsOwn) {
  const Record record(new_site_for("{}", 1), 0, {}, 1);
  EventParts parts = parts_of(record);
  parts.has_message = true;
  parts.message = "instead";
  EXPECT_EQ(encode(parts, FormatType::text, "{file} {message}"), "orders.cpp instead\n");
}

TEST(Message, AFormatterThatThrowsDoesNotCostTheEvent) {
  const Record record(new_site_for("before {} {} after", 1, Grumpy{}), 0, {}, 1, Grumpy{false});
  const std::string expected = "[format error: no\nmood] before {} {} after";
  EXPECT_EQ(message_of(record), expected);
  EXPECT_EQ(encode(parts_of(record), FormatType::text, "<{message}>"),
            "<" + as_text(expected) + ">\n");
  EXPECT_EQ(Json::parse(encode(parts_of(record), FormatType::json))["message"], expected);
  const Record fine(new_site_for("{} {}", 1, Grumpy{}), 0, {}, 1, Grumpy{true});
  EXPECT_EQ(message_of(fine), "1 fine");
}

TEST(Message, AFormatStringThatIsWrongDoesNotCostTheEvent) {
  EXPECT_EQ(message_of(Record(new_site_for("{} {}", 1), 0, {}, 1)),
            "[format error: argument not found] {} {}");
  EXPECT_EQ(message_of(Record(new_site_for("{:s}", 1), 0, {}, 1)),
            "[format error: invalid type specifier] {:s}");
  EXPECT_TRUE(message_of(Record(new_site_for("{", 1), 0, {}, 1)).starts_with("[format error: "));
  EXPECT_TRUE(message_of(Record(new_site_for("}", 1), 0, {}, 1)).starts_with("[format error: "));
}

// The two bytes of a control character may come from two arguments.
TEST(Message, NoControlCharacterIsPutTogetherFromPieces) {
  const std::string first = "\xC2";
  const std::string second = "\x9b[31m";
  expect_as_fmt("{}{}", first, second);
  expect_as_fmt("{}\x9b", first);
  expect_as_fmt("\xC2{}", second);
  expect_as_fmt("\xC2{:>4}{}", 'x', '\x9b');
  expect_as_fmt("{}{}", '\xC2', '\x85');
  expect_as_fmt("{}\xA4{}", "\xC3", "\xBC");
  EXPECT_EQ(encode(message_parts("a\xC2\x9b[31m"), FormatType::text), "a\\u009b[31m\n");
  EventParts parts = message_parts("\x9b[31m");
  parts.logger = "\xC2";
  expect_clean_line(encode(parts, FormatType::text, "{logger}{message}"));
  parts.logger = "\xE2\x80";
  parts.message = "\xA8 new line?";
  expect_clean_line(encode(parts, FormatType::text, "{logger}{message}"));
}

TEST(Message, SaysHowMuchWasCut) {
  EventParts parts = message_parts("long");
  parts.truncated_bytes = 123;
  EXPECT_EQ(encode(parts, FormatType::text), "long [truncated 123 bytes]\n");
}

}  // namespace
}  // namespace penstock::event
