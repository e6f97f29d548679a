// SPDX-License-Identifier: Apache-2.0
#include "cli/event_reader.hpp"

#include <span>

#include <fmt/format.h>

namespace penstock::cli {

const EventInput* EventReader::read(const Line& line) {
  if (line.kind != Line::Kind::whole) [[unlikely]]
    return read_piece(line);
  counts_.lines += 1;
  if (line.text.empty()) {
    counts_.empty += 1;
    return nullptr;
  }
  if (format_ == InputFormat::text) return as_text(line.text);
  if (format_ == InputFormat::letters) return read_letter(line.text);
  return read_json(line.text);
}

const EventInput* EventReader::read_cut_off(const Line& line) {
  const std::int64_t malformed_before = counts_.malformed;
  const EventInput* const event = read(line);
  // A line that is a whole JSON object has lost its line end only.
  if (event != &plain_ || line.kind == Line::Kind::piece) return event;
  counts_.malformed = malformed_before + 1;
  return as_malformed(line.text, "cut off where reading was stopped");
}

const EventInput* EventReader::read_piece(const Line& line) {
  const bool continued = line.kind == Line::Kind::piece;
  if (!continued) counts_.lines += 1;
  if (format_ == InputFormat::letters) {
    return continued ? nullptr : leave_out("it is longer than a line may be");
  }
  if (!continued) counts_.malformed += 1;
  as_malformed(line.text, "longer than a line may be");
  notes_[1] = {"continued", Value(continued)};
  plain_.fields = notes_;
  return &plain_;
}

const EventInput* EventReader::read_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos && format_ == InputFormat::ndjson) {
    counts_.empty += 1;
    return nullptr;
  }
  const bool is_object = first != std::string_view::npos && text[first] == '{';
  if (!is_object && format_ == InputFormat::automatic) return as_text(text);
  const JsonLine::Outcome outcome = json_.parse(text);
  if (outcome == JsonLine::Outcome::event) return &json_.event();
  counts_.malformed += 1;
  return as_malformed(text, json_.problem());
}

const EventInput* EventReader::read_letter(std::string_view text) {
  return letter_.parse(text) ? &letter_.event() : leave_out(letter_.problem());
}

const EventInput* EventReader::leave_out(std::string_view why) {
  counts_.no_letter += 1;
  if (first_left_out_.empty()) first_left_out_ = fmt::format("line {}: {}", counts_.lines, why);
  return nullptr;
}

const EventInput* EventReader::as_text(std::string_view text) noexcept {
  plain_.message = text;
  plain_.fields = {};
  return &plain_;
}

const EventInput* EventReader::as_malformed(std::string_view text, std::string_view why) noexcept {
  plain_.message = text;
  notes_[0] = {"malformed", Value(why)};
  plain_.fields = std::span(notes_).first(1);
  return &plain_;
}

}  // namespace penstock::cli
