// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_stages.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "cli/plugin_signing.hpp"
#include "config/keys.hpp"
#include "host/reserved_keys.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/elf_file.hpp"

namespace penstock::cli {
namespace {

namespace fs = std::filesystem;
using plugin::Component;
using plugin::Refusal;
using State = PluginStage::State;

enum Step : std::size_t {
  found,
  file,
  elf,
  manifest,
  interface,
  symbols,
  version,
  type,
  signature
};
constexpr std::array<std::string_view, 9> step_names = {
    "found", "file", "elf", "manifest", "interface", "symbols", "version", "type", "signature"};

// Which of the checks said so.
Step step_of(const Refusal& refusal) {
  switch (refusal.stage) {
    case plugin::Stage::find:
      return file;
    case plugin::Stage::elf: {
      constexpr std::array<std::string_view, 4> codes = {"needed", "no-entry", "exports", "unique"};
      return std::find(codes.begin(), codes.end(), refusal.code) == codes.end() ? elf : symbols;
    }
    case plugin::Stage::manifest:
      return refusal.code == "abi" ? interface : manifest;
    case plugin::Stage::schema:
      return manifest;
    default:
      return signature;
  }
}

std::string failure_text(std::string_view code, std::string_view reason, std::string_view fix) {
  return fmt::format("{}: {}; {}", code, reason, fix);
}

std::string failure_text(const Refusal& refusal) {
  return failure_text(refusal.code, refusal.reason, refusal.fix);
}

// What a file says, also one that would not be used.
std::optional<plugin::Manifest> peek(const std::string& path) {
  const fs::path whole(path);
  const auto opened = plugin::PluginFile::open(path, {.base = whole.parent_path(), .user = {}});
  if (!opened) return std::nullopt;
  const auto read = plugin::read_elf(opened->source());
  if (!read) return std::nullopt;
  auto said = plugin::read_manifest(*read);
  if (!said) return std::nullopt;
  return *std::move(said);
}

bool is_plugin_file(const std::string& path) { return path.ends_with(plugin::plugin_ending); }

class Stages {
 public:
  Stages() {
    for (const std::string_view name : step_names) stages_.push_back({.name = name});
  }
  void pass(Step step, std::string text) { set(step, State::passed, std::move(text)); }
  void fail(Step step, std::string text) { set(step, State::failed, std::move(text)); }
  std::vector<PluginStage> take() { return std::move(stages_); }

 private:
  void set(Step step, State state, std::string text) {
    stages_[step].state = state;
    stages_[step].text = std::move(text);
  }

  std::vector<PluginStage> stages_{};
};

// The checks of the file, up to the one that refuses it.
void add_file_checks(const PluginCandidate& candidate, Stages& stages) {
  const std::optional<Refusal>& refusal = candidate.refusal;
  const Step last = refusal ? step_of(*refusal) : signature;
  const auto pass = [&](Step step, std::string text) {
    if (step < last) stages.pass(step, std::move(text));
  };
  pass(file, "a regular file that nobody else can write to");
  pass(elf, "a shared object for this machine");
  if (candidate.manifest) {
    const plugin::Manifest& said = *candidate.manifest;
    pass(manifest, fmt::format("{} {}", said.id, said.version.text()));
    pass(interface, fmt::format("{}.{}, needs {}.{}; this host has {}.{}", said.abi.major,
                                said.abi.minor, said.abi.major, said.abi.min_host_minor,
                                PENSTOCK_ABI_MAJOR, PENSTOCK_ABI_MINOR));
  }
  pass(symbols, "shows its entry function alone, and needs no library that it does not declare");
  if (refusal) stages.fail(last, failure_text(*refusal));
}

// Why a sink of this type would not be one of this plugin; empty: it would.
std::string type_fault(const Component& component, const plugin::Manifest& said,
                       const plugin::Catalog& catalog) {
  if (component.point == PENSTOCK_POINT_SINK && config::find_sink_type(component.name) != nullptr) {
    return failure_text("built-in", fmt::format("the type '{}' is built in", component.name),
                        "its author has to give it another name");
  }
  const auto providers = catalog.providers(component.point, component.name);
  if (providers.empty() || providers.front()->manifest.id == said.id) {
    const auto refusal = host::judge_options(said, component, "");
    return refusal ? failure_text(*refusal) : std::string();
  }
  return failure_text(
      "taken",
      fmt::format("'{}' is provided by {} ({}), which is found first", component.name,
                  providers.front()->manifest.id, providers.front()->file.path()),
      "remove one of the two, or put its folder in front");
}

void add_types(const plugin::Manifest& said, const plugin::Catalog& catalog, std::string_view name,
               Stages& stages) {
  const bool is_type = std::any_of(said.provides.begin(), said.provides.end(),
                                   [&](const Component& each) { return each.name == name; });
  std::string mine;
  std::string others;
  for (const Component& each : said.provides) {
    if (is_type && each.name != name) continue;
    const std::string fault = type_fault(each, said, catalog);
    std::string& target = fault.empty() ? mine : others;
    if (!target.empty()) target += ", ";
    target += fault.empty() ? fmt::format("'{}'", each.name) : fault;
  }
  if (mine.empty()) {
    stages.fail(type, others);
  } else {
    stages.pass(type, "provides " + mine + (others.empty() ? "" : "; not used: " + others));
  }
}

}  // namespace

std::vector<PluginCandidate> candidates_of(const host::Listing& listing) {
  std::vector<PluginCandidate> all;
  const plugin::Catalog& catalog = listing.catalog;
  for (std::size_t i = 0; i < catalog.plugins().size(); ++i) {
    all.push_back({.file = catalog.plugins()[i].file.path(),
                   .manifest = catalog.plugins()[i].manifest,
                   .judgement = listing.judgements[i]});
  }
  for (const plugin::Shadowed& each : catalog.shadowed()) {
    all.push_back({.file = each.file,
                   .manifest = peek(each.file),
                   .shadowed_by = fmt::format("{} is used: {}", each.by, each.reason)});
  }
  for (const Refusal& each : catalog.refusals()) {
    if (!is_plugin_file(each.file)) continue;  // a folder
    all.push_back({.file = each.file, .manifest = peek(each.file), .refusal = each});
  }
  return all;
}

PluginCandidate outside_candidate(const std::string& path) {
  PluginCandidate candidate{.file = path, .manifest = peek(path), .is_listed = false};
  auto opened = plugin::PluginFile::open(path);
  if (!opened) {
    candidate.refusal = opened.refusal();
    return candidate;
  }
  const auto read = plugin::read_plugin(*std::move(opened));
  if (!read) candidate.refusal = read.refusal();
  return candidate;
}

bool is_called(const PluginCandidate& candidate, std::string_view name) {
  if (name.find('/') != std::string_view::npos || name.ends_with(plugin::plugin_ending)) {
    const auto whole = whole_path(std::string(name));
    if (whole && *whole == candidate.file) return true;
    return name == fs::path(candidate.file).filename().string();
  }
  if (candidate.manifest) {
    if (candidate.manifest->id == name) return true;
    return std::any_of(candidate.manifest->provides.begin(), candidate.manifest->provides.end(),
                       [&](const Component& each) { return each.name == name; });
  }
  // All that is known of it is what its file is called.
  const std::string base = fs::path(candidate.file).filename().string();
  const std::string wanted = std::string(name) + std::string(plugin::plugin_ending);
  return base == wanted || base.ends_with("-" + wanted);
}

std::vector<PluginStage> stages_of(const PluginCandidate& candidate, const host::Listing& listing,
                                   std::string_view name) {
  Stages stages;
  const std::string folder = fs::path(candidate.file).parent_path().string();
  if (candidate.is_listed) {
    stages.pass(found, "in " + folder);
  } else {
    stages.fail(found, failure_text("not-listed", folder + " is not looked into",
                                    "add it to 'plugins: directories:', or name it with "
                                    "--plugin-dir"));
  }
  add_file_checks(candidate, stages);
  if (candidate.refusal) return stages.take();
  if (!candidate.shadowed_by.empty()) {
    stages.fail(version, failure_text("shadowed", candidate.shadowed_by,
                                      "remove the one that is not wanted"));
    return stages.take();
  }
  if (!candidate.is_listed || !candidate.manifest) return stages.take();
  stages.pass(version, "the newest of its id");
  add_types(*candidate.manifest, listing.catalog, name, stages);
  if (!candidate.judgement) return stages.take();
  const plugin::Checked<plugin::Admission>& judged = *candidate.judgement;
  if (!judged) {
    stages.fail(signature, failure_text(judged.refusal()));
  } else {
    stages.pass(signature, judged->concern.empty()
                               ? judged->by
                               : fmt::format("{}; warning: {}", judged->by, judged->concern));
  }
  return stages.take();
}

const PluginStage* first_failure(const std::vector<PluginStage>& stages) noexcept {
  const auto failed = std::find_if(stages.begin(), stages.end(), [](const PluginStage& stage) {
    return stage.state == State::failed;
  });
  return failed == stages.end() ? nullptr : &*failed;
}

}  // namespace penstock::cli
