// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md has exactly the keys that the readers accept, and its examples load.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "config/keys.hpp"
#include "config_support.hpp"

#ifndef PENSTOCK_TESTS_DIR
#error "PENSTOCK_TESTS_DIR is the path of tests/"
#endif

namespace penstock::config {
namespace {

using Keys = std::map<std::string, std::set<std::string>>;

std::filesystem::path project() { return std::filesystem::path(PENSTOCK_TESTS_DIR) / ".."; }

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first column of the tables below "### Keys in PLACE".
Keys documented_keys() {
  Keys keys;
  std::string place;
  std::istringstream text(contents(project() / "docs" / "configuration.md"));
  const std::string_view row = "| `";
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("#")) {
      const std::string heading = "### Keys in ";
      place = line.starts_with(heading) ? line.substr(heading.size()) : "";
    } else if (!place.empty() && line.starts_with(row)) {
      const std::string key = line.substr(row.size(), line.find('`', row.size()) - row.size());
      EXPECT_TRUE(keys[place].insert(key).second) << place << ": " << key;
    }
  }
  return keys;
}

TEST(Docs, HaveExactlyTheKeysThatAreAccepted) {
  Keys accepted;
  for (const KeyTable* table : keys::all()) {
    for (const std::string_view key : table->keys) {
      accepted[std::string(table->place)].emplace(key);
    }
  }
  EXPECT_EQ(documented_keys(), accepted);
}

TEST(Docs, NameEveryTypeOfSink) {
  const std::string text = contents(project() / "docs" / "configuration.md");
  for (const SinkType& type : sink_types()) {
    EXPECT_NE(text.find(fmt::format("\n### Keys in a {} sink\n", type.name)), std::string::npos)
        << type.name;
  }
}

TEST(Docs, ShowExamplesThatLoad) {
  std::istringstream text(contents(project() / "docs" / "configuration.md"));
  std::string example;
  bool inside = false;
  int examples = 0;
  for (std::string line; std::getline(text, line);) {
    if (line == "```yaml") {
      inside = true;
      example.clear();
    } else if (line == "```" && inside) {
      inside = false;
      ++examples;
      EXPECT_EQ(errors_of(example), "") << example;
    } else if (inside) {
      example += line + "\n";
    }
  }
  EXPECT_GE(examples, 8);
}

// Those with sinks of plugins are checked where the plugins are: tests/integration.
TEST(Docs, ShipExampleFilesThatLoad) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(project() / "examples")) {
    if (entry.path().extension() != ".yml") continue;
    const std::string text = contents(entry.path());
    const auto uses = [&](const char* type) { return text.find(type) != std::string::npos; };
    if (uses("type: kafka") || uses("type: syslog")) continue;
    ++files;
    EXPECT_EQ(errors_of(text), "") << entry.path();
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace penstock::config
