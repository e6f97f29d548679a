// SPDX-License-Identifier: Apache-2.0
// probe.cpp: the parent's side; probe_child.cpp is the other one.
#include "plugin/probe.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "plugin/json.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t answer_bytes_max = 64 * 1024;

// Numbers that the child's own descriptors do not have, so that none is overwritten on the way.
Descriptor above_ten(int fd) { return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, 10)); }

// What the child gets: nothing of ours but the plugin and the pipe, and no signal blocked.
class Spawn {
 public:
  Spawn() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void give(int fd, int as) { posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  // 0, or an errno.
  int run(pid_t& pid, const std::string& program) {
    posix_spawn_file_actions_addclosefrom_np(&actions_, 5);
    std::array<char*, 3> arguments = {const_cast<char*>(program.c_str()),
                                      const_cast<char*>("--probe"), nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// All that comes until the end of file. False when the time is over.
bool read_answer(int fd, Clock::time_point deadline, std::string& answer) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    std::array<char, 4096> part{};
    const ssize_t count = ::read(fd, part.data(), part.size());
    if (count == 0) return true;
    if (count > 0 && answer.size() < answer_bytes_max) {
      answer.append(part.data(), static_cast<std::size_t>(count));
    }
  }
}

// Its status; -1 when somebody else in this process has asked for it.
int wait_for(pid_t pid) {
  int status = -1;
  while (::waitpid(pid, &status, 0) == -1) {
    if (errno != EINTR) return -1;
  }
  return status;
}

class Probe {
 public:
  Probe(const Manifest& manifest, const std::string& file) : manifest_(manifest), file_(file) {}

  Checked<Unit> run(int fd, const std::string& program, std::chrono::milliseconds timeout) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) return no_child(errno);
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    const Descriptor plugin = above_ten(fd);
    Descriptor pipe = above_ten(write_end.get());
    if (!plugin || !pipe) return no_child(errno);
    Spawn spawn;
    spawn.give(plugin.get(), 3);
    spawn.give(pipe.get(), 4);
    pid_t pid = 0;
    if (const int error = spawn.run(pid, program); error != 0) return no_child(error);
    // Its own are the last ones now: when it ends, the pipe does.
    write_end = Descriptor();
    pipe = Descriptor();
    std::string answer;
    const bool in_time = read_answer(read_end.get(), Clock::now() + timeout, answer);
    if (!in_time) ::kill(pid, SIGKILL);
    const int status = wait_for(pid);
    if (!in_time) return timed_out(timeout);
    return judge(answer, status);
  }

 private:
  Checked<Unit> judge(const std::string& answer, int status) const {
    if (answer == "ok") return Unit{};
    const Result<Value> told = parse_json(answer);
    if (!told) return crashed(status);
    const auto text = [&](std::string_view key) {
      const Value* const found = told->find(key);
      return found == nullptr || found->text() == nullptr ? std::string() : *found->text();
    };
    const bool at_load = text("stage") == to_string(Stage::load);
    return Refusal{.plugin = manifest_.id,
                   .file = file_,
                   .stage = at_load ? Stage::load : Stage::handshake,
                   .code = text("code"),
                   .reason = text("reason"),
                   .fix = text("fix")};
  }

  Refusal refuse(std::string code, std::string reason, std::string fix) const {
    return {.plugin = manifest_.id,
            .file = file_,
            .stage = Stage::probe,
            .code = std::move(code),
            .reason = std::move(reason),
            .fix = std::move(fix)};
  }
  Refusal no_child(int error) const {
    return refuse("spawn",
                  fmt::format("no process could be made to try it: {}", std::strerror(error)),
                  "see the limits of this process");
  }
  Refusal timed_out(std::chrono::milliseconds timeout) const {
    return refuse("timeout",
                  fmt::format("it was not ready {} s after it was loaded, in a process of its own",
                              std::chrono::duration<double>(timeout).count()),
                  "it must not wait while it is loaded; ask its vendor");
  }
  Refusal crashed(int status) const {
    std::string how = "ended";
    if (status != -1 && WIFSIGNALED(status)) {
      how = fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                        ::strsignal(WTERMSIG(status)));
    } else if (status != -1 && WIFEXITED(status)) {
      how = fmt::format("ended with the status {}", WEXITSTATUS(status));
    }
    return refuse("crash", fmt::format("the process that tried it {}", how),
                  "`penstock plugin test` shows where; ask its vendor");
  }

  const Manifest& manifest_;
  const std::string& file_;
};

}  // namespace

Checked<Unit> probe(int fd, const Manifest& manifest, const std::string& file,
                    const std::string& host_program, std::chrono::milliseconds timeout) {
  if (host_program.empty()) {
    return Refusal{.plugin = manifest.id,
                   .file = file,
                   .stage = Stage::probe,
                   .code = "no-host-program",
                   .reason = "there is no penstock-plugin-host to try it with",
                   .fix = "install it: it is a part of Penstock"};
  }
  return Probe(manifest, file).run(fd, host_program, timeout);
}

std::string find_host_program() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string beside;
  std::string moved;
  if (size > 0) {
    std::string folder(path.data(), static_cast<std::size_t>(size));
    folder.erase(folder.rfind('/') + 1);
    beside = folder + "penstock-plugin-host";
    moved = folder + PENSTOCK_PLUGIN_HOST_FROM_PROGRAM;
  }
  for (const std::string& candidate : {beside, moved, std::string(PENSTOCK_PLUGIN_HOST)}) {
    if (!candidate.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace penstock::plugin
