// SPDX-License-Identifier: Apache-2.0
// from_yaml.cpp: from a configuration to a running pipeline.
#include "config/config.hpp"
#include "penstock/pipeline.hpp"

namespace penstock {

Result<PipelineOptions> Pipeline::options_from_yaml_file(const std::string& path) {
  return config::load_file(path);
}

Result<Pipeline> Pipeline::from_yaml_file(const std::string& path) {
  auto options = config::load_file(path);
  if (!options) return options.errors();
  return start(std::move(*options));
}

Result<Pipeline> Pipeline::from_yaml(std::string_view yaml, const std::string& name) {
  auto options = config::load_text(yaml, name);
  if (!options) return options.errors();
  return start(std::move(*options));
}

}  // namespace penstock
