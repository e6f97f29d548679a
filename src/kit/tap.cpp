// SPDX-License-Identifier: Apache-2.0
#include "kit/tap.hpp"

#include <string_view>

#include <fmt/format.h>

#include "plugin/json.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

// A '#' would begin a directive.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : plugin::one_line(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// As a string of JSON, which is one of YAML too.
void add(std::string& text, std::string_view key, const std::string& value) {
  if (value.empty()) return;
  text += fmt::format("  {}: {}\n", key, plugin::json_text(plugin::Value(value)));
}

std::string diagnosis(const PlannedCase& planned, const CaseResult& result) {
  const Verdict& verdict = result.verdict;
  std::string text = "  ---\n";
  if (verdict.kind == Verdict::Kind::failed) {
    add(text, "expected", std::string(planned.what));
    add(text, "found", verdict.reason);
    add(text, "fix", verdict.fix);
    add(text, "at", verdict.place);
    add(text, "stderr", verdict.output);
  }
  add(text, "note", verdict.note);
  return text + fmt::format("  duration_ms: {:.1f}\n  ...\n", result.taken.count() * 1'000);
}

}  // namespace

std::string tap_begin(std::size_t count) { return fmt::format("TAP version 14\n1..{}\n", count); }

std::string tap_result(std::size_t number, const PlannedCase& planned, const CaseResult& result) {
  const Verdict& verdict = result.verdict;
  const bool has_failed = verdict.kind == Verdict::Kind::failed;
  std::string text =
      fmt::format("{} {} - {}", has_failed ? "not ok" : "ok", number, escaped(planned.name()));
  if (verdict.kind == Verdict::Kind::skipped)
    return text + " # SKIP " + escaped(verdict.reason) + "\n";
  text += "\n";
  return has_failed || !verdict.note.empty() ? text + diagnosis(planned, result) : text;
}

}  // namespace penstock::kit
