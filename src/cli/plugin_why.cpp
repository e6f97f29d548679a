// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_why.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/file_text.hpp"
#include "cli/plugin_signing.hpp"
#include "cli/plugin_stages.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "config/keys.hpp"

namespace penstock::cli {
namespace {

namespace fs = std::filesystem;
using State = PluginStage::State;

// What each folder has, so that a path that is wrong shows.
std::string folders_text(const host::Listing& listing) {
  std::string text;
  for (const std::string& folder : listing.directories) {
    std::string state;
    for (const plugin::Refusal& refusal : listing.catalog.refusals()) {
      if (refusal.file == folder || folder.starts_with(refusal.file + "/")) state = refusal.reason;
    }
    std::size_t count = 0;
    for (const PluginCandidate& each : candidates_of(listing)) {
      if (fs::path(each.file).parent_path() == folder) ++count;
    }
    if (state.empty()) state = fmt::format("{} plugin file{}", count, count == 1 ? "" : "s");
    text += fmt::format("  looked into {}: {}\n", shown(folder), shown(state));
  }
  return text.empty() ? "  no folder is looked into: 'plugins: directories:' or --plugin-dir "
                        "names one\n"
                      : text;
}

std::string nearest_name(std::string_view name, const std::vector<PluginCandidate>& all) {
  std::vector<std::string> known;
  for (const config::SinkType& type : config::sink_types()) known.emplace_back(type.name);
  for (const PluginCandidate& each : all) {
    if (!each.manifest) continue;
    known.push_back(each.manifest->id);
    for (const plugin::Component& component : each.manifest->provides) {
      known.push_back(component.name);
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view nearest = base::nearest_word(name, views);
  return nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
}

std::string stages_text(const PluginCandidate& candidate, const std::vector<PluginStage>& stages) {
  std::string text = shown(candidate.file) + "\n";
  for (const PluginStage& stage : stages) {
    if (stage.state == State::not_reached) continue;
    text += fmt::format("  {:<10} {:<4} {}\n", stage.name,
                        stage.state == State::passed ? "ok" : "NO", shown(stage.text));
  }
  return text;
}

bool uses(const host::Listing::Sink& sink, const plugin::Manifest& manifest) {
  if (plugin::find_component(manifest, PENSTOCK_POINT_SINK, sink.type) != nullptr) return true;
  return std::any_of(sink.processors.begin(), sink.processors.end(), [&](const std::string& type) {
    return plugin::find_component(manifest, PENSTOCK_POINT_PROCESSOR, type) != nullptr;
  });
}

// The sinks of the configuration that want it.
std::string users_text(const PluginArguments& arguments, const host::Listing& listing,
                       const PluginCandidate& candidate) {
  if (arguments.config.empty() || !candidate.manifest) return {};
  if (!candidate.is_listed || !candidate.shadowed_by.empty()) return {};
  std::string names;
  for (const host::Listing::Sink& sink : listing.sinks) {
    if (!uses(sink, *candidate.manifest)) continue;
    names += (names.empty() ? "'" : ", '") + sink.name + "'";
  }
  return fmt::format(
      "  sinks      {}\n",
      names.empty() ? "none of " + shown(arguments.config) + " has its type" : shown(names));
}

int finish(const std::string& text, bool is_used) {
  if (!write_all(STDOUT_FILENO, text)) return exit_not_all_delivered;
  return is_used ? exit_all_delivered : exit_not_all_delivered;
}

std::string verdict(const std::string& name, const std::vector<PluginStage>& stages) {
  const PluginStage* const failure = first_failure(stages);
  if (failure == nullptr) {
    return fmt::format("'{}' is used, unless it fails when it is loaded\n", shown(name));
  }
  return fmt::format("'{}' is not used: {}: {}\n", shown(name), failure->name,
                     shown(failure->text));
}

}  // namespace

int explain_plugin(const PluginArguments& arguments) {
  const std::string& name = arguments.name;
  const host::Listing listing = host::survey(arguments.config, arguments.plugin_directories);
  show_errors(listing.errors);
  if (!listing.errors.empty() && !listing.is_read) return exit_usage;
  const std::vector<PluginCandidate> all = candidates_of(listing);
  std::vector<PluginCandidate> called;
  for (const PluginCandidate& each : all) {
    if (is_called(each, name)) called.push_back(each);
  }
  const auto whole = whole_path(name);
  const bool is_file = name.find('/') != std::string::npos || name.ends_with(plugin::plugin_ending);
  if (called.empty() && is_file && whole && ::access(whole->c_str(), F_OK) == 0) {
    called.push_back(outside_candidate(*whole));
  }
  const bool is_built_in = config::find_sink_type(name) != nullptr;
  if (called.empty() && is_built_in) return finish(fmt::format("'{}' is built in\n", name), true);
  if (called.empty()) {
    return finish(fmt::format("'{}' is not there{}\n{}", shown(name), nearest_name(name, all),
                              folders_text(listing)),
                  false);
  }
  std::string text;
  std::vector<PluginStage> best;
  bool is_used = false;
  for (const PluginCandidate& each : called) {
    std::vector<PluginStage> stages = stages_of(each, listing, name);
    text += stages_text(each, stages) + users_text(arguments, listing, each);
    const bool passed = first_failure(stages) == nullptr;
    if (best.empty() || (passed && !is_used)) best = std::move(stages);
    is_used = is_used || passed;
  }
  if (is_built_in) return finish(text + fmt::format("'{}' is built in\n", name), true);
  return finish(text + verdict(name, best), is_used);
}

}  // namespace penstock::cli
