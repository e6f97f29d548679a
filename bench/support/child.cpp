// SPDX-License-Identifier: Apache-2.0
#include "support/child.hpp"

#include <chrono>
#include <fcntl.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace penstock::bench {
namespace {

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t size; (size = read(file, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

pid_t spawn(const std::vector<std::string>& arguments, int output, bool discard_errors) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (discard_errors) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  pid_t child = 0;
  const int error = posix_spawn(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
  return child;
}

double ns_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

}  // namespace

ChildRun run_child(const std::vector<std::string>& arguments, bool discard_errors) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  ChildRun run;
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  try {
    child = spawn(arguments, ends[1], discard_errors);
  } catch (...) {
    close(ends[0]);
    close(ends[1]);
    throw;
  }
  close(ends[1]);
  run.output = read_all(ends[0]);
  close(ends[0]);

  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  run.wall_ns =
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  run.cpu_ns = ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

std::vector<double> numbers_of_self(std::vector<std::string> arguments, std::size_t count) {
  arguments.insert(arguments.begin(), "/proc/self/exe");
  const ChildRun run = run_child(arguments);
  std::istringstream text(run.output);
  std::vector<double> numbers;
  for (double number; text >> number;) numbers.push_back(number);
  if (run.status != 0 || numbers.size() != count) {
    throw std::runtime_error("the child '" + arguments[1] + "' ended with " +
                             std::to_string(run.status) + ": " + run.output);
  }
  return numbers;
}

}  // namespace penstock::bench
