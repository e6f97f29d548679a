// SPDX-License-Identifier: Apache-2.0
// runner.hpp: runs the cases of a plugin, each in a process of its own.
//
// Threads  run() has some of its own; it calls its listener from one at a time
// Order    results come in the order of the plan. Gates are run first, the others a few at a time
// Bound    each case ends when its time is over
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/case.hpp"
#include "kit/verdict.hpp"

namespace penstock::kit {

// Which of the cases.
struct Selection {
  std::string glob = "*";   // of their ids
  std::string component{};  // empty: all of the plugin's
  bool with_speed = false;  // those that measure
};

// One case of one component, or of the plugin as a whole.
struct PlannedCase {
  std::string_view id{};
  std::string_view what{};
  std::string component{};
  std::string point{};  // of the component
  bool gate = false;
  Verdict (*judge)(const FileFacts&) = nullptr;  // null: it is run in a process

  // "write.one print"
  std::string name() const;
};

struct CaseResult {
  Verdict verdict{};
  std::chrono::duration<double> taken{};
};

class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void began(const PlannedCase& planned) = 0;
  // In the order of the plan.
  virtual void ended(const PlannedCase& planned, const CaseResult& result) = 0;
};

struct RunOptions {
  std::string host_program{};                      // penstock-plugin-host
  std::string faults{};                            // penstock-kit-faults.so; empty: not there
  std::vector<std::string> before_case{"--case"};  // its words before case_words()
  std::map<std::string, std::string> options{};    // JSON, of each component
  std::chrono::milliseconds time_limit{10'000};    // of each case
  std::string builtin{};                           // what is built in, in place of the file
  std::size_t at_once = 0;                         // processes; 0: as many as there are processors
};

// Components of a manifest that cannot be read are not known: their cases are missing. [any]
std::vector<PlannedCase> plan_cases(const FileFacts& facts, const Selection& selection);
// Of what is built in, by its manifest.
std::vector<PlannedCase> plan_builtin_cases(const plugin::Manifest& manifest,
                                            const Selection& selection);

// False when there is no place for temporary files. `facts` is null for what is built in.
bool run_cases(const std::vector<PlannedCase>& plan, const FileFacts* facts,
               const RunOptions& options, RunListener& listener);

}  // namespace penstock::kit
