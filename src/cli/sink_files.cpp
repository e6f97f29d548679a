// SPDX-License-Identifier: Apache-2.0
#include "cli/sink_files.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/paths.hpp"

namespace penstock::cli {
namespace {

// A file by its name and by its identity, if it is there.
struct File {
  std::string path{};
  std::string description{};  // for messages
  struct stat status {};      // st_mode 0: it is not there
};

File file_at(const std::string& path, std::string description) {
  File file{.path = path, .description = std::move(description)};
  if (::stat(path.c_str(), &file.status) != 0) file.status = {};
  return file;
}

File file_of(int fd, std::string description) {
  File file{.description = std::move(description)};
  if (::fstat(fd, &file.status) != 0) file.status = {};
  return file;
}

// Terminals, sockets and /dev/null may well be read and written at once.
bool keeps_what_is_written(const File& file) {
  return S_ISREG(file.status.st_mode) || S_ISFIFO(file.status.st_mode);
}

bool same_identity(const File& a, const File& b) {
  return keeps_what_is_written(a) && a.status.st_dev == b.status.st_dev &&
         a.status.st_ino == b.status.st_ino;
}

// Also of files that are not there yet.
bool same_path(const File& a, const File& b) {
  if (a.path.empty() || b.path.empty()) return false;
  return config::without_detours(a.path) == config::without_detours(b.path);
}

// ---- what the sinks write to

struct Written {
  std::vector<File> files{};
  std::vector<File> consoles{};
};

Written written_by(const PipelineOptions& options) {
  Written written;
  for (const SinkOptions& sink : options.sinks) {
    if (sink.type == "file") {
      written.files.push_back(file_at(sink.path, fmt::format("the file of sink '{}'", sink.name)));
    } else if (sink.type == "console") {
      const std::string_view stream =
          sink.path == "/dev/stderr" ? "standard error" : "standard output";
      File console =
          file_at(sink.path, fmt::format("{}, where sink '{}' writes", stream, sink.name));
      // Both ends of a shell's pipeline can be one pipe, and then it is a ring on purpose.
      if (S_ISREG(console.status.st_mode)) written.consoles.push_back(std::move(console));
    }
  }
  return written;
}

// ---- what is read and reported

std::vector<File> inputs_of(const RunArguments& arguments) {
  std::vector<File> inputs;
  for (const std::string& path : arguments.inputs) {
    if (path != "-") inputs.push_back(file_at(path, "the input " + path));
  }
  const bool reads_standard_input = inputs.size() < arguments.inputs.size() || inputs.empty();
  if (reads_standard_input) inputs.push_back(file_of(STDIN_FILENO, "standard input"));
  return inputs;
}

void refuse_same(const File& file, const std::vector<File>& others, std::string_view why,
                 Errors& errors) {
  const auto other = std::find_if(others.begin(), others.end(), [&](const File& candidate) {
    return same_identity(file, candidate) || same_path(file, candidate);
  });
  if (other == others.end()) return;
  errors.push_back(
      {.message = fmt::format("{} is also {}{}", file.description, other->description, why)});
}

}  // namespace

Errors check_own_files(const RunArguments& arguments, const PipelineOptions& options) {
  const Written written = written_by(options);
  const std::vector<File> inputs = inputs_of(arguments);
  Errors errors;
  for (const File& input : inputs) {
    constexpr std::string_view why = ": what is written would be read again, without end";
    refuse_same(input, written.files, why, errors);
    refuse_same(input, written.consoles, why, errors);
  }
  if (arguments.report.empty()) return errors;
  const File report = arguments.report == "-"
                          ? file_of(STDOUT_FILENO, "standard output, for the report,")
                          : file_at(arguments.report, "the report " + arguments.report);
  constexpr std::string_view why = ", which it would overwrite";
  refuse_same(report, written.files, why, errors);
  refuse_same(report, inputs, why, errors);
  refuse_same(report, {file_at(arguments.config, "the configuration")}, why, errors);
  return errors;
}

}  // namespace penstock::cli
