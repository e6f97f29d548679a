// SPDX-License-Identifier: Apache-2.0
// yaml_fuzz.cpp: any bytes as a configuration file. They are refused with reasons, or become
// options that validate() accepts; nothing else, and never slowly.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace {

using penstock::Error;
using penstock::Errors;
using penstock::PipelineOptions;
using penstock::Result;

std::optional<std::string> environment(const std::string& name) {
  if (name == "A") return "text";
  if (name == "N") return "42";
  if (name == "S") return "}\n- [&a *a";
  return std::nullopt;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void check_errors(const Errors& errors) {
  require(!errors.empty() && errors.size() <= 101);
  for (const Error& error : errors) {
    require(!error.message.empty() && error.line >= 0 && error.column >= 0);
    require(error.message.find('\n') == std::string::npos);
  }
}

void check_options(const PipelineOptions& options) {
  require(penstock::validate(options).empty());
  for (const auto& sink : options.sinks) require(sink.make != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const Result<PipelineOptions> result = penstock::config::load_text(yaml, "fuzz.yml", environment);
  if (!result.ok()) {
    check_errors(result.errors());
  } else {
    check_options(*Result<PipelineOptions>(result));
  }
  return 0;
}
