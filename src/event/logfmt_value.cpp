// SPDX-License-Identifier: Apache-2.0
#include "event/logfmt_value.hpp"

#include <algorithm>
#include <cstddef>

#include "event/digits.hpp"
#include "event/escape.hpp"
#include "event/floats.hpp"
#include "event/utf8.hpp"

namespace penstock::event {
namespace {

bool is_bare(char c) noexcept { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; }

// Fit for a key as it is: a valid character above the C1 controls and no line separator.
bool fit_for_key(std::string_view character) noexcept {
  if (character.size() == 2 && character[0] == '\xC2') {
    return static_cast<unsigned char>(character[1]) > 0xA0;  // nor a no-break space
  }
  return character != "\xE2\x80\xA8" && character != "\xE2\x80\xA9";
}

}  // namespace

void append_logfmt_text(base::Buffer& out, std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_bare)) {
    out.append(text);
    return;
  }
  out.push_back('"');
  append_escaped<Escape::json>(out, text);
  out.push_back('"');
}

void append_logfmt_value(base::Buffer& out, const Value& value) {
  if (value.type() == Value::Type::text) return append_logfmt_text(out, value.text());
  char* to = out.ensure(float_room);
  switch (value.type()) {
    case Value::Type::i64:
      to = put_i64(to, value.i64());
      break;
    case Value::Type::u64:
      to = put_u64(to, value.u64());
      break;
    case Value::Type::f64:
      to = put_double_typed(to, value.f64());
      break;
    case Value::Type::boolean:
      to = put_text(to, value.boolean() ? "true" : "false");
      break;
    case Value::Type::text:
      break;
  }
  out.commit(to);
}

void append_logfmt_key(base::Buffer& out, std::string_view key) {
  if (key.empty()) return out.push_back('_');
  std::size_t at = 0;
  while (at < key.size()) {
    const char c = key[at];
    if (is_bare(c)) {
      out.push_back(c);
      ++at;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80) {
      out.push_back('_');
      ++at;
      continue;
    }
    const Utf8Character character = utf8_character(key.data() + at, key.size() - at);
    const std::string_view bytes = key.substr(at, character.size);
    if (character.valid && fit_for_key(bytes)) {
      out.append(bytes);
    } else {
      out.push_back('_');
    }
    at += character.size;
  }
}

}  // namespace penstock::event
