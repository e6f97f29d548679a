// SPDX-License-Identifier: Apache-2.0
// logfmt_value.hpp: keys and values as logfmt lines, and {fields} in text lines, show them.
//
// A value is bare when it has only printable ASCII characters other than the space, '"', '=' and
// '\\', and at least one; else it is quoted and reads as a JSON string.
#pragma once

#include <string_view>

#include "base/buffer.hpp"
#include "penstock/field.hpp"

namespace penstock::event {

void append_logfmt_text(base::Buffer& out, std::string_view text);
void append_logfmt_value(base::Buffer& out, const Value& value);

// The key, with '_' for each character that could end it or is not fit for a line, and for no key
// at all.
void append_logfmt_key(base::Buffer& out, std::string_view key);

}  // namespace penstock::event
