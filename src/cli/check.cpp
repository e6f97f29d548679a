// SPDX-License-Identifier: Apache-2.0
#include "cli/check.hpp"

#include <string>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "penstock/pipeline.hpp"

namespace penstock::cli {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int check(const CheckArguments& arguments) {
  auto options = Pipeline::options_from_yaml_file(
      arguments.config, {.plugin_directories = arguments.plugin_directories});
  if (!options) {
    show_errors(options.errors());
    return exit_usage;
  }
  const std::string name = shown(arguments.config);
  std::string text = fmt::format("{}: ok: {}, {}\n", name, counted(options->sinks.size(), "sink"),
                                 counted(options->triggers.size(), "trigger"));
  for (const PipelineOptions::LeftOut& sink : options->left_out) {
    text += fmt::format("{}: sink '{}' will be left out: {}\n", name, sink.name, sink.reason);
  }
  return write_all(STDOUT_FILENO, text) ? exit_all_delivered : exit_not_all_delivered;
}

}  // namespace penstock::cli
