// SPDX-License-Identifier: Apache-2.0
#include "kit/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "kit/child.hpp"
#include "kit/report.hpp"
#include "plugin/plugin_file.hpp"

namespace penstock::kit {
namespace {

using plugin::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr std::size_t output_bytes_max = 4'000;

// What the child has, each with a number that none of its own descriptors gets.
struct Descriptors {
  Descriptor plugin;
  Descriptor report;
  Descriptor output;  // standard output
  Descriptor error;

  explicit Descriptors(int fd)
      : plugin(above_ten(fd)),
        report(moved(make_report_file())),
        output(moved(::memfd_create("penstock-kit-output", MFD_CLOEXEC))),
        error(moved(::memfd_create("penstock-kit-error", MFD_CLOEXEC))) {}
  bool complete() const { return report && output && error; }

 private:
  static Descriptor above_ten(int fd) { return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 10)); }
  static Descriptor moved(int fd) {
    const Descriptor low(fd);
    return above_ten(fd);
  }
};

// In a group of its own, so that what it starts ends with it; no signal blocked or ignored.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  // 0, or an errno.
  int run(pid_t& pid, const ChildOrder& order) {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, report_fd + 1);
    std::vector<char*> words = {const_cast<char*>(order.program.c_str())};
    for (const std::string& word : order.arguments)
      words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    std::string preload = "LD_PRELOAD=" + order.preload;
    std::vector<char*> environment;
    if (!order.preload.empty()) environment.push_back(preload.data());
    for (char** each = environ; *each != nullptr; ++each) {
      const bool is_other = std::strncmp(*each, "LD_PRELOAD=", 11) != 0;
      if (order.preload.empty() || is_other) environment.push_back(*each);
    }
    environment.push_back(nullptr);
    return ::posix_spawn(&pid, order.program.c_str(), &actions_, &attributes_, words.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// False when the time is over first.
bool ends_before(pid_t pid, Clock::time_point deadline) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return false;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, static_cast<int>(std::min<long long>(left, 1'000))) > 0) return true;
  }
}

int wait_for(pid_t pid) {
  int status = -1;
  while (::waitpid(pid, &status, 0) == -1) {
    if (errno != EINTR) return -1;
  }
  return status;
}

std::string end_of(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size <= 0) return {};
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(output_bytes_max));
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  const ssize_t count = ::pread(fd, text.data(), text.size(), begin);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

std::string how_it_ended(int status) {
  if (status != -1 && WIFSIGNALED(status)) {
    return fmt::format("its process was ended by signal {} ({})", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  }
  if (status != -1 && WIFEXITED(status)) {
    return fmt::format("its process ended with the status {}", WEXITSTATUS(status));
  }
  return "its process ended";
}

Verdict no_process(int error) {
  return failed(fmt::format("no process could be made for it: {}", std::strerror(error)),
                "see the limits of this process (ulimit -a)");
}

}  // namespace

Verdict run_child(const ChildOrder& order) {
  const Descriptors given(order.plugin_fd);
  if (!given.complete()) return no_process(errno);
  Report report(given.report.get());
  Spawn spawn;
  spawn.give(given.output.get(), STDOUT_FILENO);
  spawn.give(given.error.get(), STDERR_FILENO);
  if (given.plugin) spawn.give(given.plugin.get(), plugin_fd);
  spawn.give(given.report.get(), report_fd);
  pid_t pid = 0;
  if (const int error = spawn.run(pid, order); error != 0) return no_process(error);
  const bool in_time = ends_before(pid, Clock::now() + order.time_limit);
  ::kill(-pid, SIGKILL);  // what it has started, too
  const int status = wait_for(pid);
  Verdict verdict;
  if (!in_time) {
    verdict = failed(fmt::format("it took longer than {} s",
                                 std::chrono::duration<double>(order.time_limit).count()),
                     "look at what it waits for; --timeout gives it more time");
  } else if (!report.finished(verdict)) {
    verdict = failed(how_it_ended(status), "run it in a debugger with the input of this case");
  }
  if (verdict.kind == Verdict::Kind::failed) {
    verdict.place = report.place();
    verdict.output = end_of(given.error.get());
  }
  return verdict;
}

}  // namespace penstock::kit
