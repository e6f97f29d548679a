// SPDX-License-Identifier: Apache-2.0
// pattern.hpp: the pattern of text lines, read.
//
//   {time} {time:us}  2026-01-02T03:04:05.123456Z; {time:s} {time:ms} {time:ns} likewise
//   {level}           padded to 8 characters
//   {logger} {thread} {thread_name} {pid}
//   {file} {line}     file name without folders, or "-"; 0 when not known
//   {path} {function} as the compiler gave them, or "-"
//   {message}         and a mark when it was cut
//   {fields}          " key=value" for each field
//   {event}           the event's name, or nothing
//   {tags}            separated by commas
//   {trace_id} {span_id}  in hexadecimal, or nothing
//   {{ }}             braces
// All else stands for itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::event {

enum class PatternName : std::uint8_t {
  time_s,
  time_ms,
  time_us,
  time_ns,
  level,
  logger,
  thread,
  thread_name,
  pid,
  file,
  path,
  line,
  file_line,  // {file}:{line}
  function,
  message,
  fields,
  event,
  tags,
  trace_id,
  span_id,
  end,  // nothing: the pattern's end
};

struct PatternPart {
  std::string before{};  // the literal in front of it
  PatternName name = PatternName::end;
};

struct Pattern {
  std::vector<PatternPart> parts{};  // the last one is `end`
  Errors errors{};                   // what is wrong stands in the pattern as a literal
};

Pattern parse_pattern(std::string_view text);

}  // namespace penstock::event
