// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_commands.hpp"

#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/plugin_doc.hpp"
#include "cli/plugin_new.hpp"
#include "cli/plugin_signing.hpp"
#include "cli/plugin_test.hpp"
#include "cli/plugin_trust.hpp"
#include "cli/plugin_why.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "host/plugin_types.hpp"
#include "host/reserved_keys.hpp"
#include "plugin/catalog.hpp"

namespace penstock::cli {
namespace {

std::string provided(const plugin::Manifest& manifest) {
  std::string text;
  for (const plugin::Component& component : manifest.provides) {
    text += fmt::format("  provides   {} '{}'{}{}\n", component.point, component.name,
                        component.summary.empty() ? "" : ": ", component.summary);
  }
  return text;
}

std::string signature_line(const plugin::Admission& admission) {
  return fmt::format("  signature  {}\n{}", shown(admission.by),
                     admission.concern.empty()
                         ? std::string()
                         : fmt::format("  warning    {}\n", shown(admission.concern)));
}

int list(const PluginArguments& arguments) {
  const Result<host::Listing> listing =
      host::read_catalog(arguments.config, arguments.plugin_directories);
  if (!listing) {
    show_errors(listing.errors());
    return exit_usage;
  }
  const plugin::Catalog& catalog = listing->catalog;
  std::string text;
  std::vector<plugin::Refusal> refusals = catalog.refusals();
  for (std::size_t i = 0; i < catalog.plugins().size(); ++i) {
    const plugin::Plugin& each = catalog.plugins()[i];
    const plugin::Checked<plugin::Admission>& judged = listing->judgements[i];
    if (!judged) {
      refusals.push_back(judged.refusal());
      continue;
    }
    text += fmt::format("{} {}: {}\n{}{}", each.manifest.id, each.manifest.version.text(),
                        shown(each.file.path()), provided(each.manifest), signature_line(*judged));
  }
  for (const plugin::Shadowed& each : catalog.shadowed()) {
    text += fmt::format("not used: {}: {} is used: {}\n", shown(each.file), shown(each.by),
                        each.reason);
  }
  for (const plugin::Refusal& refusal : refusals) {
    text += "not used: " + plugin::to_string(refusal) + "\n";
  }
  if (text.empty()) text = "no plugins\n";
  if (!write_all(STDOUT_FILENO, text)) return exit_not_all_delivered;
  return refusals.empty() ? exit_all_delivered : exit_not_all_delivered;
}

int inspect(const PluginArguments& arguments) {
  const plugin::Checked<plugin::Plugin> found = read_plugin_file(arguments.file);
  if (!found) {
    say(plugin::to_string(found.refusal()));
    return exit_not_all_delivered;
  }
  for (const plugin::Component& component : found->manifest.provides) {
    if (const auto refusal = host::judge_options(found->manifest, component, arguments.file)) {
      say("warning: " + plugin::to_string(*refusal));
    }
  }
  if (arguments.check) return exit_all_delivered;
  const plugin::Manifest& manifest = found->manifest;
  const std::string text = fmt::format(
      "{} {}\n  file       {}\n  interface  {}.{}, needs {}.{}\n{}", manifest.id,
      manifest.version.text(), shown(found->file.path()), manifest.abi.major, manifest.abi.minor,
      manifest.abi.major, manifest.abi.min_host_minor, provided(manifest));
  return write_all(STDOUT_FILENO, text) ? exit_all_delivered : exit_not_all_delivered;
}

}  // namespace

int plugin_command(const PluginArguments& arguments) {
  switch (arguments.command) {
    case PluginArguments::Command::create:
      return new_plugin(arguments);
    case PluginArguments::Command::list:
      return list(arguments);
    case PluginArguments::Command::why:
      return explain_plugin(arguments);
    case PluginArguments::Command::doc:
      return document_plugin(arguments);
    case PluginArguments::Command::inspect:
      return inspect(arguments);
    case PluginArguments::Command::verify:
      return verify_plugin(arguments);
    case PluginArguments::Command::keygen:
      return make_keys(arguments);
    case PluginArguments::Command::sign:
      return sign_plugin(arguments);
    case PluginArguments::Command::trust_add:
      return add_trust(arguments);
    case PluginArguments::Command::trust_list:
      return list_trust(arguments);
    case PluginArguments::Command::trust_remove:
      return remove_trust(arguments);
    case PluginArguments::Command::revoke:
      return revoke(arguments);
    case PluginArguments::Command::test:
      return test_plugin(arguments);
  }
  return exit_usage;
}

}  // namespace penstock::cli
