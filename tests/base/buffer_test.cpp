// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.hpp"

#include <string>

#include <gtest/gtest.h>

namespace penstock::base {
namespace {

TEST(Buffer, KeepsWhatIsAppended) {
  Buffer buffer;
  std::string expected;
  EXPECT_EQ(buffer.view(), "");
  for (int i = 0; i < 1000; ++i) {
    const std::string text(static_cast<std::size_t>(i % 70), static_cast<char>('a' + i % 26));
    buffer.append(text);
    buffer.push_back(';');
    expected += text + ';';
  }
  EXPECT_EQ(buffer.view(), expected);
  EXPECT_GE(buffer.capacity(), buffer.size());
}

TEST(Buffer, GivesRoomToWriteInto) {
  Buffer buffer;
  buffer.append("ab");
  char* const to = buffer.ensure(1000);
  to[0] = 'c';
  buffer.commit(to + 1);
  EXPECT_EQ(buffer.view(), "abc");
  buffer.resize_uninitialized(2);
  EXPECT_EQ(buffer.view(), "ab");
  buffer.resize_uninitialized(5000);
  EXPECT_EQ(buffer.size(), 5000u);
  EXPECT_EQ(buffer.view().substr(0, 2), "ab");
}

TEST(Buffer, KeepsItsMemoryUntilItIsTrimmed) {
  Buffer buffer;
  buffer.reserve(10'000);
  EXPECT_GE(buffer.capacity(), 10'000u);
  buffer.append("x");
  buffer.trim(100);
  EXPECT_EQ(buffer.view(), "x");  // in use
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_GE(buffer.capacity(), 10'000u);
  buffer.trim(100);
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(Buffer, Moves) {
  Buffer a;
  a.append("text");
  Buffer b(std::move(a));
  EXPECT_EQ(b.view(), "text");
  Buffer c;
  c = std::move(b);
  EXPECT_EQ(c.view(), "text");
}

}  // namespace
}  // namespace penstock::base
