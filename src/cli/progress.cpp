// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/account.hpp"
#include "cli/file_text.hpp"

namespace penstock::cli {
namespace {

using std::chrono::milliseconds;

// Short enough for a short run to show something.
constexpr milliseconds every_terminal{100};
constexpr milliseconds first_other{100};
constexpr milliseconds last_other{10'000};

}  // namespace

Progress::Progress(ShowProgress show, int fd)
    : fd_(fd),
      terminal_(::isatty(fd) == 1),
      shows_(show == ShowProgress::always || (show == ShowProgress::automatic && terminal_)),
      every_(terminal_ ? every_terminal : first_other),
      next_(begin_ + every_) {}

void Progress::update(std::int64_t lines) {
  if (!shows_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  const double seconds = std::chrono::duration<double>(now - time_before_).count();
  std::string text = fmt::format("penstock: {} lines, {} lines/s", with_commas(lines),
                                 rate_text(static_cast<double>(lines - lines_before_) / seconds));
  // The cursor goes back to the beginning, so that a line of a console sink covers the text.
  text = terminal_ ? "\x1b[K" + text + "\r" : text + "\n";
  // Who does not read it at once misses it; reading lines does not wait for that.
  if (!write_within(fd_, text, {}) && errno != EAGAIN) shows_ = false;
  has_shown_ = true;
  lines_before_ = lines;
  time_before_ = now;
  if (!terminal_) every_ = std::min<Clock::duration>(every_ * 2, last_other);
  next_ = now + every_;
}

void Progress::finish() {
  if (terminal_ && has_shown_) write_within(fd_, "\x1b[K", {});
}

}  // namespace penstock::cli
