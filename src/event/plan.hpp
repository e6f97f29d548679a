// SPDX-License-Identifier: Apache-2.0
// plan.hpp: what the workers make of a call site, once: the format string split into literal pieces
// (escaped already, for each kind of output), how each argument is shown, the place as text.
//
// Threads  [any]; immutable once published
// Bound    one for each call site that has logged, never freed: call sites are static
// Sync     [S2], see detail::CallSite
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/escape.hpp"
#include "event/piece.hpp"
#include "penstock/call_site.hpp"

namespace penstock::event {

// What to do about an argument on the way through a record. The first are for "{}".
enum class Show : std::uint8_t {
  i64,
  u64,
  f64,
  f32,
  boolean,
  character,
  text,
  pointer,
  custom,     // with any specification
  specified,  // a built-in type with a specification: fmt formats it
  no,         // a field, or an argument that no placeholder uses
};

// One argument, in the order of the record.
struct ArgStep {
  Show show = Show::no;
  detail::ArgType type = detail::ArgType::text;
  bool is_field = false;
  bool copied_key = false;
  std::uint32_t size = 0;  // of a custom type's bytes
  detail::CustomFormat custom = nullptr;
  std::string_view spec{};      // "{:>8}", part of the format string
  Piece after[escape_count]{};  // the literal behind it, by Escape
};

struct Plan {
  std::string_view format{};
  Piece head[escape_count]{};  // the literal before the first argument
  std::vector<ArgStep> args{};
  std::size_t room = 0;  // enough for all literals and scalars of the message, in any Escape
  std::size_t field_count = 0;
  bool dynamic = false;  // numbered or nested arguments: fmt formats the message in one go
  bool is_text = false;  // the message is the first argument, a text, and nothing else
  bool joined = false;   // a literal continues what an argument may have begun: escape as a whole

  std::string_view path{};  // as the compiler gave it; empty when the place is not known
  std::string_view function{};
  std::uint32_t line = 0;
  // The place as the encoders show it.
  Piece file_text{};  // file name without folders, escaped for text; "-" when not known
  Piece path_text{};
  Piece function_text{};
  Piece file_line_text{};  // "orders.cpp:42"
  Piece place_json{};      // "file":"orders.cpp","line":42,"function":"run",
  Piece place_logfmt{};    //  file=orders.cpp line=42 function=run

  PieceStore literals{};  // what the pieces refer to

  // Neither: the message may be written piece by piece, in any Escape.
  bool in_pieces() const noexcept { return !dynamic && !joined; }
};

// The plan of a site that is filled; made on first use. May allocate then. [any]
const Plan& make_plan_of(const detail::CallSite& site);

inline const Plan& plan_of(const detail::CallSite& site) {
  // [S2] acquire: partner is the compare-exchange in make_plan_of(), which publishes the plan.
  const void* const plan = site.plan.load(std::memory_order_acquire);
  if (plan != nullptr) [[likely]]
    return *static_cast<const Plan*>(plan);
  return make_plan_of(site);
}

}  // namespace penstock::event
