// SPDX-License-Identifier: Apache-2.0
// from_yaml.cpp: from a configuration to a running pipeline.
#include "config/config.hpp"
#include "host/plugin_types.hpp"
#include "penstock/pipeline.hpp"

namespace penstock {
namespace {

config::FindPlugins finder(const YamlOptions& options) {
  return [&options](const config::PluginOptions& plugins) {
    return host::find_plugins(plugins, options.plugin_directories);
  };
}

}  // namespace

Result<PipelineOptions> Pipeline::options_from_yaml_file(const std::string& path,
                                                         const YamlOptions& options) {
  return config::load_file(path, config::process_environment, finder(options));
}

Result<Pipeline> Pipeline::from_yaml_file(const std::string& path, const YamlOptions& options) {
  auto read = options_from_yaml_file(path, options);
  if (!read) return read.errors();
  return start(std::move(*read));
}

Result<Pipeline> Pipeline::from_yaml(std::string_view yaml, const std::string& name,
                                     const YamlOptions& options) {
  auto read = config::load_text(yaml, name, config::process_environment, finder(options));
  if (!read) return read.errors();
  return start(std::move(*read));
}

}  // namespace penstock
