// SPDX-License-Identifier: Apache-2.0
// junit.hpp: results as a JUnit XML file, which most build servers show.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kit/runner.hpp"

namespace penstock::kit {

// `suite`: the plugin's id, or its file's name. [any]
std::string junit(const std::string& suite,
                  const std::vector<std::pair<PlannedCase, CaseResult>>& results);

}  // namespace penstock::kit
