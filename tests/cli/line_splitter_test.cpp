// SPDX-License-Identifier: Apache-2.0
#include "cli/line_splitter.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::cli {
namespace {

using Kind = Line::Kind;

struct Taken {
  std::string text;
  Kind kind = Kind::whole;
  friend bool operator==(const Taken&, const Taken&) = default;
};

// All lines of `input`, which comes in parts of `step` bytes.
std::vector<Taken> split(std::string_view input, std::size_t line_bytes_max, std::size_t step) {
  LineSplitter splitter(line_bytes_max);
  std::vector<Taken> taken;
  Line line;
  while (!input.empty()) {
    const std::size_t size = std::min(step, input.size());
    std::memcpy(splitter.room().data(), input.data(), size);
    splitter.commit(size);
    input.remove_prefix(size);
    while (splitter.next(line)) taken.push_back({std::string(line.text), line.kind});
  }
  while (splitter.rest(line)) taken.push_back({std::string(line.text), line.kind});
  EXPECT_FALSE(splitter.has_rest());
  return taken;
}

std::vector<Taken> whole(std::initializer_list<std::string> texts) {
  std::vector<Taken> lines;
  for (const std::string& text : texts) lines.push_back({text, Kind::whole});
  return lines;
}

TEST(LineSplitter, SplitsHoweverTheBytesArrive) {
  using namespace std::string_literals;
  for (const std::size_t step : {1U, 2U, 3U, 100U}) {
    EXPECT_EQ(split("a\nbc\n\nd", 100, step), whole({"a", "bc", "", "d"}));
    EXPECT_EQ(split("a\r\nb\r\n", 100, step), whole({"a", "b"}));
    EXPECT_EQ(split("a\rb\r\r\n\r\n", 100, step), whole({"a\rb\r", ""}));
    EXPECT_EQ(split("x\0y\n\xff\xfe\n"s, 100, step), whole({"x\0y"s, "\xff\xfe"}));
    EXPECT_EQ(split("", 100, step), whole({}));
    EXPECT_EQ(split("\n", 100, step), whole({""}));
  }
}

TEST(LineSplitter, GivesTheLastLineWithoutItsEnd) {
  EXPECT_EQ(split("last", 100, 2), whole({"last"}));
  EXPECT_EQ(split("last\r", 100, 2), whole({"last\r"}));
}

TEST(LineSplitter, LeavesOutTheByteOrderMark) {
  for (const std::size_t step : {1U, 2U, 3U, 100U}) {
    EXPECT_EQ(split("\xEF\xBB\xBF"
                    "a\nb",
                    100, step),
              whole({"a", "b"}));
    EXPECT_EQ(split("\xEF\xBB\xBF\na", 100, step), whole({"", "a"}));
    EXPECT_EQ(split("\xEF\xBB\xBF", 100, step), whole({}));
    EXPECT_EQ(split("x\n\xEF\xBB\xBFy", 100, step), whole({"x", "\xEF\xBB\xBFy"}));
    EXPECT_EQ(split("\xEF\xBB\xBF\xEF\xBB\xBF", 100, step), whole({"\xEF\xBB\xBF"}));
    EXPECT_EQ(split("\xEF\xBB", 100, step), whole({"\xEF\xBB"}));
    EXPECT_EQ(split("\xEF\xBB\nx", 100, step), whole({"\xEF\xBB", "x"}));
  }
}

TEST(LineSplitter, EachInputMayHaveItsOwnMark) {
  LineSplitter splitter(100);
  for (int i = 0; i < 3; ++i) {
    const std::string_view input = "\xEF\xBB\xBFx";
    std::memcpy(splitter.room().data(), input.data(), input.size());
    splitter.commit(input.size());
    Line line;
    EXPECT_FALSE(splitter.next(line));
    ASSERT_TRUE(splitter.rest(line));
    EXPECT_EQ(line.text, "x");
    EXPECT_FALSE(splitter.rest(line));
  }
}

TEST(LineSplitter, CutsWhatIsTooLong) {
  for (const std::size_t step : {1U, 3U, 4U, 5U, 100U}) {
    const std::vector<Taken> pieces = {
        {"abcd", Kind::piece}, {"efgh", Kind::piece}, {"i", Kind::last_piece}, {"j", Kind::whole}};
    EXPECT_EQ(split("abcdefghi\nj\n", 4, step), pieces);
    EXPECT_EQ(split("abcdefghi\r\nj", 4, step), pieces);
    EXPECT_EQ(split("abcd\r\nabcd\nabcd", 4, step), whole({"abcd", "abcd", "abcd"}));
    const std::vector<Taken> five = {{"abcd", Kind::piece}, {"e", Kind::last_piece}};
    EXPECT_EQ(split("abcde\n", 4, step), five);
    EXPECT_EQ(split("abcde\r\n", 4, step), five);
    EXPECT_EQ(split("abcde", 4, step), five);
  }
}

TEST(LineSplitter, TakesLinesMuchLongerThanARead) {
  const std::string long_line(3 * LineSplitter::read_bytes + 17, 'x');
  const std::string input = "a\n" + long_line + "\r\nb\n";
  EXPECT_EQ(split(input, 16 << 20, LineSplitter::read_bytes), whole({"a", long_line, "b"}));
}

TEST(LineSplitter, LeavesReadableBytesBehindEachLine) {
  LineSplitter splitter(1 << 20);
  std::size_t sum = 0;
  for (int i = 0; i < 20; ++i) {
    const auto room = splitter.room();
    std::fill(room.begin(), room.end(), 'x');
    splitter.commit(room.size());
    for (Line line; splitter.next(line);) {
      // The address sanitizer watches.
      for (std::size_t k = 0; k < LineSplitter::padding_bytes; ++k) {
        sum += static_cast<unsigned char>(line.text.data()[line.text.size() + k]);
      }
    }
  }
  EXPECT_GT(sum, 0U);
}

// Against a splitter that is too simple to be wrong.
TEST(LineSplitter, AgreesWithASimpleOneOnRandomInput) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string input;
    for (std::size_t n = random() % 60; n > 0; --n) input += "\n\r\nab"[random() % 5];
    const std::size_t most = 1 + random() % 6;
    std::vector<Taken> expected;
    std::string_view left = input;
    while (!left.empty()) {
      const std::size_t end = left.find('\n');
      std::string_view line = left.substr(0, end);
      left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
      if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
      bool cut = false;
      for (; line.size() > most; line.remove_prefix(most), cut = true) {
        expected.push_back({std::string(line.substr(0, most)), Kind::piece});
      }
      expected.push_back({std::string(line), cut ? Kind::last_piece : Kind::whole});
    }
    ASSERT_EQ(split(input, most, 1 + random() % 9), expected) << ::testing::PrintToString(input);
  }
}

}  // namespace
}  // namespace penstock::cli
