// SPDX-License-Identifier: Apache-2.0
//
// first_steps.cpp: the code of README.md.
// [first_steps]
#include <iostream>

#include <penstock/penstock.hpp>

int main() {
  using namespace std::chrono_literals;
  auto pipeline = penstock::Pipeline::from_yaml_file("penstock.yml");
  if (!pipeline) {
    std::cerr << to_string(pipeline.errors());  // every error, each with file:line:column
    return 2;
  }
  penstock::Logger log = pipeline->logger("orders.book");

  log.info("order {} filled at {}", 7, 12.5);  // checked when it is compiled
  log.warning("slow venue", penstock::field("venue", "XETRA"), penstock::field("ms", 12.5));
  log.to({"audit_log"}).tag("security").info("login of {}", "alice");

  auto report = pipeline->stop(5s);  // bounded; says what became of each event
  return report.stats.all_delivered() ? 0 : 1;
}
// [/first_steps]
