// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <utility>

#include "config/logging_reader.hpp"
#include "config/report.hpp"
#include "config/source.hpp"
#include "config/tree_reader.hpp"

namespace penstock::config {

Result<PipelineOptions> load_file(const std::string& path, const Environment& environment,
                                  const FindPlugins& find_plugins) {
  Result<std::string> text = read_source(path);
  if (!text.ok()) return text.errors();
  return load_text(*text, path, environment, find_plugins);
}

Result<PipelineOptions> load_text(std::string_view yaml, const std::string& name_for_messages,
                                  const Environment& environment, const FindPlugins& find_plugins) {
  Report report(name_for_messages);
  PipelineOptions options;
  if (const TreePtr root = read_tree(yaml, environment, report)) {
    options = read_root(*root, find_plugins, report);
  }
  // The readers check every rule with its position; this catches a rule that they have forgotten.
  if (report.empty()) {
    for (const Error& error : validate(options)) report.add({}, error.message);
  }
  if (!report.empty()) return report.take();
  return options;
}

}  // namespace penstock::config
