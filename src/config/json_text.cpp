// SPDX-License-Identifier: Apache-2.0
#include "config/json_text.hpp"

#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/scalar.hpp"
#include "config/section.hpp"
#include "config/words.hpp"

namespace penstock::config {
namespace {

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_scalar(std::string& out, const Entry& entry, Report& report) {
  const TreeNode& node = *entry.node;
  if (node.broken) return;
  const Parsed<Value> parsed = parse_scalar(node);
  if (!parsed.value) {
    report.add(node.at, fmt::format("{} {}", in_quotes(entry.name), parsed.problem));
    return;
  }
  const Value& value = *parsed.value;
  switch (value.type()) {
    case Value::Type::i64:
      out += fmt::format("{}", value.i64());
      return;
    case Value::Type::u64:
      out += fmt::format("{}", value.u64());
      return;
    case Value::Type::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case Value::Type::f64:
      if (!std::isfinite(value.f64())) break;
      out += fmt::format("{}", value.f64());
      return;
    case Value::Type::text:
      break;
  }
  append_text(out, node.text);
}

void append(std::string& out, const Entry& entry, Report& report) {
  const TreeNode& node = *entry.node;
  const char* separator = "";
  switch (node.kind) {
    case TreeNode::Kind::null:
      out += "null";
      return;
    case TreeNode::Kind::scalar:
      if (expect_scalar(entry, "a value", report)) append_scalar(out, entry, report);
      return;
    case TreeNode::Kind::sequence:
      out += '[';
      for (const TreePtr& item : node.items) {
        out += std::exchange(separator, ",");
        append(out, {entry.name, entry.name_at, item.get()}, report);
      }
      out += ']';
      return;
    case TreeNode::Kind::mapping:
      out += '{';
      for (const Member& member : node.members) {
        out += std::exchange(separator, ",");
        append_text(out, member.key);
        out += ':';
        append(out, {member.key, member.at, member.value.get()}, report);
      }
      out += '}';
      return;
  }
}

}  // namespace

std::string json_text(const Entry& entry, Report& report) {
  std::string out;
  append(out, entry, report);
  return out;
}

}  // namespace penstock::config
