// SPDX-License-Identifier: Apache-2.0
#include "cli/password.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/file_text.hpp"

namespace penstock::cli {
namespace {

constexpr unsigned char control_c = 3;
constexpr const char* other_ways = "give it with --password-file";

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// Nothing that is typed is shown until the end of the block. Signals are blocked in this program,
// so Ctrl-C is read like a letter.
class NoEcho final {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    changed_ = ::tcgetattr(terminal_, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_cc[VEOL] = control_c;
    changed_ = changed_ && ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  bool works() const noexcept { return changed_; }

 private:
  int terminal_;
  bool changed_ = false;
  termios before_{};
};

// Up to a line feed, which is not part of it. One byte at a time: what follows belongs to others.
Result<signing::SecretBytes> read_line(int fd) {
  signing::SecretBytes line;
  for (;;) {
    unsigned char letter = 0;
    const ssize_t count = ::read(fd, &letter, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Error{.message = fmt::format("cannot read the password: {}", std::strerror(errno))};
    }
    if (count == 0 || letter == '\n') break;
    if (letter == control_c) return Error{.message = "given up"};
    if (line.size() == password_bytes_max) {
      return Error{.message =
                       fmt::format("the password is longer than {} bytes", password_bytes_max)};
    }
    line.push_back(letter);
  }
  if (line.empty()) return Error{.message = "the password is empty"};
  return line;
}

}  // namespace

Result<signing::SecretBytes> read_password(const std::string& file, const std::string& prompt) {
  if (file == "-") return read_line(STDIN_FILENO);
  if (!file.empty()) {
    const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return Error{.message = std::strerror(errno), .file = file};
    return read_line(fd.get());
  }
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal.get() < 0) {
    return Error{.message =
                     fmt::format("there is no terminal to ask for the password; {}", other_ways)};
  }
  const NoEcho no_echo(terminal.get());
  if (!no_echo.works()) {
    return Error{.message = fmt::format("the terminal would show the password; {}", other_ways)};
  }
  write_all(terminal.get(), prompt);
  auto line = read_line(terminal.get());
  write_all(terminal.get(), "\n");
  return line;
}

}  // namespace penstock::cli
