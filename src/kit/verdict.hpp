// SPDX-License-Identifier: Apache-2.0
// verdict.hpp: what became of a case.
//
// Threads  values
// Errors   a case ends early by throwing Failure or Skip; who runs it makes a Verdict of that
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace penstock::kit {

struct Verdict {
  enum class Kind : std::uint8_t { passed, failed, skipped };

  Kind kind = Kind::passed;
  std::string reason{};  // of failed and skipped
  std::string fix{};     // of failed: what the author does about it
  std::string note{};    // of passed: what was measured
  std::string place{};   // of failed: the call that did not come back
  std::string output{};  // of failed: the end of what was written to standard error
};

struct Failure {
  std::string reason{};
  std::string fix{};
};

struct Skip {
  std::string reason{};
};

inline Verdict failed(std::string reason, std::string fix) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::failed;
  verdict.reason = std::move(reason);
  verdict.fix = std::move(fix);
  return verdict;
}

inline Verdict skipped(std::string reason) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::skipped;
  verdict.reason = std::move(reason);
  return verdict;
}

// Ends the case unless it holds.
inline void expect(bool holds, const char* reason, const char* fix) {
  if (!holds) throw Failure{reason, fix};
}

}  // namespace penstock::kit
