// SPDX-License-Identifier: Apache-2.0
// The page for authors names every case, in the words and the order of --list.
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "kit_support.hpp"

namespace penstock::test {
namespace {

std::string table_of_list() {
  std::istringstream lines(run_kit({"--list"}).output);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.find(' ');
    table += "| `" + line.substr(0, end) + "` | " + line.substr(line.find_first_not_of(' ', end)) +
             " |\n";
  }
  return table;
}

std::string table_of_guide() {
  std::ifstream guide(PENSTOCK_GUIDE);
  std::string table;
  bool is_in_it = false;
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("| case | what holds")) {
      is_in_it = true;
      std::getline(guide, line);
    } else if (is_in_it) {
      if (!line.starts_with("|")) break;
      table += line + "\n";
    }
  }
  return table;
}

TEST(Guide, HasTheTableOfCases) { EXPECT_EQ(table_of_guide(), table_of_list()); }

}  // namespace
}  // namespace penstock::test
