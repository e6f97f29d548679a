// SPDX-License-Identifier: Apache-2.0
#include "kit_support.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace penstock::test {
namespace {

std::string for_shell(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

void read_line(const std::string& line, Tap& tap) {
  const bool ok = line.starts_with("ok ");
  if (!ok && !line.starts_with("not ok ")) return;
  const std::string number = std::to_string(tap.lines.size() + 1) + " - ";
  const std::size_t begin = ok ? 3 : 7;
  ASSERT_EQ(line.substr(begin, number.size()), number) << line;
  std::string rest = line.substr(begin + number.size());
  TapLine read{.ok = ok};
  if (const std::size_t skip = rest.find(" # SKIP "); skip != std::string::npos) {
    read.skipped = rest.substr(skip + 8);
    rest.erase(skip);
  }
  const std::size_t space = rest.find(' ');
  read.id = rest.substr(0, space);
  if (space != std::string::npos) read.component = rest.substr(space + 1);
  tap.lines.push_back(read);
}

}  // namespace

std::vector<std::string> Tap::failed() const {
  std::vector<std::string> ids;
  for (const TapLine& line : lines) {
    if (!line.ok) ids.push_back(line.id);
  }
  return ids;
}

const TapLine* Tap::find(const std::string& id) const {
  for (const TapLine& line : lines) {
    if (line.id == id) return &line;
  }
  return nullptr;
}

Ran run_kit(const std::vector<std::string>& arguments) {
  std::string error_file = ::testing::TempDir() + "penstock-kit-XXXXXX";
  const int fd = ::mkstemp(error_file.data());
  if (fd != -1) ::close(fd);
  std::string command = for_shell(PENSTOCK_PROGRAM) + " plugin test";
  for (const std::string& argument : arguments) command += " " + for_shell(argument);
  command += " 2>" + for_shell(error_file) + " </dev/null";
  Ran ran;
  FILE* const pipe = ::popen(command.c_str(), "r");
  char part[4096];
  for (std::size_t count = 0; (count = std::fread(part, 1, sizeof part, pipe)) > 0;) {
    ran.output.append(part, count);
  }
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::ostringstream error;
  error << std::ifstream(error_file).rdbuf();
  ran.error = error.str();
  ::unlink(error_file.c_str());
  return ran;
}

Tap read_tap(const std::string& text) {
  Tap tap;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "TAP version 14");
  std::getline(lines, line);
  EXPECT_EQ(line.substr(0, 3), "1..") << text;
  tap.planned = std::strtoul(line.substr(3).c_str(), nullptr, 10);
  while (std::getline(lines, line)) read_line(line, tap);
  EXPECT_EQ(tap.lines.size(), tap.planned) << text;
  return tap;
}

std::string bad_plugin(const std::string& name) {
  return PENSTOCK_BAD_PLUGINS "/" + name + ".penstock.so";
}

std::string fixture_plugin(const std::string& name) {
  return PENSTOCK_PLUGIN_FIXTURES "/" + name + ".penstock.so";
}

}  // namespace penstock::test
