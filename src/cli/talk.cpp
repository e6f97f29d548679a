// SPDX-License-Identifier: Apache-2.0
#include "cli/talk.hpp"

#include <exception>
#include <new>
#include <unistd.h>

#include "cli/file_text.hpp"
#include "cli/shown.hpp"

namespace penstock::cli {

void say(std::string_view text, std::chrono::milliseconds patience) noexcept {
  try {
    write_within(STDERR_FILENO, "penstock: " + shown(text) + "\n", patience);
  } catch (...) {
    write_within(STDERR_FILENO, "penstock: no memory for a message\n", patience);
  }
}

void show_errors(const Errors& errors) {
  for (const Error& error : errors) {
    write_within(STDERR_FILENO, shown(error.to_string()) + "\n", std::chrono::seconds(1));
  }
}

std::string exception_text() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an unknown exception";
  }
}

}  // namespace penstock::cli
