// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace penstock::base {
namespace {

TEST(Buffer, IsEmptyAtFirst) {
  const Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(Buffer, AppendsNothingFromNothing) {
  Buffer buffer;
  buffer.append(nullptr, 0);
  buffer.append(std::string_view());
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, HoldsWhatAStringHolds) {
  auto random = test::random_stream();
  Buffer buffer;
  std::string reference;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 6) {
      case 0:
        buffer.push_back('x');
        reference.push_back('x');
        break;
      case 1: {
        const std::string text(random() % 300, static_cast<char>('a' + random() % 26));
        buffer.append(text);
        reference += text;
        break;
      }
      case 2: {
        char* const to = buffer.ensure(16);
        std::memcpy(to, "0123456789", 10);
        buffer.commit(to + 10);
        reference += "0123456789";
        break;
      }
      case 3: {
        const std::size_t size = random() % (reference.size() + 1);
        buffer.resize_uninitialized(size);
        reference.resize(size);
        break;
      }
      case 4:
        buffer.reserve(random() % 1000);
        break;
      case 5:
        if (random() % 20 == 0) {
          buffer.clear();
          reference.clear();
          buffer.trim(random() % 2000);
        }
        break;
    }
    ASSERT_EQ(buffer.view(), reference);
    ASSERT_GE(buffer.capacity(), buffer.size());
  }
}

TEST(Buffer, TrimGivesBackOnlyWhatIsMoreThanToKeep) {
  Buffer buffer;
  buffer.reserve(1000);
  buffer.trim(4000);
  EXPECT_GE(buffer.capacity(), 1000u);
  buffer.append("x");
  buffer.trim(0);
  EXPECT_EQ(buffer.view(), "x") << "a buffer in use is left alone";
  buffer.clear();
  buffer.trim(0);
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(Buffer, MovesWithItsBytes) {
  Buffer first;
  first.append("first");
  Buffer second(std::move(first));
  EXPECT_EQ(second.view(), "first");
  Buffer third;
  third.append("third");
  third = std::move(second);
  EXPECT_EQ(third.view(), "first");
}

TEST(Buffer, RefusesWhatThereIsNoMemoryForAndKeepsItsBytes) {
  if (test::under_asan || test::under_tsan) GTEST_SKIP() << "a sanitizer ends the program then";
  Buffer buffer;
  buffer.append("kept");
  EXPECT_THROW(buffer.ensure(std::size_t{1} << 60), std::bad_alloc);
  EXPECT_EQ(buffer.view(), "kept");
}

}  // namespace
}  // namespace penstock::base
