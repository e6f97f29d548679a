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
  // The values of APP-NAME, PROCID and MSGID, one after the other, and where two of them end.
  struct HeadKey {
    std::string text{};
    std::size_t app_name_end = 0;
    std::size_t procid_end = 0;
    friend bool operator==(const HeadKey&, const HeadKey&) = default;
  };
  static constexpr std::size_t no_limit = SIZE_MAX;

  void append_head(std::string& out, const EventView& event, std::size_t sd_bytes_max, Part part);
  void append_rfc5424(std::string& out, const EventView& event, std::size_t sd_bytes_max,
                      Part part);
  void make_head_text(const EventView& event);
  void append_rfc3164(std::string& out, const EventView& event);
  void append_fields(std::string& out, const EventView& event, std::size_t bytes_max);
  std::string_view text_of(const EventView& event, const std::string_view* ready);
  void append_body(std::string& out, std::string_view text) const;
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
  bool head_is_constant_;
  std::string part_id_{};
  std::array<std::string, 6> priorities_{};  // "<14>1 ", by level
  HeadKey head_key_{};                       // of what `head_text_` is made
  HeadKey next_key_{};
  std::string head_text_{};  // what follows the time
  std::string hostname_{};
  std::string scratch_{};
  std::string head_{};
  std::string text_{};
  Timestamp time_{};
};

}  // namespace penstock::syslog
