// SPDX-License-Identifier: Apache-2.0
// lines.hpp: what lines should look like, written the slow and obvious way, and readers for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "event/encoder.hpp"
#include "event/utf8.hpp"

namespace penstock::event {

using Json = nlohmann::ordered_json;

inline std::string encode(Encoder& encoder, const EventParts& parts) {
  base::Buffer out;
  encoder.encode(parts, out);
  return std::string(out.view());
}

inline std::string encode(const EventParts& parts, FormatType type,
                          std::string_view pattern = "{message}") {
  const auto encoder = make_encoder({.type = type, .pattern = std::string(pattern)});
  return encode(*encoder, parts);
}

// One character of UTF-8, or a broken byte sequence, after another.
template <class Each>
void for_each_character(std::string_view text, Each each) {
  while (!text.empty()) {
    Utf8Character character{1, true};
    if (static_cast<unsigned char>(text[0]) >= 0x80) {
      character = utf8_character(text.data(), text.size());
    }
    each(text.substr(0, character.size), character.valid);
    text.remove_prefix(character.size);
  }
}

// What a JSON reader should find where `text` was written.
inline std::string as_utf8(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character, bool valid) {
    out += valid ? character : "\xEF\xBF\xBD";
  });
  return out;
}

// What a text line should show for `text`.
inline std::string as_text(std::string_view text) {
  std::string out;
  bool first = true;
  for_each_character(text, [&](std::string_view character, bool valid) {
    const auto byte = static_cast<unsigned char>(character[0]);
    const auto second = static_cast<unsigned char>(character.size() > 1 ? character[1] : 0);
    if (character == "\n")
      out += "\\n";
    else if (character == "\r")
      out += "\\r";
    else if (character == "\t")
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else if (valid && byte == 0xC2 && second < 0xA0)
      out += fmt::format("\\u{:04x}", second);
    else if (character == "\u2028")
      out += "\\u2028";
    else if (character == "\u2029")
      out += "\\u2029";
    else if (valid)
      out += character;
    else
      for (std::size_t i = 0; i < character.size(); ++i) {
        const auto broken = static_cast<unsigned char>(character[i]);
        const bool escaped = broken < 0xA0 || (first && i == 0 && broken < 0xC0);
        out += escaped ? fmt::format("\\x{:02x}", broken) : std::string(1, character[i]);
      }
    first = false;
  });
  return out;
}

// Nothing that could act on a terminal, or end the line before its end.
inline void expect_clean_line(std::string_view line) {
  ASSERT_TRUE(line.ends_with('\n'));
  line.remove_suffix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    ASSERT_TRUE(byte >= 0x20 && byte != 0x7F) << "at " << i << " of " << line;
  }
  for_each_character(line, [&](std::string_view character, bool valid) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (!valid) {
      ASSERT_TRUE(first >= 0xA0) << line;
    } else if (first == 0xC2) {
      ASSERT_TRUE(static_cast<unsigned char>(character[1]) >= 0xA0) << line;
    }
    ASSERT_TRUE(character != "\u2028" && character != "\u2029") << line;
  });
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The pairs of a logfmt line. A quoted value is read as the JSON string that it is.
inline Pairs parse_logfmt(std::string_view line) {
  Pairs pairs;
  EXPECT_TRUE(line.ends_with('\n'));
  line.remove_suffix(1);
  while (!line.empty()) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      ADD_FAILURE() << "no value: " << line;
      return pairs;
    }
    const std::string key(line.substr(0, equals));
    line.remove_prefix(equals + 1);
    std::size_t end = 0;
    std::string value;
    if (line.starts_with('"')) {
      for (end = 1; line[end] != '"'; ++end) {
        if (line[end] == '\\') ++end;
      }
      ++end;
      value = Json::parse(line.substr(0, end)).get<std::string>();
    } else {
      end = std::min(line.find(' '), line.size());
      value = line.substr(0, end);
    }
    pairs.emplace_back(key, value);
    line.remove_prefix(end);
    if (!line.empty()) {
      EXPECT_EQ(line[0], ' ');
      line.remove_prefix(1);
    }
  }
  return pairs;
}

inline std::string value_of(const Pairs& pairs, std::string_view key) {
  for (const auto& [name, value] : pairs) {
    if (name == key) return value;
  }
  return "(missing)";
}

}  // namespace penstock::event
