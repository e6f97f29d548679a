// SPDX-License-Identifier: Apache-2.0
// formatter.hpp: events as syslog messages, of RFC 5424 or RFC 3164, framed for the transport.
//
// Threads  one at a time
// Bound    no message is longer than Format::max_message, header and all; its frame is not counted
// Errors   the constructor throws std::invalid_argument for a template or a name that is wrong
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <penstock/event_view.hpp>
#include <penstock/plugin/template.hpp>

#include "encoded.hpp"
#include "text.hpp"
#include "timestamp.hpp"

namespace penstock::syslog {

enum class Protocol { rfc5424, rfc3164 };
enum class Framing {
  none,            // a datagram is a message
  octet_counting,  // RFC 6587 3.4.1: its length in front of it
  lf               // RFC 6587 3.4.2: a line
};
enum class Oversize { cut, split, refuse };

// The least that max_message may be: a header of the longest fields, and some room.
inline constexpr std::size_t least_max_message = 1024;

struct Format {
  Protocol protocol = Protocol::rfc5424;
  Framing framing = Framing::octet_counting;
  Oversize oversize = Oversize::cut;
  unsigned facility = 1;
  std::string hostname{};  // in RFC 3164 none when it is empty, as local sockets have it
  std::string app_name = "{logger}";
  std::string procid{};
  std::string msgid = "{event}";
  std::string message = "{message}";
  bool structured_data = true;
  std::string sd_id = "fields@32473";
  bool bom = false;
  std::size_t max_message = 8192;
};

class Formatter {
 public:
  explicit Formatter(Format format);

  // Adds the messages of an event. With `ready` that is the message's text instead of the template.
  void add(Encoded& out, const EventView& event, const std::string_view* ready = nullptr);

 private:
  // A part of a message that was split.
  struct Part {
    std::size_t number = 0;  // 0: it was not
    std::size_t of = 0;
  };
  // What stands in front of a parameter's value, ` venue="`, and of what name it was made.
  struct ParamStart {
    std::string name{};
    Bytes text{};
  };
  static constexpr std::size_t no_limit = SIZE_MAX;

  void append_head(Bytes& out, const EventView& event, std::size_t sd_bytes_max, Part part);
  void append_rfc5424(Bytes& out, const EventView& event, std::size_t sd_bytes_max, Part part);
  bool has_same_head(const EventView& event) const noexcept;
  void make_head_text(const EventView& event);
  std::string_view param_start(std::size_t index, std::string_view name);
  void append_rfc3164(Bytes& out, const EventView& event);
  void append_fields(Bytes& out, const EventView& event, std::size_t bytes_max);
  std::string_view text_of(const EventView& event, const std::string_view* ready);
  void append_body(Bytes& out, std::string_view text) const;
  std::string_view body_start() const noexcept;
  void add_in_parts(Encoded& out, const EventView& event, std::string_view text,
                    std::size_t body_bytes);
  void add_framed(Encoded& out, std::string_view head, std::string_view body);
  void end_frame(Encoded& out, std::size_t begin) const;
  std::string_view value_of(const plugin::Template& text, const EventView& event);

  Format format_;
  Controls controls_;
  plugin::Template app_name_;
  plugin::Template procid_;
  plugin::Template msgid_;
  plugin::Template message_;
  bool message_is_plain_;
  bool head_is_usual_;  // APP-NAME, PROCID and MSGID: of the logger and the event name only
  std::string part_id_{};
  std::array<std::string, 6> priorities_{};  // "<14>1 ", by level
  std::string hostname_{};                   // " alpha "
  std::string element_start_{};              // "[fields@32473"
  Bytes made_{};                             // what is being made of the next two
  Bytes head_text_{};                        // what follows the time; empty until it is made
  std::string head_logger_{};                // of the event of which it was made
  std::string head_event_{};
  std::array<ParamStart, 32> param_starts_{};  // of the fields of the last event
  std::string scratch_{};
  Bytes head_{};
  std::string text_{};
  Timestamp time_{};
};

}  // namespace penstock::syslog
