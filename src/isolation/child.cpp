// SPDX-License-Identifier: Apache-2.0
#include "isolation/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "isolation/messages.hpp"
#include "penstock/version.hpp"
#include "plugin/json.hpp"

namespace penstock::isolation {
namespace {

using plugin::Descriptor;
using plugin::Value;

Error failure(std::string_view what, int error) {
  return {.message = fmt::format("{}: {}", what, std::strerror(error))};
}

// A number that the child's own descriptors do not have, so that none is overwritten on the way.
Descriptor above_own(int fd) { return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, first_other_fd)); }

Result<Descriptor> setup_file(const ChildSetup& setup) {
  const std::string text = plugin::json_text(to_value(setup));
  Descriptor file(::memfd_create("penstock-setup", MFD_CLOEXEC));
  if (!file) return failure("no memory for its options", errno);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(file.get(), text.data() + done, text.size() - done);
    if (count == -1 && errno == EINTR) continue;
    if (count <= 0) return failure("no memory for its options", errno);
    done += static_cast<std::size_t>(count);
  }
  return file;
}

// What of this process's environment a plugin may see: none of the secrets that may stand there.
std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (const char* name :
       {"PATH", "HOME", "USER", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME",
        "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "ASAN_OPTIONS",
        "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) {
      variables.push_back(fmt::format("{}={}", name, value));
    }
  }
  return variables;
}

// False when its end, if it has ended, was taken by others.
bool wait_id(int pid_fd, siginfo_t& info, int how) {
  constexpr auto by_pid_fd = static_cast<idtype_t>(3);  // P_PIDFD, Linux 5.4
  info = {};
  return ::waitid(by_pid_fd, static_cast<id_t>(pid_fd), &info, WEXITED | WNOHANG | how) == 0;
}

// Those that did not die in time. Whoever begins another child reaps those that have died since.
class LeftBehind {
 public:
  void add(Descriptor pid_fd) noexcept {
    try {
      std::lock_guard lock(mutex_);
      pid_fds_.push_back(std::move(pid_fd));
    } catch (...) {
      // a zombie more
    }
  }
  void reap() noexcept {
    std::lock_guard lock(mutex_);
    std::erase_if(pid_fds_, [](const Descriptor& pid_fd) {
      siginfo_t info{};
      return !wait_id(pid_fd.get(), info, 0) || info.si_pid != 0;
    });
  }

 private:
  std::mutex mutex_{};
  std::vector<Descriptor> pid_fds_{};  // under mutex_
};

LeftBehind& left_behind() {
  static LeftBehind all;
  return all;
}

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
    // A session of its own, and so a group of its number, and no terminal: what is typed there is
    // for this process, which still has events for the child.
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
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
  int run(pid_t& pid, const std::string& program) {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, first_other_fd);
    std::string name = program;
    std::string word = "--isolate";
    std::array<char*, 3> arguments = {name.data(), word.data(), nullptr};
    std::vector<std::string> texts = environment();
    std::vector<char*> variables;
    variables.reserve(texts.size() + 1);
    for (std::string& text : texts) variables.push_back(text.data());
    variables.push_back(nullptr);
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(),
                         variables.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// What the kernel tells of a process by its pidfd, also when somebody else has reaped it.
struct PidFdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::array<std::uint32_t, 11> ids;
  std::int32_t status;  // as waitpid() gives it
};
static_assert(sizeof(PidFdInfo) == 64);
constexpr std::uint64_t wants_exit = 1U << 3U;                  // PIDFD_INFO_EXIT, Linux 6.15
constexpr unsigned long get_info = _IOWR(0xFF, 11, PidFdInfo);  // PIDFD_GET_INFO, Linux 6.13
constexpr unsigned whole_group = 1U << 2U;                      // Linux 6.9

End end_of(int status) {
  if (WIFSIGNALED(status)) return {.kind = End::Kind::signal, .status = WTERMSIG(status)};
  return {.kind = End::Kind::exited, .status = WEXITSTATUS(status)};
}

End end_of(const siginfo_t& info) {
  return {.kind = info.si_code == CLD_EXITED ? End::Kind::exited : End::Kind::signal,
          .status = info.si_status};
}

// Of one that others have reaped.
End end_as_told(int pid_fd) {
  PidFdInfo info{};
  info.mask = wants_exit;
  if (::ioctl(pid_fd, get_info, &info) == -1 || (info.mask & wants_exit) == 0) return {};
  return end_of(info.status);
}

}  // namespace

Value to_value(const ChildSetup& setup) {
  return Value(Value::Object{{"version", Value(PENSTOCK_VERSION)},
                             {"parent", Value(std::int64_t{::getpid()})},
                             {"file", Value(setup.file)},
                             {"component", Value(setup.component)},
                             {"sink", Value(setup.sink)},
                             {"memory", Value(setup.limits.memory)},
                             {"files", Value(setup.limits.files)},
                             {"options", setup.options}});
}

ChildSetup setup_of(const Value& value) {
  const auto text = [&](std::string_view key) {
    const Value* const found = value.find(key);
    return found == nullptr || found->text() == nullptr ? std::string() : *found->text();
  };
  const auto number = [&](std::string_view key) {
    const Value* const found = value.find(key);
    const auto* const integer =
        found == nullptr ? nullptr : std::get_if<std::int64_t>(&found->data);
    return integer == nullptr ? std::uint64_t{0} : static_cast<std::uint64_t>(*integer);
  };
  ChildSetup setup{.file = text("file"),
                   .component = text("component"),
                   .sink = text("sink"),
                   .limits = {.memory = number("memory"), .files = number("files")}};
  if (const Value* const options = value.find("options")) setup.options = *options;
  return setup;
}

Result<Child> Child::begin(const std::string& program, const ChildSetup& setup,
                           const Gifts& gifts) {
  left_behind().reap();
  Result<Descriptor> file = setup_file(setup);
  if (!file) return file.errors();
  const Descriptor plugin = above_own(gifts.plugin);
  const Descriptor socket = above_own(gifts.socket);
  const Descriptor secrets = above_own(gifts.secrets);
  const Descriptor own_setup = above_own(file->get());
  if (!plugin || !socket || !secrets || !own_setup) {
    return failure("no descriptors for its process", errno);
  }
  Output::Ends ends;
  Result<std::unique_ptr<Output>> output = Output::begin(setup.sink, ends);
  if (!output) return output.errors();
  Spawn spawn;
  spawn.give(ends.out.get(), STDOUT_FILENO);
  spawn.give(ends.error.get(), STDERR_FILENO);
  spawn.give(plugin.get(), plugin_fd);
  spawn.give(socket.get(), socket_fd);
  spawn.give(secrets.get(), secrets_fd);
  spawn.give(own_setup.get(), setup_fd);
  pid_t pid = 0;
  const int not_made = spawn.run(pid, program);
  ends.out =
      Descriptor();  // the output waits for their end, which no child closes that is not made
  ends.error = Descriptor();
  if (not_made != 0) return failure("no process could be made for it", not_made);
  // All that ends or waits for it later goes by this, which never means another process.
  Descriptor pid_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pid_fd) return Child(pid, std::move(pid_fd), *std::move(output));
  const int error = errno;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return failure("its process cannot be watched", error);
}

bool End::is_own() const noexcept {
  constexpr std::array faults = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP};
  return kind == Kind::exited ||
         (kind == Kind::signal && std::find(faults.begin(), faults.end(), status) != faults.end());
}

std::string to_string(const End& end) {
  switch (end.kind) {
    case End::Kind::exited:
      return fmt::format("ended with the status {}", end.status);
    case End::Kind::signal:
      return fmt::format("was ended by signal {} ({})", end.status, ::strsignal(end.status));
    case End::Kind::unknown:
      break;
  }
  return "ended, and how was taken by the application (it ignores SIGCHLD, or waits for any child)";
}

Child::Child(Child&& other) noexcept
    : pid_(other.pid_),
      pid_fd_(std::move(other.pid_fd_)),
      end_(other.end_),
      is_ours_(std::exchange(other.is_ours_, false)),
      output_(std::move(other.output_)) {}

Child::~Child() {
  if (!is_ours_ || end_) return;
  kill();
  if (!reap(std::chrono::seconds(1))) left_behind().add(std::move(pid_fd_));
}

// The number of the group is nobody else's while the process is not reaped or a member lives. The
// pidfd means that group and no other, also later. On a kernel that cannot do that the number would
// be another's only if all numbers had been given away since the end.
void Child::kill() const noexcept {
  ::syscall(SYS_pidfd_send_signal, pid_fd_.get(), SIGKILL, nullptr, 0);
  if (::syscall(SYS_pidfd_send_signal, pid_fd_.get(), SIGKILL, nullptr, whole_group) == -1 &&
      errno == EINVAL) {
    ::kill(-pid_, SIGKILL);
  }
}

std::optional<End> Child::reap(std::chrono::milliseconds patience) {
  if (end_) return end_;
  pollfd ended{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::poll(&ended, 1, static_cast<int>(patience.count())) != 1) {
    patience = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (patience.count() <= 0) return std::nullopt;
  }
  kill();  // what it has started, before its number may be given to another
  siginfo_t info{};
  const bool is_told = wait_id(pid_fd_.get(), info, 0) && info.si_pid != 0;
  end_ = is_told ? end_of(info) : end_as_told(pid_fd_.get());
  return end_;
}

}  // namespace penstock::isolation
