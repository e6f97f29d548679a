// SPDX-License-Identifier: Apache-2.0
#include "event/message.hpp"

#include <exception>

#include <fmt/format.h>

#include "event/args.hpp"
#include "event/digits.hpp"
#include "event/dynamic_message.hpp"
#include "event/message_pieces.hpp"
#include "event/plan.hpp"

namespace penstock::event {
namespace {

template <class T>
void format_into(fmt::memory_buffer& out, std::string_view spec, const T& value) {
  fmt::vformat_to(fmt::appender(out), fmt::string_view(spec.data(), spec.size()),
                  fmt::make_format_args(value));
}

void format_specified(const ArgStep& step, ArgReader& reader, fmt::memory_buffer& out) {
  switch (step.type) {
    case detail::ArgType::i64:
      return format_into(out, step.spec, reader.i64());
    case detail::ArgType::u64:
      return format_into(out, step.spec, reader.u64());
    case detail::ArgType::f64:
      return format_into(out, step.spec, reader.f64());
    case detail::ArgType::f32:
      return format_into(out, step.spec, reader.f32());
    case detail::ArgType::boolean:
      return format_into(out, step.spec, reader.boolean());
    case detail::ArgType::character:
      return format_into(out, step.spec, reader.character());
    case detail::ArgType::text:
      return format_into(out, step.spec, reader.text());
    case detail::ArgType::pointer:
      return format_into(out, step.spec, reinterpret_cast<const void*>(reader.u64()));
    case detail::ArgType::custom:
      return;  // Show::custom
  }
}

// False when the text has to be escaped together with what is before it.
template <Escape escape>
bool append_text(base::Buffer& out, std::string_view text) {
  if constexpr (escape != Escape::none) {
    if (begins_inside_character(text)) [[unlikely]]
      return false;
  }
  append_escaped<escape>(out, text);
  return true;
}

}  // namespace

template <Escape escape>
bool append_argument(const ArgStep& step, ArgReader& reader, base::Buffer& out,
                     std::string& custom) {
  if (step.show == Show::text) return append_text<escape>(out, reader.text());
  if (step.show == Show::specified) {
    fmt::memory_buffer formatted;
    format_specified(step, reader, formatted);
    return append_text<escape>(out, {formatted.data(), formatted.size()});
  }
  if (step.show == Show::custom) {
    custom.clear();
    step.custom(reader.bytes(step.size), step.spec, custom);
    return append_text<escape>(out, custom);
  }
  const char character = reader.character();
  return append_text<escape>(out, {&character, 1});
}

namespace {

// Piece by piece. False when that cannot be done; what was appended then is to be taken back.
template <Escape escape>
bool append_pieces(const Plan& plan, const std::byte* args, base::Buffer& out,
                   std::string& custom) {
  char* const behind_head = put_piece(out.ensure(plan.room), plan.head[static_cast<int>(escape)]);
  char* const end = put_arguments<escape>(plan, args, behind_head, plan.room, out, custom);
  if (end == nullptr) return false;
  out.commit(end);
  return true;
}

void append_format_error(const Plan& plan, const char* what, base::Buffer& out) {
  out.append("[format error: ");
  out.append(what);
  out.append("] ");
  out.append(plan.format);
}

void format_raw(const EventParts& parts, base::Buffer& out, std::string& custom) {
  const std::size_t start = out.size();
  const Plan& plan = *parts.plan;
  try {
    if (plan.dynamic) {
      append_dynamic_message(plan, parts.args, out);
    } else {
      append_pieces<Escape::none>(plan, parts.args, out, custom);
    }
  } catch (const std::exception& error) {
    out.resize_uninitialized(start);
    append_format_error(plan, error.what(), out);
  } catch (...) {
    out.resize_uninitialized(start);
    append_format_error(plan, "unknown", out);
  }
}

template <Escape escape>
bool try_pieces(const EventParts& parts, base::Buffer& out, std::string& custom) {
  const Plan& plan = *parts.plan;
  if (!plan.in_pieces()) return false;
  const std::size_t start = out.size();
  try {
    if (append_pieces<escape>(plan, parts.args, out, custom)) return true;
  } catch (...) {
    // The slow way meets it again, and reports it.
  }
  out.resize_uninitialized(start);
  return false;
}

}  // namespace

bool ready_message(const EventParts& parts, std::string_view& message) {
  if (parts.has_message || parts.plan == nullptr) {
    message = parts.message;
    return true;
  }
  if (!parts.formatted && !parts.plan->is_text) return false;
  message = ArgReader(parts.args).text();
  return true;
}

void format_message(const EventParts& parts, base::Buffer& out) {
  std::string_view message;
  if (ready_message(parts, message)) return out.append(message);
  std::string custom;
  format_raw(parts, out, custom);
}

template <Escape escape>
void write_message(const EventParts& parts, base::Buffer& out, MessageScratch& scratch) {
  std::string_view message;
  if (ready_message(parts, message)) return append_escaped<escape>(out, message);
  if (try_pieces<escape>(parts, out, scratch.custom)) [[likely]]
    return;
  scratch.raw.clear();
  format_raw(parts, scratch.raw, scratch.custom);
  append_escaped<escape>(out, scratch.raw.view());
}

void append_truncated_mark(std::uint64_t bytes, base::Buffer& out) {
  out.append(" [truncated ");
  out.commit(put_u64(out.ensure(integer_room), bytes));
  out.append(" bytes]");
}

template bool append_argument<Escape::none>(const ArgStep&, ArgReader&, base::Buffer&,
                                            std::string&);
template bool append_argument<Escape::text>(const ArgStep&, ArgReader&, base::Buffer&,
                                            std::string&);
template bool append_argument<Escape::json>(const ArgStep&, ArgReader&, base::Buffer&,
                                            std::string&);
template void write_message<Escape::text>(const EventParts&, base::Buffer&, MessageScratch&);
template void write_message<Escape::json>(const EventParts&, base::Buffer&, MessageScratch&);

}  // namespace penstock::event
