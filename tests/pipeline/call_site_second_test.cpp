// SPDX-License-Identifier: Apache-2.0
// The other half of call_site_test.cpp.
#include "call_site_unit.hpp"

namespace penstock::test {

void log_from_second_unit(const Logger& log, int number, const std::string& text) {
  log.info("second plain");
  log.info("second number {}", number);
  log.warning("second text {}", text, field("second_key", number));
}

}  // namespace penstock::test
