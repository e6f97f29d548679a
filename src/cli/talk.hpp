// SPDX-License-Identifier: Apache-2.0
// talk.hpp: what the program says on standard error while it works.
//
// Threads  [any]; each line is written at once
// Waits    a short time for a reader, then the line is lost: nobody must be able to stop the
//          program by not reading it
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "penstock/result.hpp"

namespace penstock::cli {

// "penstock: " and the text, as one line.
void say(std::string_view text,
         std::chrono::milliseconds patience = std::chrono::milliseconds{1000}) noexcept;

// Errors of files, one in a line.
void show_errors(const Errors& errors);

// Of the exception that is being handled.
std::string exception_text();

}  // namespace penstock::cli
