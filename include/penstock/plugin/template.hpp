// SPDX-License-Identifier: Apache-2.0
// plugin/template.hpp: text with values of the event put in, such as "{logger}.{field.region}": for
// the options of a plugin that name a topic, a key or a header by what is in the event.
//
//   {logger} {level} {message} {event} {thread} {thread_id} {file} {line} {function} {trace_id}
//   {span_id} {producer} {date} {field.NAME}
//
// {{ and }} are braces. What the event does not have is empty; a field is found by its exact name,
// and of several the last one. {date} is the day of the event in UTC, as 2026-01-31.
// Values are put in as they are: whoever writes them into something with a syntax escapes there.
//
// Threads  append_to() reads only: any
// Errors   the constructor throws std::invalid_argument, which says what is wrong, and where
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/event_view.hpp"

namespace penstock::plugin {

namespace detail {

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};  // the shortest form of a double has 24 characters at most
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

inline void append_value(std::string& out, const penstock::Value& value) {
  switch (value.type()) {
    case penstock::Value::Type::i64:
      return append_number(out, value.i64());
    case penstock::Value::Type::u64:
      return append_number(out, value.u64());
    case penstock::Value::Type::f64:
      return append_number(out, value.f64());
    case penstock::Value::Type::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case penstock::Value::Type::text:
      out += value.text();
  }
}

// `Out` is a std::string, or what else a text can be added to with +=.
template <class Out, std::size_t size>
void append_hex(Out& out, const std::array<std::uint8_t, size>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 2 * size> text{};
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = digits[bytes[i] / 16U];
    text[2 * i + 1] = digits[bytes[i] % 16U];
  }
  out += std::string_view(text.data(), text.size());
}

inline void append_date(std::string& out, std::int64_t time_ns) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(time_ns)};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  const auto two_digits = [&](unsigned number) {
    if (number < 10) out += '0';
    append_number(out, number);
  };
  append_number(out, static_cast<int>(day.year()));
  out += '-';
  two_digits(static_cast<unsigned>(day.month()));
  out += '-';
  two_digits(static_cast<unsigned>(day.day()));
}

}  // namespace detail

class Template {
 public:
  explicit Template(std::string_view text) {
    std::string literal;
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        literal += c;
        ++at;
      } else if (text.substr(at + 1, 1) == text.substr(at, 1)) {
        literal += c;
        at += 2;
      } else {
        const std::size_t end = c == '{' ? text.find('}', at) : std::string_view::npos;
        if (end == std::string_view::npos) {
          throw std::invalid_argument("'" + std::string(text) + "': the '" + c + "' at character " +
                                      std::to_string(at + 1) + " has no other: write '" + c + c +
                                      "' for the character itself");
        }
        parts_.push_back(part_of(text.substr(at + 1, end - at - 1), text));
        parts_.back().before = std::exchange(literal, {});
        at = end + 1;
      }
    }
    rest_ = std::move(literal);
  }

  // The same text for every event.
  bool is_constant() const noexcept { return parts_.empty(); }
  // The same text for all events that have the same {NAME}, of each of these; {field.NAME} is none
  // of them.
  bool depends_only_on(std::initializer_list<std::string_view> its_names) const noexcept {
    return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
      return part.name != Name::field &&
             std::find(its_names.begin(), its_names.end(),
                       names[static_cast<std::size_t>(part.name)]) != its_names.end();
    });
  }

  void append_to(std::string& out, const EventView& event) const {
    for (const Part& part : parts_) {
      out += part.before;
      append(out, part, event);
    }
    out += rest_;
  }

  std::string of(const EventView& event) const {
    std::string out;
    append_to(out, event);
    return out;
  }

 private:
  enum class Name : std::uint8_t {
    logger,
    level,
    message,
    event,
    thread,
    thread_id,
    file,
    line,
    function,
    trace_id,
    span_id,
    producer,
    date,
    field
  };  // in the order of `names`
  static constexpr std::array<std::string_view, 13> names = {
      "logger", "level",    "message",  "event",   "thread",   "thread_id", "file",
      "line",   "function", "trace_id", "span_id", "producer", "date"};

  // Literal text, then a value.
  struct Part {
    Name name = Name::field;
    std::string field{};
    std::string before{};
  };

  static Part part_of(std::string_view name, std::string_view text) {
    constexpr std::string_view field = "field.";
    if (name.starts_with(field) && name.size() > field.size()) {
      return {.name = Name::field, .field = std::string(name.substr(field.size()))};
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return {.name = static_cast<Name>(i)};
    }
    std::string all;
    for (const std::string_view one : names) {
      all += '{';  // piece by piece: gcc 12 warns of what it makes of a sum
      all += one;
      all += "}, ";
    }
    throw std::invalid_argument("'" + std::string(text) + "': there is no {" + std::string(name) +
                                "}, but " + all + "{field.NAME}");
  }

  static void append(std::string& out, const Part& part, const EventView& event) {
    switch (part.name) {
      case Name::logger:
        out += event.logger;
        return;
      case Name::level:
        out += level_name(event.level);
        return;
      case Name::message:
        out += event.message;
        return;
      case Name::event:
        out += event.event;
        return;
      case Name::thread:
        out += event.thread_name;
        return;
      case Name::thread_id:
        return detail::append_number(out, event.thread_id);
      case Name::file:
        out += event.file;
        return;
      case Name::line:
        if (event.line != 0) detail::append_number(out, event.line);
        return;
      case Name::function:
        out += event.function;
        return;
      case Name::trace_id:
        if (event.trace) detail::append_hex(out, event.trace->trace_id);
        return;
      case Name::span_id:
        if (event.trace) detail::append_hex(out, event.trace->span_id);
        return;
      case Name::producer:
        return detail::append_number(out, event.producer);
      case Name::date:
        return detail::append_date(out, event.time_ns);
      case Name::field:
        for (std::size_t i = event.fields.size(); i > 0; --i) {
          const FieldView field = event.fields[i - 1];
          if (field.key == part.field) return detail::append_value(out, field.value);
        }
    }
  }

  std::vector<Part> parts_{};
  std::string rest_{};
};

}  // namespace penstock::plugin
