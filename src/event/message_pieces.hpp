// SPDX-License-Identifier: Apache-2.0
// message_pieces.hpp: a message as literals and arguments in turn, written in place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "event/args.hpp"
#include "event/digits.hpp"
#include "event/escape.hpp"
#include "event/floats.hpp"
#include "event/piece.hpp"
#include "event/plan.hpp"
#include "event/scan.hpp"

namespace penstock::event {

// An argument of any length. False when it has to be escaped together with what is before it.
template <Escape escape>
bool append_argument(const ArgStep& step, ArgReader& reader, base::Buffer& out,
                     std::string& custom);

// The arguments, each with the literal behind it, at the end of `out`, which is `to`: there are
// `room` bytes, at least plan.room, and as many again for each that takes more. Gives the end of
// what it wrote, not committed yet; null when it cannot be done in pieces, and then, as when a
// formatter throws, what was appended is to be taken back.
template <Escape escape>
[[gnu::always_inline]] inline char* put_arguments(const Plan& plan, const std::byte* args, char* to,
                                                  std::size_t room, base::Buffer& out,
                                                  std::string& custom) {
  constexpr auto e = static_cast<std::size_t>(escape);
  ArgReader reader(args);
  for (const ArgStep& step : plan.args) {
    switch (step.show) {
      case Show::no:
        reader.skip(step);
        continue;
      case Show::i64:
        to = put_i64(to, reader.i64());
        break;
      case Show::u64:
        to = put_u64(to, reader.u64());
        break;
      case Show::f64:
        to = put_double(to, reader.f64());
        break;
      case Show::f32:
        to = put_float(to, reader.f32());
        break;
      case Show::boolean:
        to = put_text(to, reader.boolean() ? "true" : "false");
        break;
      case Show::pointer:
        to = put_pointer(to, reader.u64());
        break;
      case Show::text: {
        ArgReader ahead = reader;
        if (put_short<escape>(to, ahead.text())) {
          reader = ahead;
          break;
        }
        [[fallthrough]];
      }
      default:
        out.commit(to);
        if (!append_argument<escape>(step, reader, out, custom)) return nullptr;
        to = out.ensure(room);
    }
    to = put_piece(to, step.after[e]);
  }
  return to;
}

}  // namespace penstock::event
