// SPDX-License-Identifier: Apache-2.0
// file_fixture.hpp: a file sink over a file system that can fail, in a directory of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sinks/file_sink.hpp"
#include "support.hpp"

namespace penstock::sinks::testing {

class FileSinkTest : public ::testing::Test {
 protected:
  using Kind = WriteResult::Kind;

  FileOptions options() const {
    FileOptions result;
    result.path = path;
    return result;
  }
  // A new sink, as after a start of the program.
  Status open(FileOptions with) {
    sink = std::make_unique<FileSink>(std::move(with), files);
    return sink->open(context);
  }
  void must_open(FileOptions with) {
    const Status status = open(std::move(with));
    ASSERT_TRUE(status.ok()) << status.errors()[0].message;
  }
  Kind write(const std::vector<std::string>& events) { return write_batch(*sink, events).kind(); }
  std::string content() const { return read_file(path); }
  std::string backup(int number) const { return read_file(backup_path(number)); }
  std::string backup_path(int number) const { return path + "." + std::to_string(number); }

  TemporaryDirectory directory;
  std::string path = directory / "app.log";
  ManualContext context;
  FaultyFileSystem files;
  std::unique_ptr<FileSink> sink;
};

}  // namespace penstock::sinks::testing
