// SPDX-License-Identifier: Apache-2.0
#include "cli/sink_files.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/source.hpp"
#include "config/tree_reader.hpp"

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
  if (a.status.st_mode != 0 && b.status.st_mode != 0) return false;
  std::error_code error;
  const auto path_a = std::filesystem::weakly_canonical(std::filesystem::absolute(a.path), error);
  if (error) return false;
  const auto path_b = std::filesystem::weakly_canonical(std::filesystem::absolute(b.path), error);
  return !error && path_a == path_b;
}

// ---- what the configuration writes to

const config::TreeNode* find(const config::TreeNode* node, std::string_view key) {
  if (node == nullptr) return nullptr;
  for (const config::Member& member : node->members) {
    if (member.key == key) return member.value.get();
  }
  return nullptr;
}

std::string_view text_of(const config::TreeNode& node, std::string_view key) {
  const config::TreeNode* const found = find(&node, key);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

struct Written {
  std::vector<File> files{};
  std::vector<File> consoles{};
};

void add_sink(const config::TreeNode& sink, Written& written) {
  const std::string owner = fmt::format("sink '{}'", text_of(sink, "name"));
  if (text_of(sink, "type") == "file") {
    const std::string path(text_of(sink, "path"));
    written.files.push_back(file_at(path, "the file of " + owner));
  }
  if (text_of(sink, "type") == "console") {
    const bool is_error = text_of(sink, "stream") == "stderr";
    File console = file_of(
        is_error ? STDERR_FILENO : STDOUT_FILENO,
        (is_error ? "standard error, where " : "standard output, where ") + owner + " writes");
    // Both ends of a shell's pipeline can be one pipe, and then it is a ring on purpose.
    if (S_ISREG(console.status.st_mode)) written.consoles.push_back(std::move(console));
  }
}

// The options have forgotten the paths when they are made; so the file is read once more.
Written written_by(const std::string& configuration) {
  Written written;
  const Result<std::string> text = config::read_source(configuration);
  if (!text) return written;
  config::Report report(configuration);
  const config::TreePtr root = config::read_tree(*text, config::process_environment, report);
  const config::TreeNode* const sinks = find(find(root.get(), "logging"), "sinks");
  if (sinks == nullptr) return written;
  for (const config::TreePtr& sink : sinks->items) add_sink(*sink, written);
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

Errors check_own_files(const RunArguments& arguments) {
  const Written written = written_by(arguments.config);
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
