// SPDX-License-Identifier: Apache-2.0
// plugin_stages.hpp: a plugin file, and how far it comes on the way to a sink: what
// `penstock plugin why` shows. Nothing of it runs.
//
// Threads  [any]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/plugin_types.hpp"
#include "plugin/catalog.hpp"

namespace penstock::cli {

// A step of the way. Those after one that failed may not have been reached.
struct PluginStage {
  enum class State { passed, failed, not_reached };

  std::string_view name;
  State state = State::not_reached;
  std::string text{};  // what was found; of a failure "code: reason; fix"
};

struct PluginCandidate {
  std::string file{};
  std::optional<plugin::Manifest> manifest{};  // empty when it has none that can be read
  std::string shadowed_by{};                   // why another file of its id is used; or empty
  bool is_listed = true;                       // it is in a folder that is looked into
  std::optional<plugin::Refusal> refusal{};    // of the file itself
  std::optional<plugin::Checked<plugin::Admission>> judgement{};
};

// All files of the listing: those that are used first.
std::vector<PluginCandidate> candidates_of(const host::Listing& listing);
// A file that is in none of its folders.
PluginCandidate outside_candidate(const std::string& path);

// The type of a sink, a plugin's id, or a file.
bool is_called(const PluginCandidate& candidate, std::string_view name);

// In their order. `name` may be that of one of its types, which is then the only one that counts.
std::vector<PluginStage> stages_of(const PluginCandidate& candidate, const host::Listing& listing,
                                   std::string_view name);

// Null when it is used.
const PluginStage* first_failure(const std::vector<PluginStage>& stages) noexcept;

}  // namespace penstock::cli
