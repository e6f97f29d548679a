// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_reader.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "config/keys.hpp"

namespace penstock::config {
namespace {

constexpr std::array<Word<SignatureRule>, 3> rules = {{
    {"off", SignatureRule::off},
    {"warn", SignatureRule::warn},
    {"enforce", SignatureRule::enforce},
}};

constexpr std::array<Word<Isolation>, 2> isolations = {{
    {"none", Isolation::none},
    {"process", Isolation::process},
}};

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

// Whoever starts the process chooses its environment; the rules are those of the file's owner.
void expect_written_out(const TreeNode& node, std::string_view key, Report& report) {
  if (node.has_variables) {
    report.add(node.at, fmt::format("{} cannot have ${{...}}: the environment does not say which "
                                    "plugins may be loaded",
                                    in_quotes(key)));
  }
  for (const TreePtr& item : node.items) expect_written_out(*item, key, report);
  for (const Member& member : node.members) {
    if (member.key_has_variables) {
      report.add(member.at, fmt::format("a key in {} cannot have ${{...}}", in_quotes(key)));
    }
    expect_written_out(*member.value, key, report);
  }
}

void read_directories(const Section& plugins, std::vector<std::string>& target) {
  const std::optional<Entry> list = plugins.find("directories");
  if (!list || !expect_sequence(*list, plugins.report())) return;
  for (const TreePtr& item : list->node->items) {
    const auto path = read_text({"directories", item->at, item.get()}, plugins.report());
    if (!path) continue;
    if (is_absolute(*path)) {
      target.push_back(*path);
    } else {
      plugins.report().add(
          item->at, fmt::format("'directories' must be absolute paths, not {}", in_quotes(*path)));
    }
  }
}

void read_path(const Section& plugins, std::string_view key, std::string& target) {
  const std::optional<Entry> entry = plugins.find(key);
  if (!entry) return;
  const auto path = read_text(*entry, plugins.report());
  if (!path) return;
  if (is_absolute(*path)) {
    target = *path;
  } else {
    plugins.report().add(entry->node->at, fmt::format("{} must be an absolute path, not {}",
                                                      in_quotes(key), in_quotes(*path)));
  }
}

// The letters of an id, and a dot; that it is one is for the manifest to show. A name that no
// plugin can have would be a rule that never holds.
bool may_be_id(std::string_view text) {
  return text.find('.') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

bool expect_id(const std::string& id, Position at, std::string_view key, Report& report) {
  if (may_be_id(id)) return true;
  report.add(at, fmt::format("{} names plugins by their id, such as org.example.kafka, not {}",
                             in_quotes(key), in_quotes(id)));
  return false;
}

// "sha256:" and 64 hexadecimal digits, in lower case; empty when it is none.
std::string digest_of(std::string text) {
  constexpr std::string_view beginning = "sha256:";
  constexpr std::size_t digits = 64;
  if (!text.starts_with(beginning) || text.size() != beginning.size() + digits) return {};
  for (std::size_t i = beginning.size(); i < text.size(); ++i) {
    const auto letter = static_cast<unsigned char>(text[i]);
    if (std::isxdigit(letter) == 0) return {};
    text[i] = static_cast<char>(std::tolower(letter));
  }
  return text;
}

void read_pins(const Section& plugins, PluginOptions& options) {
  const std::optional<Entry> pins = plugins.find("pins");
  if (!pins || !expect_mapping(*pins, plugins.report())) return;
  for (const Member& member : pins->node->members) {
    const bool is_id = expect_id(member.key, member.at, "pins", plugins.report());
    const auto text = read_text({member.key, member.at, member.value.get()}, plugins.report());
    if (!text || !is_id) continue;
    std::string digest = digest_of(*text);
    if (digest.empty()) {
      plugins.report().add(member.value->at,
                           fmt::format("the pin of {} must be sha256: and the 64 digits that "
                                       "sha256sum shows, not {}",
                                       in_quotes(member.key), in_quotes(*text)));
    } else {
      options.pins[member.key] = std::move(digest);
    }
  }
}

void read_allow_unsigned(const Section& plugins, PluginOptions& options) {
  const std::optional<Entry> list = plugins.find("allow_unsigned");
  if (!list || !expect_sequence(*list, plugins.report())) return;
  for (const TreePtr& item : list->node->items) {
    const auto id = read_text({"allow_unsigned", item->at, item.get()}, plugins.report());
    if (id && expect_id(*id, item->at, "allow_unsigned", plugins.report())) {
      options.allow_unsigned.insert(*id);
    }
  }
}

}  // namespace

PluginOptions read_plugins(const Section& root) {
  PluginOptions options;
  const std::optional<Entry> entry = root.find("plugins");
  if (!entry || !expect_mapping(*entry, root.report())) return options;
  options.is_written = true;
  check_keys(*entry->node, {&keys::plugins}, root.report());
  for (const Member& member : entry->node->members) {
    if (member.key_has_variables) {
      root.report().add(member.at, "a key in 'plugins' cannot have ${...}");
    }
    if (member.key != "directories") expect_written_out(*member.value, member.key, root.report());
  }
  const Section plugins(*entry->node, root.report());
  read_directories(plugins, options.directories);
  plugins.word("signature", rules, options.signature);
  read_path(plugins, "trust", options.trust);
  read_path(plugins, "revoked", options.revoked);
  read_path(plugins, "state", options.state);
  read_pins(plugins, options);
  read_allow_unsigned(plugins, options);
  plugins.word("isolation", isolations, options.isolation);
  plugins.size("process_max_bytes", limits::process_max_bytes, options.process_max_bytes);
  return options;
}

std::optional<Isolation> read_isolation(const Section& sink) {
  const std::optional<Entry> entry = sink.find("isolation");
  if (!entry) return std::nullopt;
  if (entry->node->has_variables) {
    sink.report().add(entry->node->at,
                      "'isolation' cannot have ${...}: the environment does not say what a plugin "
                      "may do");
  }
  Isolation isolation = Isolation::process;  // also when it is another word, which is reported
  sink.word("isolation", isolations, isolation);
  return isolation;
}

}  // namespace penstock::config
