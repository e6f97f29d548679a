// SPDX-License-Identifier: Apache-2.0
#include "sinks/console_sink.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <numeric>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "sinks/write_all.hpp"

namespace penstock {

SinkFactory console_sink(ConsoleOptions options) {
  return [options] {
    const bool is_output = options.stream == ConsoleStream::standard_output;
    const int fd = is_output ? STDOUT_FILENO : STDERR_FILENO;
    const sinks::ConsoleSink::Target target{.fd = fd,
                                            .colored = sinks::wants_color(options.color, fd)};
    return std::make_unique<sinks::ConsoleSink>(target, sinks::real_file_system());
  };
}

namespace sinks {
namespace {

std::string stream_name(int fd) {
  return fd == STDERR_FILENO ? "standard error" : "standard output";
}

std::string console_error(const std::string& verb, int fd, int error) {
  return "cannot " + verb + " " + stream_name(fd) + ": " + error_text(error);
}

}  // namespace

bool wants_color(Color color, int fd) {
  if (color != Color::automatic) return color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(fd) == 1;
}

Status ConsoleSink::open(SinkContext&) {
  const int mode = files_.access_mode(target_.fd);
  if (mode == -1) return Status::failure(console_error("use", target_.fd, errno));
  if (mode != O_RDONLY) return {};
  return Status::failure(stream_name(target_.fd) + " is not open for writing");
}

WriteResult ConsoleSink::write(const Batch& batch) {
  if (batch.encoded_ends().empty()) return WriteResult::ok();
  if (!target_.colored) return write_text(batch.id(), batch.encoded(), batch.encoded_ends());
  color_lines(batch, colored_);
  return write_text(batch.id(), colored_.text, colored_.ends);
}

WriteResult ConsoleSink::write_text(std::uint64_t batch_id, std::string_view text,
                                    std::span<const std::uint32_t> ends) {
  const std::size_t begin = torn_.resume(batch_id, ends[0]);
  Written written;
  if (torn_.line_is_open()) {
    written = write_all(files_, target_.fd, "\n");
    torn_.set_line_open(written.error != 0);
    written.bytes = 0;
  }
  if (written.error == 0) written = write_all(files_, target_.fd, text.substr(begin));
  if (written.error == 0) return WriteResult::ok();

  const std::size_t reached = begin + written.bytes;
  const std::size_t delivered = events_within(ends, reached);
  torn_.remember(batch_id, reached - (delivered == 0 ? 0 : ends[delivered - 1]));
  std::string reason = console_error("write to", target_.fd, written.error);
  // Whoever read the pipe has gone, and another cannot come: what follows is refused, and counted.
  if (written.error == EPIPE && delivered == 0) {
    std::vector<std::uint32_t> all(ends.size());
    std::iota(all.begin(), all.end(), 0U);
    return WriteResult::reject(std::move(reason), std::move(all));
  }
  // After `fatal` the whole batch comes again, so events that are there are settled first.
  if (is_passing(written.error) || delivered > 0) {
    return WriteResult::retry(std::move(reason), {}, delivered);
  }
  return WriteResult::fatal(std::move(reason));
}

}  // namespace sinks
}  // namespace penstock
