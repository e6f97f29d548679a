// SPDX-License-Identifier: Apache-2.0
#include "event/escape.hpp"

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/random.hpp"

namespace penstock::event {
namespace {

template <Escape escape>
std::string escaped(std::string_view text) {
  const std::string exact(text);  // the sanitizer sees a read past it
  base::Buffer out;
  append_escaped<escape>(out, exact);
  return std::string(out.view());
}

TEST(Escape, TextShowsControlCharacters) {
  EXPECT_EQ(escaped<Escape::text>("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escaped<Escape::text>(std::string_view("\0\x1b\x7f", 3)), "\\x00\\x1b\\x7f");
  EXPECT_EQ(escaped<Escape::text>("\u0085 \u009b \u2028\u2029"), "\\u0085 \\u009b \\u2028\\u2029");
  EXPECT_EQ(escaped<Escape::text>("caf\x9b\xe9"), "caf\\x9b\xe9");
}

TEST(Escape, TextLeavesOrdinaryTextAlone) {
  for (const std::string_view text :
       {"", "C:\\temp\\new \"quoted\"", "grüße 漢字 😀 \u00a0", "Latin-1: caf\xe9, 20\xb0"}) {
    EXPECT_EQ(escaped<Escape::text>(text), text);
  }
}

TEST(Escape, JsonEscapesWhatJsonAndTerminalsMind) {
  EXPECT_EQ(escaped<Escape::json>("\"\\/\n\r\t\b\f"), "\\\"\\\\/\\n\\r\\t\\u0008\\u000c");
  EXPECT_EQ(escaped<Escape::json>("\x1b\x7f\u0085\u2028"), "\\u001b\\u007f\\u0085\\u2028");
  EXPECT_EQ(escaped<Escape::json>("a\xff"
                                  "b\xe2\x82"),
            "a\uFFFDb\uFFFD");
}

// A special byte at each place of texts of each length: the steps of 4, 8 and 16 meet all seams.
TEST(Escape, FindsASpecialByteAnywhere) {
  for (const std::string_view special : {"\n", "\x7f", "\x1f", "\"", "\\", "ü", "\xff"}) {
    for (std::size_t size = 1; size <= 70; ++size) {
      for (std::size_t at = 0; at + special.size() <= size; ++at) {
        std::string text(size, 'x');
        text.replace(at, special.size(), special);
        ASSERT_EQ(escaped<Escape::text>(text), as_text(text)) << size << ' ' << at;
        ASSERT_EQ(Json::parse('"' + escaped<Escape::json>(text) + '"'), as_utf8(text));
      }
    }
  }
}

TEST(Escape, AgreesWithTheObviousWay) {
  Random random;
  for (int i = 0; i < rounds(5000); ++i) {
    const std::string text = random.text();
    ASSERT_EQ(escaped<Escape::text>(text), as_text(text));
    const std::string json = '"' + escaped<Escape::json>(text) + '"';
    ASSERT_EQ(Json::parse(json).get<std::string>(), as_utf8(text));
    expect_clean_line(json + '\n');
    expect_clean_line(escaped<Escape::text>(text) + '\n');
    ASSERT_EQ(escaped<Escape::none>(text), text);
  }
}

}  // namespace
}  // namespace penstock::event
