// SPDX-License-Identifier: Apache-2.0
// letter_line.hpp: one line of a file of dead letters (a sink with `format: json`) becomes the
// event that it was, for the sink that refused it.
//
// Time, level, logger, message, event, tags, trace and fields are what they were. Thread and place,
// which belong to a call in a program, become fields. The fields of event/letter_fields.hpp go; an
// application's own that begin with dead_letter_ stay. It is sent as it is (EventInput::as_is).
//
// Threads  one at a time
// Errors   false and, in words, problem(); never an exception but std::bad_alloc
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/pipeline.hpp"

namespace penstock::cli {

class LetterLine {
 public:
  LetterLine();
  ~LetterLine();
  LetterLine(const LetterLine&) = delete;
  LetterLine& operator=(const LetterLine&) = delete;

  bool parse(std::string_view line);

  // After true. Views into this object, until the next parse().
  const EventInput& event() const noexcept { return event_; }
  // After false.
  const std::string& problem() const noexcept { return problem_; }

 private:
  struct Parser;  // simdjson's

  std::unique_ptr<Parser> parser_;
  EventInput event_{};
  std::vector<FieldView> fields_{};
  std::vector<std::string_view> tags_{};
  std::vector<std::string_view> destinations_{};
  TraceContext trace_{};
  std::string problem_{};
};

}  // namespace penstock::cli
