// SPDX-License-Identifier: Apache-2.0
#include "kit/junit.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "event/utf8.hpp"

namespace penstock::kit {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// XML has no way to write control characters, nor what is no UTF-8, nor U+FFFE and U+FFFF.
void append_byte(std::string& out, char c) {
  switch (c) {
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '&':
      out += "&amp;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\n':
      out += "&#10;";
      return;
    case '\t':
      out += "&#9;";
      return;
    default:
      out += static_cast<unsigned char>(c) < 0x20 ? replacement : std::string_view(&c, 1);
  }
}

std::string xml(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_byte(out, text[i++]);
      continue;
    }
    const event::Utf8Character character = event::utf8_character(&text[i], text.size() - i);
    const std::string_view bytes = text.substr(i, character.size);
    const bool is_none = bytes == "\xEF\xBF\xBE" || bytes == "\xEF\xBF\xBF";
    out += character.valid && !is_none ? bytes : replacement;
    i += character.size;
  }
  return out;
}

std::string outcome(const PlannedCase& planned, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::passed:
      return verdict.note.empty()
                 ? std::string()
                 : fmt::format("      <system-out>{}</system-out>\n", xml(verdict.note));
    case Verdict::Kind::skipped:
      return fmt::format("      <skipped message=\"{}\"/>\n", xml(verdict.reason));
    case Verdict::Kind::failed:
      break;
  }
  std::string text =
      fmt::format("expected: {}\nfound: {}\nfix: {}\n", planned.what, verdict.reason, verdict.fix);
  if (!verdict.place.empty()) text += fmt::format("at: {}\n", verdict.place);
  text =
      fmt::format("      <failure message=\"{}\">{}</failure>\n", xml(verdict.reason), xml(text));
  if (verdict.output.empty()) return text;
  return text + fmt::format("      <system-err>{}</system-err>\n", xml(verdict.output));
}

}  // namespace

std::string junit(const std::string& suite,
                  const std::vector<std::pair<PlannedCase, CaseResult>>& results) {
  const auto count = [&](Verdict::Kind kind) {
    return std::count_if(results.begin(), results.end(),
                         [&](const auto& each) { return each.second.verdict.kind == kind; });
  };
  double seconds = 0;
  std::string cases;
  for (const auto& [planned, result] : results) {
    seconds += result.taken.count();
    const std::string inside = outcome(planned, result.verdict);
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml(suite),
                         xml(planned.name()), result.taken.count());
    cases += inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n";
  }
  const std::string totals = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3f}\"", results.size(),
      count(Verdict::Kind::failed), count(Verdict::Kind::skipped), seconds);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"{}\" {}>\n{}  </testsuite>\n</testsuites>\n",
      xml(suite), totals, cases);
}

}  // namespace penstock::kit
