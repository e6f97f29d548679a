// SPDX-License-Identifier: Apache-2.0
// well_formed.hpp: whether a text is well-formed XML, as far as one without comments and sections.
#pragma once

#include <string>

namespace penstock::test {

// What is wrong with it; empty: nothing.
std::string xml_problem(const std::string& xml);

}  // namespace penstock::test
