// SPDX-License-Identifier: Apache-2.0
#include "event/plan.hpp"

#include <algorithm>
#include <memory>

#include "base/buffer.hpp"
#include "event/digits.hpp"
#include "event/floats.hpp"
#include "event/format_split.hpp"
#include "event/logfmt_value.hpp"
#include "event/scan.hpp"

namespace penstock::event {
namespace {

using detail::ArgSpec;
using detail::ArgType;

constexpr std::size_t value_room = 48;  // of any number, and of a short text
static_assert(value_room >= float_room && value_room >= integer_room &&
              value_room >= pointer_room && value_room >= short_text_max);

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

std::string escaped(Escape escape, std::string_view text) {
  base::Buffer out;
  if (escape == Escape::none) append_escaped<Escape::none>(out, text);
  if (escape == Escape::text) append_escaped<Escape::text>(out, text);
  if (escape == Escape::json) append_escaped<Escape::json>(out, text);
  return std::string(out.view());
}

Show show_of(ArgType type, std::string_view spec) {
  if (type == ArgType::custom) return Show::custom;
  if (spec != "{}" && spec != "{:}") return Show::specified;
  switch (type) {
    case ArgType::i64:
      return Show::i64;
    case ArgType::u64:
      return Show::u64;
    case ArgType::f64:
      return Show::f64;
    case ArgType::f32:
      return Show::f32;
    case ArgType::boolean:
      return Show::boolean;
    case ArgType::character:
      return Show::character;
    case ArgType::text:
      return Show::text;
    case ArgType::pointer:
      return Show::pointer;
    case ArgType::custom:
      return Show::custom;
  }
  return Show::specified;
}

void add_args(Plan& plan, const ArgSpec* specs, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    ArgStep step;
    step.type = specs[i].type;
    step.is_field = specs[i].is_field;
    step.copied_key = specs[i].copied_key;
    step.size = specs[i].size;
    step.custom = specs[i].custom;
    if (step.is_field) ++plan.field_count;
    plan.args.push_back(step);
  }
}

// Keeps `literal` in every escape; `pieces` refer to it.
void add_literal(Plan& plan, std::string_view literal, Piece (&pieces)[escape_count]) {
  std::size_t longest = 0;
  for (std::size_t e = 0; e < escape_count; ++e) {
    pieces[e] = plan.literals.add(escaped(static_cast<Escape>(e), literal));
    longest = std::max(longest, pieces[e].size);
  }
  plan.room += longest + piece_padding;
  if (begins_inside_character(literal)) plan.joined = true;
}

// The placeholders go to the arguments that are no fields, one by one.
void add_message(Plan& plan) {
  FormatSplit split;
  const auto arguments = static_cast<std::size_t>(std::count_if(
      plan.args.begin(), plan.args.end(), [](const ArgStep& step) { return !step.is_field; }));
  if (!split_format(plan.format, split) || split.specs.size() > arguments) {
    plan.dynamic = true;
    return;
  }
  add_literal(plan, split.literals[0], plan.head);
  std::size_t next = 0;
  for (ArgStep& step : plan.args) {
    if (step.is_field || next == split.specs.size()) continue;
    step.spec = split.specs[next];
    step.show = show_of(step.type, step.spec);
    plan.room += value_room;
    ++next;
    add_literal(plan, split.literals[next], step.after);
  }
  plan.is_text = plan.format == "{}" && plan.args.front().show == Show::text;
}

void add_place(Plan& plan) {
  const bool known = !plan.path.empty();
  const std::string_view path = known ? plan.path : "-";
  const std::string_view file = known ? path.substr(path.rfind('/') + 1) : path;
  const std::string line = std::to_string(plan.line);
  const std::string file_text = escaped(Escape::text, file);
  plan.file_text = plan.literals.add(file_text);
  plan.file_line_text = plan.literals.add(file_text + ':' + line);
  plan.path_text = plan.literals.add(escaped(Escape::text, path));
  plan.function_text =
      plan.literals.add(plan.function.empty() ? "-" : escaped(Escape::text, plan.function));
  std::string json;
  base::Buffer logfmt;
  if (known) {
    json += "\"file\":\"" + escaped(Escape::json, file) + "\",";
    logfmt.append(" file=");
    append_logfmt_text(logfmt, file);
  }
  if (plan.line != 0) {
    json += "\"line\":" + line + ',';
    logfmt.append(" line=" + line);
  }
  if (!plan.function.empty()) {
    json += "\"function\":\"" + escaped(Escape::json, plan.function) + "\",";
    logfmt.append(" function=");
    append_logfmt_text(logfmt, plan.function);
  }
  plan.place_json = plan.literals.add(std::move(json));
  plan.place_logfmt = plan.literals.add(std::string(logfmt.view()));
}

std::unique_ptr<Plan> build(const detail::CallSite& site) {
  auto plan = std::make_unique<Plan>();
  // [S1] acquire: partner is the release store in register_call_site(); the others ride on it.
  const char* const format = site.format.load(std::memory_order_acquire);
  if (format != nullptr) {
    // [S1] relaxed, here and below: published by `format`.
    plan->format = {format, site.format_size.load(std::memory_order_relaxed)};
  }
  plan->path = text_or_empty(site.file.load(std::memory_order_relaxed));
  plan->function = text_or_empty(site.function.load(std::memory_order_relaxed));
  plan->line = site.line.load(std::memory_order_relaxed);
  add_args(*plan, site.args.load(std::memory_order_relaxed),
           site.arg_count.load(std::memory_order_relaxed));
  add_message(*plan);
  add_place(*plan);
  return plan;
}

}  // namespace

const Plan& make_plan_of(const detail::CallSite& site) {
  auto plan = build(site);
  const void* other = nullptr;
  // The plan is no part of what the site says: workers may set it in a site that is const to them.
  auto& slot = const_cast<detail::CallSite&>(site).plan;
  // [S2] release: publishes the plan to plan_of(). acquire: another worker may have been faster,
  // and then its plan is the one, and ours goes.
  if (slot.compare_exchange_strong(other, plan.get(), std::memory_order_release,
                                   std::memory_order_acquire)) {
    return *plan.release();
  }
  return *static_cast<const Plan*>(other);
}

}  // namespace penstock::event
