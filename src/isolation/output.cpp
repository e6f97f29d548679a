// SPDX-License-Identifier: Apache-2.0
#include "isolation/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/signals_blocked.hpp"
#include "isolation/messages.hpp"

namespace penstock::isolation {
namespace {

using plugin::Descriptor;

Error no_output(std::string_view why) {
  return {.message = fmt::format("no pipe for what it prints: {}", why)};
}

// Neither end has the number of a standard descriptor, also where this process has closed those.
bool make_pipe(Descriptor& here, Descriptor& there) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) == -1) return false;
  const Descriptor read(ends[0]);
  const Descriptor write(ends[1]);
  here = Descriptor(::fcntl(read.get(), F_DUPFD_CLOEXEC, first_other_fd));
  there = Descriptor(::fcntl(write.get(), F_DUPFD_CLOEXEC, first_other_fd));
  return here && there && ::fcntl(here.get(), F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

Result<std::unique_ptr<Output>> Output::begin(const std::string& sink, Ends& for_child) {
  std::unique_ptr<Output> output(new Output());
  output->stop_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  output->streams_[0].to = STDOUT_FILENO;
  output->streams_[1].to = STDERR_FILENO;
  if (!output->stop_ || !make_pipe(output->streams_[0].from, for_child.out) ||
      !make_pipe(output->streams_[1].from, for_child.error)) {
    return no_output(std::strerror(errno));
  }
  try {
    const base::SignalsBlocked blocked;
    output->thread_ =
        std::thread([me = output.get(), name = fmt::format("ps:{}:out", sink.substr(0, 8))] {
          ::pthread_setname_np(::pthread_self(), name.c_str());
          me->run();
        });
  } catch (const std::system_error& error) {
    return no_output(error.what());
  }
  return output;
}

Output::~Output() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Output::run() noexcept {
  std::array<pollfd, 3> ready{};
  while (!is_over()) {
    ready[0] = {.fd = is_last_ ? -1 : stop_.get(), .events = POLLIN, .revents = 0};
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      const Stream& stream = streams_[i];
      ready[i + 1] = stream.due > 0
                         ? pollfd{.fd = stream.to, .events = POLLOUT, .revents = 0}
                         : pollfd{.fd = stream.from.get(), .events = POLLIN, .revents = 0};
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_ - std::chrono::steady_clock::now());
    ::poll(ready.data(), ready.size(), is_last_ ? std::max(0, static_cast<int>(left.count())) : -1);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      Stream& stream = streams_[i];
      if (ready[i + 1].revents != 0 && stream.due > 0) spill(stream);
      if (stream.due == 0) fill(stream);
    }
    if (ready[0].revents != 0) {
      is_last_ = true;
      end_ = std::chrono::steady_clock::now() + last_words;
    }
  }
}

// All is written that there is, or the time is up.
bool Output::is_over() {
  if (is_last_ && std::chrono::steady_clock::now() >= end_) return true;
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const Stream& stream) { return !stream.from && stream.due == 0; });
}

// Whole lines, as far as they have room; what begins another one when nothing follows it yet.
void Output::fill(Stream& stream) const {
  if (!stream.from) return;
  const ssize_t size = ::read(stream.from.get(), stream.bytes.data() + stream.count,
                              stream.bytes.size() - stream.count);
  if (size == -1 && errno == EINTR) return;
  if (size > 0) stream.count += static_cast<std::size_t>(size);
  stream.due = stream.count;
  if (size > 0 && stream.count == stream.bytes.size()) {
    const void* const line = ::memrchr(stream.bytes.data(), '\n', stream.count);
    if (line != nullptr) {
      stream.due =
          static_cast<std::size_t>(static_cast<const char*>(line) - stream.bytes.data()) + 1;
    }
  }
  // Of a child that is gone nothing follows.
  if (size == 0 || (size == -1 && is_last_)) stream.from = Descriptor();
}

void Output::spill(Stream& stream) {
  const ssize_t size = ::write(stream.to, stream.bytes.data(), stream.due);
  if (size == -1 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
  std::size_t gone = stream.due;
  if (size >= 0) gone = static_cast<std::size_t>(size);
  if (size == -1 && errno != ENOSPC && errno != EDQUOT && errno != EFBIG && errno != EIO) {
    stream.from = Descriptor();  // nobody reads it; nor does anybody what the child writes
    gone = stream.count;
    stream.due = stream.count;
  }
  stream.due -= gone;
  stream.count -= gone;
  std::memmove(stream.bytes.data(), stream.bytes.data() + gone, stream.count);
}

}  // namespace penstock::isolation
