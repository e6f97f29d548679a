// SPDX-License-Identifier: Apache-2.0
#include "event/utf8.hpp"

#include <gtest/gtest.h>

#include "event/lines.hpp"
#include "event/random.hpp"

namespace penstock::event {
namespace {

std::string encoded(std::uint32_t point) {
  std::string text;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
  return text;
}

TEST(Utf8, EveryCharacterIsValidAndNoSurrogateIs) {
  for (std::uint32_t point = 0x80; point < 0x110000; ++point) {
    const std::string text = encoded(point);
    const Utf8Character character = utf8_character(text.data(), text.size());
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    ASSERT_EQ(character.valid, !surrogate) << point;
    ASSERT_EQ(character.size, surrogate ? 1u : text.size()) << point;
    for (std::size_t cut = 1; cut < text.size() && !surrogate; ++cut) {
      const Utf8Character part = utf8_character(text.data(), cut);
      ASSERT_FALSE(part.valid);
      ASSERT_EQ(part.size, cut);
    }
  }
}

TEST(Utf8, NoLongFormIsValid) {
  for (const std::string_view text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\x80"}) {
    EXPECT_FALSE(utf8_character(text.data(), text.size()).valid);
    EXPECT_EQ(utf8_character(text.data(), text.size()).size, 1u);
  }
}

// Another reader's opinion about random bytes.
TEST(Utf8, AgreesWithAnotherImplementation) {
  Random random;
  for (int i = 0; i < rounds(5000); ++i) {
    const std::string text = random.text();
    const std::string dumped =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    ASSERT_EQ(as_utf8(text), Json::parse(dumped).get<std::string>());
  }
}

}  // namespace
}  // namespace penstock::event
