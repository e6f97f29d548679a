// SPDX-License-Identifier: Apache-2.0
// output.hpp: what a child writes to its standard output and error. It has pipes there, and none of
// this process's own descriptors: it could change or cut short what is behind those.
//
// Threads  a thread of its own, `ps:NAME:out`, which copies both to this process's
// Order    of each of the two, byte for byte; a line of up to 4 KiB is written in one piece
// Bound    a pipe of each; a child that writes faster than this process's output takes it waits
// Loss     what is not taken `last_words` after the child is gone; what there is no room for on the
//          disk. A child whose output nobody reads any more has a broken pipe, as this process has
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "penstock/result.hpp"
#include "plugin/plugin_file.hpp"

namespace penstock::isolation {

class Output final {
 public:
  static constexpr std::chrono::milliseconds last_words{1000};

  // The ends that the child gets: as 1 and as 2.
  struct Ends {
    plugin::Descriptor out;
    plugin::Descriptor error;
  };
  // `sink` names the thread.
  static Result<std::unique_ptr<Output>> begin(const std::string& sink, Ends& for_child);
  // When nobody has the child's ends any more, or nobody is to: copies what is left.
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

 private:
  struct Stream {
    plugin::Descriptor from{};
    int to = -1;
    std::array<char, 4096> bytes{};  // PIPE_BUF: what poll() says there is room for
    std::size_t count = 0;
    std::size_t due = 0;  // of those: to be written now
  };

  Output() = default;
  void run() noexcept;
  bool is_over();
  void fill(Stream& stream) const;
  static void spill(Stream& stream);

  std::array<Stream, 2> streams_{};
  plugin::Descriptor stop_{};
  bool is_last_ = false;  // by its thread, as the next
  std::chrono::steady_clock::time_point end_{};
  std::thread thread_{};
};

}  // namespace penstock::isolation
