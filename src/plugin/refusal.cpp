// SPDX-License-Identifier: Apache-2.0
#include "plugin/refusal.hpp"

#include <fmt/format.h>

#include "plugin/words.hpp"

namespace penstock::plugin {

std::string_view to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::find:
      return "find";
    case Stage::elf:
      return "elf";
    case Stage::manifest:
      return "manifest";
    case Stage::signature:
      return "signature";
    case Stage::schema:
      return "schema";
    case Stage::probe:
      return "probe";
    case Stage::load:
      return "load";
    case Stage::handshake:
      return "handshake";
    case Stage::create:
      return "create";
    case Stage::open:
      return "open";
  }
  return "?";
}

std::string to_string(const Refusal& refusal) {
  std::string text = refusal.file;
  if (!refusal.plugin.empty()) text += fmt::format(" ({})", refusal.plugin);
  if (!text.empty()) text += ": ";
  text += fmt::format("{}: {}: {}", to_string(refusal.stage), refusal.code, refusal.reason);
  if (!refusal.fix.empty()) text += "; " + refusal.fix;
  return one_line(text);
}

}  // namespace penstock::plugin
