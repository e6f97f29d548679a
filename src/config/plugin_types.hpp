// SPDX-License-Identifier: Apache-2.0
// plugin_types.hpp: what a configuration asks about the types of sinks that are not built in. The
// answers come from above: this level knows no plugins.
//
// Threads  one at a time
// Errors   reported with the position of the value
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// What is done about plugins without a signature that holds.
enum class SignatureRule : std::uint8_t {
  off,      // nobody looks
  warn,     // loaded and told; what is revoked or was tampered with is refused all the same
  enforce,  // refused
};

// The section `plugins`. Paths are absolute.
struct PluginOptions {
  std::vector<std::string> directories{};
  SignatureRule signature = SignatureRule::warn;
  std::string trust = "/etc/penstock/trust.d";  // need not be there, unless it is enforced
  std::string revoked{};                        // empty: default_revoked, if it is there
  std::string state{};                          // of serials; empty: none are kept
  // Of single plugins, by their id.
  std::map<std::string, std::string, std::less<>> pins{};  // "sha256:" and 64 digits, lower case
  std::set<std::string, std::less<>> allow_unsigned{};
  bool is_written = false;  // the file has the section
};

inline constexpr const char* default_revoked = "/etc/penstock/revoked.yaml";

class PluginTypes {
 public:
  virtual ~PluginTypes() = default;
  // The types that there are, sorted.
  virtual std::vector<std::string> names() const = 0;

  struct Answer {
    SinkFactory make{};
    std::string left_out{};  // why there is none; empty: there is one, or the report says it all
    std::string plugin{};    // the id of the plugin that provides it
  };
  // `own` are the keys of the sink that not every sink has. Empty when nobody provides the type.
  virtual std::optional<Answer> find(const SinkOptions& sink, const TreeNode& place,
                                     const std::vector<const Member*>& own, Report& report) = 0;
};

// Looks for plugins, once the options are known.
using FindPlugins = std::function<std::unique_ptr<PluginTypes>(const PluginOptions&)>;

}  // namespace penstock::config
