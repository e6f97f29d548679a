// SPDX-License-Identifier: Apache-2.0
#include "bytes.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace penstock::syslog {
namespace {

std::string some_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('!' + (i * 7 + size) % 90);
  return text;
}

TEST(SyslogBytes, AreWhatWasAddedInAnyLength) {
  Bytes bytes;
  std::string expected;
  EXPECT_EQ(bytes.view(), "");
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text = some_text(size);
    bytes += text;
    bytes += '|';
    expected += text + '|';
    ASSERT_EQ(bytes.view(), expected) << size;
  }
}

TEST(SyslogBytes, ATextTakesThePlaceOfOthers) {
  for (std::size_t count = 0; count < 6; ++count) {
    for (std::size_t size = 0; size < 40; ++size) {
      Bytes bytes;
      std::string expected = "before12345after";
      bytes += expected;
      const std::string text = some_text(size);
      bytes.replace(6, count, text);
      expected.replace(6, count, text);
      ASSERT_EQ(bytes.view(), expected) << count << " by " << size;
    }
  }
}

TEST(SyslogBytes, GrowByATextOfTheirRoom) {
  Bytes bytes;
  bytes += std::string(511, 'a');
  EXPECT_EQ(bytes.capacity(), 512u);
  bytes.replace(511, 0, "bc");
  EXPECT_EQ(bytes.view(), std::string(511, 'a') + "bc");
  bytes += std::string(5000, 'd');
  EXPECT_EQ(bytes.view(), std::string(511, 'a') + "bc" + std::string(5000, 'd'));
}

TEST(SyslogBytes, KeepTheirMemoryWhenCutOrCleared) {
  Bytes bytes;
  bytes += std::string(3000, 'a');
  const char* const memory = bytes.data();
  bytes.cut(10);
  EXPECT_EQ(bytes.view(), std::string(10, 'a'));
  bytes.clear();
  EXPECT_EQ(bytes.view(), "");
  bytes += "again";
  EXPECT_EQ(bytes.data(), memory);
}

TEST(SyslogBytes, Move) {
  Bytes first;
  first += "first";
  Bytes second(std::move(first));
  EXPECT_EQ(second.view(), "first");
  Bytes third;
  third += "third";
  third = std::move(second);
  EXPECT_EQ(third.view(), "first");
}

}  // namespace
}  // namespace penstock::syslog
