// SPDX-License-Identifier: Apache-2.0
// json_line.hpp: one line of NDJSON becomes an event.
//
// The keys message, level, logger, event, destinations, tags and timestamp are parameters of the
// event; with ids in hexadecimal, trace_id and span_id are its trace. Everything else is a field:
//   numbers       int64, else uint64, else double; what none of them holds is kept as text
//   true, false   bool
//   null          the text "null"; as a parameter: not given
//   lists, objects  their JSON text, as it stands
// A timestamp that cannot be read stays a field, and the event happens now. Of a key that is there
// twice, the last one counts.
//
// Threads  one at a time
// Errors   an outcome and, in words, problem(); never an exception but std::bad_alloc
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/pipeline.hpp"

namespace penstock::cli {

class JsonLine {
 public:
  enum class Outcome {
    event,            // event() is what the line says
    not_json,         // the line is not one JSON object
    wrong_parameter,  // it is, but a parameter of the event is of no use
  };

  JsonLine();
  ~JsonLine();
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  // Behind `line`, LineSplitter::padding_bytes more must be readable.
  Outcome parse(std::string_view line);

  // After Outcome::event. Views into the line and into this object, until the next parse().
  const EventInput& event() const noexcept { return event_; }
  // After the others: what is wrong.
  const std::string& problem() const noexcept { return problem_; }

 private:
  struct Parser;  // simdjson's

  void clear();
  void finish();

  std::unique_ptr<Parser> parser_;
  EventInput event_{};
  std::vector<FieldView> fields_{};
  std::vector<std::string_view> tags_{};
  std::vector<std::string_view> destinations_{};
  std::string_view trace_id_{};
  std::string_view span_id_{};
  TraceContext trace_{};
  std::string problem_{};
};

}  // namespace penstock::cli
