// SPDX-License-Identifier: Apache-2.0
// password.hpp: the password of a secret key, from a file or from the terminal.
//
// Threads  the main thread; waits for whoever types
// Bound    password_bytes_max
// Errors   what is wrong, and what to do
#pragma once

#include <string>

#include "penstock/result.hpp"
#include "signing/bytes.hpp"

namespace penstock::cli {

inline constexpr std::size_t password_bytes_max = 1024;

// The first line of `file`, where "-" is standard input; of the terminal, without an echo, when
// `file` is empty. Never empty.
Result<signing::SecretBytes> read_password(const std::string& file, const std::string& prompt);

}  // namespace penstock::cli
