// SPDX-License-Identifier: Apache-2.0
// lines.hpp: the frame that minisign's files share: a few short lines, some with a fixed beginning.
//
// Threads  [any]
// Bound    signing_file_bytes_max; a larger text is refused, not searched
// Errors   each says which line, what is wrong, and what to do
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "signing/bytes.hpp"

namespace penstock::signing {

inline constexpr std::size_t signing_file_bytes_max = 4096;
inline constexpr std::string_view untrusted_prefix = "untrusted comment: ";
inline constexpr std::string_view trusted_prefix = "trusted comment: ";

// What is read, and where another copy of it comes from: for messages.
struct TextKind {
  std::string_view name;  // "the signature"
  std::string_view fix;   // "take the .minisig file again from where the plugin came from"
};

// "the signature is empty; take the .minisig file again ..."
Error text_error(TextKind kind, std::string_view problem);

// Exactly `count` lines, each ended by a line feed, without control characters but tabs.
Result<std::vector<std::string_view>> read_lines(TextKind kind, std::string_view text,
                                                 std::size_t count);

// What follows `prefix` in line `number`, counted from 1.
Result<std::string_view> after_prefix(TextKind kind, std::string_view line, std::size_t number,
                                      std::string_view prefix);

// Reads line `number` as base64 of exactly bytes.size() bytes.
Status read_base64_line(TextKind kind, std::string_view line, std::size_t number,
                        std::span<unsigned char> bytes);

// Whether a comment can stand in one line of such a file.
bool is_comment(std::string_view text) noexcept;

}  // namespace penstock::signing
