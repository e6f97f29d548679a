// SPDX-License-Identifier: Apache-2.0
// child.hpp: the process in which a plugin runs apart from this one: begun, ended, and reaped once.
//
// The program around may ignore SIGCHLD or take the ends of all its children by waitpid(-1): all
// here goes by the pidfd, and how the process ended is then known where the kernel keeps it
// (Linux 6.15).
//
// Threads  one at a time, but kill() [any]
// Errors   Status of the start: why there is none
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

#include "isolation/output.hpp"
#include "penstock/result.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/value.hpp"

namespace penstock::isolation {

// What a child may use at most. Its share of a batch's memory does not count.
struct ChildLimits {
  std::uint64_t memory = std::uint64_t{1} << 30;  // bytes of its own: heap, stacks, data
  std::uint64_t files = 256;                      // open at a time
};

// What the child has to know before it loads the plugin; it goes there as JSON.
struct ChildSetup {
  std::string file{};       // of the plugin, for messages
  std::string component{};  // "kafka"
  std::string sink{};
  ChildLimits limits{};
  plugin::Value options{};
};

plugin::Value to_value(const ChildSetup& setup);
// Null texts and zeros for what is missing.
ChildSetup setup_of(const plugin::Value& value);

// How a process ended.
struct End {
  enum class Kind : std::uint8_t { unknown, exited, signal };
  Kind kind = Kind::unknown;
  int status = 0;  // or the signal

  // It was not ended by a signal that only comes from elsewhere: it has done that itself.
  bool is_own() const noexcept;
};
// "was ended by signal 9 (Killed)"
std::string to_string(const End& end);

class Child final {
 public:
  // Descriptors of this side that the child gets.
  struct Gifts {
    int plugin;
    int socket;
    int secrets;
  };
  // Begins the program with `--isolate`, in a session of its own, with an environment of
  // little more than a locale.
  static Result<Child> begin(const std::string& program, const ChildSetup& setup,
                             const Gifts& gifts);
  // Kills and reaps it, if it is still there, and waits for what it has printed.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  pid_t pid() const noexcept { return pid_; }
  // Becomes readable when the process has ended.
  int pid_fd() const noexcept { return pid_fd_.get(); }
  // With what it has started itself, also when it has ended.
  void kill() const noexcept;  // [any]
  // Waits for its end, and kills what it has started itself. Nothing when it does not end in that
  // time.
  std::optional<End> reap(std::chrono::milliseconds patience);

 private:
  Child(pid_t pid, plugin::Descriptor pid_fd, std::unique_ptr<Output> output) noexcept
      : pid_(pid), pid_fd_(std::move(pid_fd)), output_(std::move(output)) {}

  pid_t pid_;
  plugin::Descriptor pid_fd_;
  std::optional<End> end_{};        // it is reaped
  bool is_ours_ = true;             // else another Child has it
  std::unique_ptr<Output> output_;  // ends last
};

}  // namespace penstock::isolation
