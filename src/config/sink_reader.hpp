// SPDX-License-Identifier: Apache-2.0
// sink_reader.hpp: the list of sinks.
//
// Errors   reported with the position of the value
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/plugin_types.hpp"
#include "config/tree.hpp"
#include "penstock/options.hpp"

namespace penstock::config {

// Every name that a sink of the file has, usable or not, so that one mistake in a sink is not
// reported again at each trigger that names it.
class SinkNames final {
 public:
  // False when the name is there already; `line` is then that of the first.
  bool add(const std::string& name, int& line);
  bool contains(std::string_view name) const { return lines_.find(name) != lines_.end(); }
  std::vector<std::string_view> list() const;

 private:
  std::map<std::string, int, std::less<>> lines_;
};

// Fills options.sinks, and options.left_out.
void read_sinks(const Entry& sinks, const Plugins& plugins, PipelineOptions& options,
                SinkNames& names, Report& report);

}  // namespace penstock::config
