// SPDX-License-Identifier: Apache-2.0
// kit_support.hpp: runs `penstock plugin test`, and reads what it says.
#pragma once

#include <string>
#include <vector>

namespace penstock::test {

struct Ran {
  int status = -1;  // the exit code
  std::string output{};
  std::string error{};
};

// One line of TAP.
struct TapLine {
  std::string id{};
  std::string component{};  // empty for a case of the plugin as a whole
  bool ok = false;
  std::string skipped{};  // why; empty: it was not
};

struct Tap {
  std::size_t planned = 0;
  std::vector<TapLine> lines{};
  std::vector<std::string> failed() const;  // ids
  const TapLine* find(const std::string& id) const;
};

// `penstock plugin test` and these arguments.
Ran run_kit(const std::vector<std::string>& arguments);
// Fails the test when it is no TAP.
Tap read_tap(const std::string& text);

// Of the plugins beside the tests.
std::string bad_plugin(const std::string& name);
std::string fixture_plugin(const std::string& name);

}  // namespace penstock::test
