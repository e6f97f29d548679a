// SPDX-License-Identifier: Apache-2.0
#include "config/sink_types.hpp"

#include <gtest/gtest.h>

#include "config/tree_reader.hpp"
#include "config_support.hpp"

namespace penstock::config {
namespace {

using namespace std::chrono_literals;

// What `read` makes of one sink's mapping.
template <class Options>
Options read_from(std::string_view yaml, Options (*read)(const Section&)) {
  Report report("test.yml");
  const TreePtr node = read_tree(yaml, test_environment, report);
  if (!node) return {};
  Options options = read(Section(*node, report));
  EXPECT_EQ(text_of(report.take()), "");
  return options;
}

TEST(SinkTypes, SetEveryOptionOfAFile) {
  const FileOptions options = read_from(R"(
path: /var/log/orders.log
max_bytes: 64MiB
backup_count: 3
rotate_every: 90s
mode: 0600
owner: log:adm
fsync_interval: 250ms
create_directories: false
)",
                                        read_file);
  EXPECT_EQ(options.path, "/var/log/orders.log");
  EXPECT_EQ(options.max_bytes, 64 * MiB);
  EXPECT_EQ(options.backup_count, 3U);
  EXPECT_EQ(options.rotate_every, 90s);
  EXPECT_EQ(options.mode, 0600U);
  EXPECT_EQ(options.owner, "log:adm");
  EXPECT_EQ(options.fsync_interval, 250ms);
  EXPECT_FALSE(options.create_directories);
}

TEST(SinkTypes, LeaveTheDefaultsOfAFileAlone) {
  const FileOptions options = read_from("path: a.log", read_file);
  const FileOptions defaults;
  EXPECT_EQ(options.max_bytes, defaults.max_bytes);
  EXPECT_EQ(options.backup_count, defaults.backup_count);
  EXPECT_EQ(options.rotate_every, defaults.rotate_every);
  EXPECT_EQ(options.mode, defaults.mode);
  EXPECT_EQ(options.owner, defaults.owner);
  EXPECT_EQ(options.fsync_interval, defaults.fsync_interval);
  EXPECT_EQ(options.create_directories, defaults.create_directories);
}

TEST(SinkTypes, KnowWordsAndZeroesForTimes) {
  EXPECT_EQ(read_from("{path: a, rotate_every: hourly}", read_file).rotate_every, 1h);
  EXPECT_EQ(read_from("{path: a, rotate_every: daily}", read_file).rotate_every, 24h);
  EXPECT_EQ(read_from("{path: a, rotate_every: 0}", read_file).rotate_every, 0s);
  EXPECT_EQ(read_from("{path: a, fsync_interval: 0}", read_file).fsync_interval, 0ns);
  EXPECT_EQ(read_from("{path: a, owner: ':adm'}", read_file).owner, ":adm");
  EXPECT_EQ(read_from("{path: a, max_bytes: 0, backup_count: 0}", read_file).max_bytes, 0U);
}

TEST(SinkTypes, SetEveryOptionOfAConsole) {
  EXPECT_EQ(read_from("{stream: stderr}", read_console).stream, ConsoleStream::standard_error);
  EXPECT_EQ(read_from("{stream: stdout}", read_console).stream, ConsoleStream::standard_output);
  EXPECT_EQ(read_from("{color: auto}", read_console).color, Color::automatic);
  EXPECT_EQ(read_from("{color: never}", read_console).color, Color::never);
  EXPECT_EQ(read_from("{color: always}", read_console).color, Color::always);
}

}  // namespace
}  // namespace penstock::config
