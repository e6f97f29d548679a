// SPDX-License-Identifier: Apache-2.0
// sinks.hpp: the built-in sinks and their options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "penstock/options.hpp"

namespace penstock {

enum class ConsoleStream : std::uint8_t { standard_output, standard_error };
enum class Color : std::uint8_t { automatic, never, always };

struct ConsoleOptions {
  ConsoleStream stream = ConsoleStream::standard_output;
  // automatic: only on a terminal, and not when NO_COLOR is set.
  Color color = Color::automatic;
};
PENSTOCK_EXPORT SinkFactory console_sink(ConsoleOptions options = {});

// The largest values of FileOptions; the smallest is 0.
struct FileLimits {
  static constexpr std::uint64_t max_bytes = INT64_MAX;
  static constexpr std::uint32_t backup_count = 10'000;
  static constexpr std::chrono::hours rotate_every{365 * 24};
  static constexpr std::uint32_t mode = 0777;
  static constexpr std::chrono::hours fsync_interval{1};
};

struct FileOptions {
  std::string path{};
  // Begin a new file before this size would be exceeded; 0: never by size. A file that is rotated
  // by size or time has one process that writes it: for another, open() fails.
  std::uint64_t max_bytes = 10'485'760;
  // Rotated files kept; path.1 is the newest. 0: the file is emptied instead.
  std::uint32_t backup_count = 5;
  // Begin a new file every so long, at multiples of it since 1970-01-01 UTC; 0: never by time.
  std::chrono::seconds rotate_every{0};
  // Permission bits of new files.
  std::uint32_t mode = 0640;
  // Owner and group of new files, "user", "user:group", ":group"; empty: as the process.
  std::string owner{};
  // fdatasync at most this often, after a write; not set: never. 0: after each write.
  std::optional<std::chrono::nanoseconds> fsync_interval{};
  // Missing directories are made.
  bool create_directories = true;
};
// Every number that is out of its range; open() fails with the same. [any]
PENSTOCK_EXPORT Errors validate(const FileOptions& options);
PENSTOCK_EXPORT SinkFactory file_sink(FileOptions options);

// Takes everything and keeps nothing.
PENSTOCK_EXPORT SinkFactory null_sink();

}  // namespace penstock
