// SPDX-License-Identifier: Apache-2.0
// event_reader.hpp: lines in, events out, by the format of the input; and how many there were.
//
// A line of text is a message at INFO. A line that should be NDJSON and is of no use goes on as
// text all the same, with a field `malformed` that says why; the pieces of a line that is too long
// have a field `continued` as well. Empty lines are left out, and counted. Of dead letters, what is
// none is left out as well.
//
// Threads  one at a time
// Loss     none: each line that is not empty is one event, or as many as it has pieces; what is no
//          dead letter is counted, and the first one told
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/json_line.hpp"
#include "cli/letter_line.hpp"
#include "cli/line_splitter.hpp"

namespace penstock::cli {

enum class InputFormat {
  automatic,  // each line: NDJSON if it begins with {, else text
  ndjson,
  text,
  letters,  // each line: a dead letter
};

struct LineCounts {
  std::int64_t lines = 0;      // all of them
  std::int64_t empty = 0;      // of these, left out
  std::int64_t malformed = 0;  // of these, forwarded as text
  std::int64_t no_letter = 0;  // of these, left out because they are no dead letters
};

class EventReader {
 public:
  explicit EventReader(InputFormat format) noexcept : format_(format) {}

  // The event of that line, until the next call; null for an empty line. The line must be followed
  // by LineSplitter::padding_bytes readable bytes.
  const EventInput* read(const Line& line);
  // A line that the input did not end, because reading was given up.
  const EventInput* read_cut_off(const Line& line);

  const LineCounts& counts() const noexcept { return counts_; }
  // The first line that is no dead letter, and why; empty when there is none.
  const std::string& first_left_out() const noexcept { return first_left_out_; }

 private:
  const EventInput* read_piece(const Line& line);
  const EventInput* read_json(std::string_view text);
  const EventInput* read_letter(std::string_view text);
  const EventInput* leave_out(std::string_view why);
  const EventInput* as_text(std::string_view text) noexcept;
  const EventInput* as_malformed(std::string_view text, std::string_view why) noexcept;

  const InputFormat format_;
  LineCounts counts_{};
  JsonLine json_{};
  LetterLine letter_{};
  std::string first_left_out_{};
  EventInput plain_{};
  std::array<FieldView, 2> notes_{};
};

}  // namespace penstock::cli
