// SPDX-License-Identifier: Apache-2.0
// plugin_types.hpp: what a configuration asks about the types of sinks that are not built in. The
// answers come from above: this level knows no plugins.
//
// Threads  one at a time
// Errors   reported with the position of the value
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// What is done about plugins without a signature that holds.
enum class SignatureRule : std::uint8_t {
  off,      // nobody looks
  warn,     // loaded and told; what is revoked or was tampered with is refused all the same
  enforce,  // refused
};

// Where the sinks of a plugin run.
enum class Isolation : std::uint8_t {
  none,     // in this process
  process,  // each in a process of its own, which may do what the manifest says
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
  // Of sinks that do not say it, nor does their plugin's manifest.
  Isolation isolation = Isolation::none;
  // Memory of one such process. 32 MiB .. 1 TiB.
  std::uint64_t process_max_bytes = 1024 * MiB;
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
  // A sink as the file has it.
  struct Written {
    const TreeNode& place;
    std::vector<const Member*> own;      // keys that are its plugin's
    std::optional<Isolation> isolation;  // nothing: it does not say
  };
  // Empty when nobody provides the type.
  virtual std::optional<Answer> find(const SinkOptions& sink, const Written& written,
                                     Report& report) = 0;

  // The same of processors.
  virtual std::vector<std::string> processor_names() const = 0;

  struct ProcessorAnswer {
    ProcessorFactory make{};
    std::string left_out{};
  };
  virtual std::optional<ProcessorAnswer> find_processor(const std::string& type,
                                                        const TreeNode& place,
                                                        const std::vector<const Member*>& own,
                                                        Report& report) = 0;
};

// The types that plugins provide.
struct Plugins {
  PluginTypes* types = nullptr;  // null: none
  bool may_be_missing = false;   // a type that nobody knows may be that of a plugin that is gone
};

// What to say of a type that none of them provides, of a "sink" or a "processor".
std::string no_plugin_provides(std::string_view kind, std::string_view type);
// The keys of the mapping that are in none of these.
std::vector<const Member*> own_members(const TreeNode& mapping,
                                       std::initializer_list<const KeyTable*> common);

// Looks for plugins, once the options are known.
using FindPlugins = std::function<std::unique_ptr<PluginTypes>(const PluginOptions&)>;

}  // namespace penstock::config
