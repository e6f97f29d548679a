// SPDX-License-Identifier: Apache-2.0
// The commands of `penstock plugin`.
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/arguments_parts.hpp"

namespace penstock::cli {
namespace {

using Command = PluginArguments::Command;

constexpr std::string_view plugin_footer = R"(
Nothing of a plugin is run but by 'test'. 'penstock plugin COMMAND --help' says more.

Exit status: 0 all is well; 1 a plugin would not be used, or a file cannot be written; 2 wrong usage.

Examples:
  penstock plugin list --plugin-dir /opt/penstock/plugins
  penstock plugin inspect ./print.penstock.so
)";

constexpr std::string_view new_footer = R"(
Writes a project: a sink, its manifest, its tests, and how they are built. It needs the installed
package of Penstock and GoogleTest. Nothing that is there already is replaced.

Exit status: 0 it is written; 1 it cannot be; 2 wrong usage, or a name that no plugin can have.

Example:
  penstock plugin new kafka --id org.example.kafka && cd kafka && cmake --workflow --preset test
)";

constexpr std::string_view why_footer = R"(
NAME is the type of a sink, a plugin's id, or a file. Shows each file that is called so, and what
each check says of it, up to the first one that refuses it. What is found out by running a plugin is
left out: nothing of it is run.

Exit status: 0 it is used; 1 it is not; 2 wrong usage, or a configuration that cannot be read.

Examples:
  penstock plugin why kafka -c penstock.yml
  penstock plugin why ./kafka.penstock.so
)";

constexpr std::string_view doc_footer = R"(
Writes the reference of a plugin as Markdown: its options with types, defaults and ranges, an
example, and what it uses. All of it is from its manifest; nothing of the plugin is run.

Exit status: 0 it is written; 1 the plugin would be refused; 2 wrong usage.

Example:
  penstock plugin doc ./kafka.penstock.so > kafka.md
)";

constexpr std::string_view verify_footer = R"(
Looks at FILE.minisig beside the plugin as a host with 'signature: enforce' does, but for the
serials that it has seen.

Exit status: 0 the signature holds; 1 it does not, or there is none; 2 wrong usage.

Example:
  penstock plugin verify ./kafka.penstock.so --trust ./trust.d
)";

constexpr std::string_view keygen_footer = R"(
Makes PREFIX.key, which is yours alone, and PREFIX.pub, which others put into their trust store. Both
are files of minisign. Files that are there already are never replaced.

Examples:
  penstock plugin keygen -o release
  penstock plugin keygen -o release --password-file /dev/fd/3 3< password.txt
)";

constexpr std::string_view sign_footer = R"(
Writes FILE.minisig beside the plugin. It holds for this very file only: sign after stripping. Of two
versions the one with the higher serial is the newer one.

Example:
  penstock plugin sign ./kafka.penstock.so -s release.key
)";

constexpr std::string_view test_footer = R"(
Runs the plugin, each case in a process of its own, and says in TAP what it does not do as the
interface asks for. ${TMP} in an option is a new folder, gone afterwards. Without FILE, --list shows
all cases.

Exit status: 0 no case failed; 1 some did; 2 it could not be run, or wrong usage.

Examples:
  penstock plugin test ./kafka.penstock.so --options 'brokers: [localhost:9092]'
  penstock plugin test ./print.penstock.so --case 'write.*' --junit result.xml
)";

constexpr std::string_view trust_footer = R"(
The trust store is a folder that only root, or the user whom Penstock runs as, can write to.

Examples:
  penstock plugin trust add release.pub --ids 'org.example.*' --label 'Example Ltd'
  penstock plugin trust list
  penstock plugin trust remove AB8F7644E4497FF5
)";

constexpr std::string_view revoke_footer = R"(
What is revoked is loaded nowhere, whoever signed it. A RANGE is all, '>=1.0.0', '<1.2.3', or
'>=1.0.0,<1.2.3'. Processes that run read the list when they start again.

Examples:
  penstock plugin revoke --key AB8F7644E4497FF5 --reason 'lost laptop'
  penstock plugin revoke --file ./kafka.penstock.so
  penstock plugin revoke --version org.example.kafka '<1.2.3' --reason 'loses events'
)";

struct Described {
  const char* name;
  const char* what;
  std::string_view footer;
};

CLI::App& declare(CLI::App& parent, const Described& described) {
  CLI::App& command = *parent.add_subcommand(described.name, described.what);
  command.allow_extras();
  command.footer(std::string(described.footer));
  return command;
}

void add_text(CLI::App& command, const char* option, std::string& target, const char* what,
              const char* type) {
  command.add_option(option, target, what)->type_name(type);
}

void add_trust(CLI::App& command, PluginArguments& target) {
  add_text(command, "--trust", target.trust, "The trust store (/etc/penstock/trust.d)", "DIR");
}

void add_revoked(CLI::App& command, PluginArguments& target) {
  add_text(command, "--revoked", target.revoked,
           "The list of what is revoked (/etc/penstock/revoked.yaml)", "FILE");
}

void add_password_file(CLI::App& command, PluginArguments& target) {
  add_text(command, "--password-file", target.password_file,
           "Whose first line is the password; - is standard input, and\n"
           "/dev/fd/N an open descriptor. Without it the terminal is asked",
           "FILE");
}

void declare_new(CLI::App& plugin, PluginArguments& target) {
  CLI::App& command = declare(plugin, {"new", "Write a plugin to begin with", new_footer});
  add_text(command, "NAME", target.name, "Of the plugin, and of its type of sink", "NAME");
  add_text(command, "--id", target.id, "A name below a domain name of yours (org.example.NAME)",
           "ID");
  add_text(command, "--directory", target.directory, "Where it is written (NAME)", "DIR");
}

void declare_looking(CLI::App& plugin, PluginArguments& target) {
  CLI::App& list =
      declare(plugin, {"list", "Show the plugins, and why some are not used", plugin_footer});
  add_text(list, "-c,--config", target.config,
           "A configuration, whose directories are looked into as well", "FILE");
  declare_plugin_directories(list, target.plugin_directories);
  CLI::App& why = declare(plugin, {"why", "Say whether a plugin is used, and why", why_footer});
  add_text(why, "NAME", target.name, "A type of sink, an id, or a file", "NAME");
  add_text(why, "-c,--config", target.config,
           "A configuration, whose directories are looked into as well", "FILE");
  declare_plugin_directories(why, target.plugin_directories);
  CLI::App& inspect = declare(plugin, {"inspect", "Show what a plugin file says", plugin_footer});
  add_text(inspect, "FILE", target.file, "The plugin", "FILE");
  CLI::App& doc = declare(plugin, {"doc", "Write the reference of a plugin", doc_footer});
  add_text(doc, "FILE", target.file, "The plugin", "FILE");
  inspect.add_flag("--check", target.check, "Say nothing unless it would be refused");
  CLI::App& verify =
      declare(plugin, {"verify", "Say whether a plugin's signature holds", verify_footer});
  add_text(verify, "FILE", target.file, "The plugin", "FILE");
  add_trust(verify, target);
  add_revoked(verify, target);
}

void declare_signing(CLI::App& plugin, PluginArguments& target) {
  CLI::App& keygen = declare(plugin, {"keygen", "Make a pair of keys", keygen_footer});
  target.prefix = "penstock";
  add_text(keygen, "-o,--output", target.prefix, "The files' names, but for their ends (penstock)",
           "PREFIX");
  keygen.add_flag_callback(
      "--no-password", [&target] { target.has_password = false; },
      "Keep the secret key as it is: whoever reads it can sign");
  add_password_file(keygen, target);
  CLI::App& sign = declare(plugin, {"sign", "Sign a plugin", sign_footer});
  add_text(sign, "FILE", target.file, "The plugin", "FILE");
  add_text(sign, "-s,--key", target.key, "The secret key", "FILE");
  sign.add_option("--serial", target.serial, "Grows with each release (seconds since 1970)")
      ->type_name("N");
  add_password_file(sign, target);
}

void declare_trust(CLI::App& plugin, PluginArguments& target) {
  CLI::App& trust = declare(plugin, {"trust", "Say whose signatures count", trust_footer});
  trust.require_subcommand(0, 1);
  CLI::App& add = declare(trust, {"add", "Trust a key", trust_footer});
  add_text(add, "FILE", target.file, "The public key", "FILE");
  add.add_option("--ids", target.ids,
                 "The plugins that it may sign: an id, org.example.*, or *; may\n"
                 "be repeated (all)")
      ->type_name("ID")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_text(add, "--label", target.label, "Whose key it is", "TEXT");
  CLI::App& list = declare(trust, {"list", "Show the keys that are trusted", trust_footer});
  CLI::App& remove = declare(trust, {"remove", "Trust a key no longer", trust_footer});
  add_text(remove, "KEY", target.key, "Its id, as list shows it", "KEY");
  for (CLI::App* const command : {&add, &list, &remove}) add_trust(*command, target);
}

void declare_revoke(CLI::App& plugin, PluginArguments& target) {
  CLI::App& revoke = declare(plugin, {"revoke", "Say what is trusted no longer", revoke_footer});
  add_text(revoke, "--key", target.key, "A key, by its id", "KEY");
  add_text(revoke, "--file", target.file, "This very plugin file", "FILE");
  revoke.add_option("--version", target.versions, "Versions of a plugin: its id, and a range")
      ->type_name("ID RANGE")
      ->expected(2);
  add_text(revoke, "--reason", target.reason, "Shown to whoever has it in use", "TEXT");
  add_revoked(revoke, target);
}

void declare_test(CLI::App& plugin, PluginArguments& target) {
  CLI::App& test = declare(plugin, {"test",
                                    "Run a plugin, to see whether it does what is asked "
                                    "of one",
                                    test_footer});
  add_text(test, "FILE", target.file, "The plugin", "FILE");
  add_text(test, "--builtin", target.builtin, "In its place a sink that is built in, such as file",
           "TYPE");
  add_text(test, "--case", target.cases, "The cases whose ids match, such as 'write.*' (all)",
           "GLOB");
  test.add_flag("--list", target.list_cases, "Show the cases, and run none");
  add_text(test, "--options", target.options, "Its options, in YAML: 'key: value'", "YAML");
  add_text(test, "--options-file", target.options_file, "The same, from a file", "FILE");
  add_text(test, "--component", target.component,
           "The sink or processor to test (all of the plugin's)", "NAME");
  add_text(test, "--junit", target.junit, "Write the results as JUnit XML, too", "FILE");
  test.add_flag("--bench", target.bench, "Measure as well how long it takes");
  add_text(test, "--timeout", target.timeout, "For each case (10s)", "TIME");
}

// The command that was given, down to `trust add`.
const CLI::App& innermost(const CLI::App& plugin) {
  const CLI::App* command = &plugin;
  for (auto found = command->get_subcommands(); !found.empty();
       found = command->get_subcommands()) {
    command = found.front();
  }
  return *command;
}

std::string full_name(const CLI::App& plugin) {
  std::string name = plugin.get_name();
  const CLI::App* command = &plugin;
  for (auto found = command->get_subcommands(); !found.empty();
       found = command->get_subcommands()) {
    command = found.front();
    name += " " + command->get_name();
  }
  return name;
}

struct Known {
  std::string_view name;
  Command command;
};

constexpr Known known[] = {
    {"plugin new", Command::create},
    {"plugin list", Command::list},
    {"plugin why", Command::why},
    {"plugin inspect", Command::inspect},
    {"plugin doc", Command::doc},
    {"plugin verify", Command::verify},
    {"plugin keygen", Command::keygen},
    {"plugin sign", Command::sign},
    {"plugin trust add", Command::trust_add},
    {"plugin trust list", Command::trust_list},
    {"plugin trust remove", Command::trust_remove},
    {"plugin revoke", Command::revoke},
    {"plugin test", Command::test},
};

// What is not there and has to be; empty when all is.
std::string missing(const PluginArguments& given) {
  switch (given.command) {
    case Command::create:
      return given.name.empty() ? "the name of the plugin is missing" : "";
    case Command::why:
      return given.name.empty() ? "what to look for is missing: a type of sink, an id, or a file"
                                : "";
    case Command::inspect:
    case Command::doc:
    case Command::verify:
      return given.file.empty() ? "the plugin is missing" : "";
    case Command::sign:
      if (given.file.empty()) return "the plugin is missing";
      return given.key.empty() ? "the secret key is missing: -s FILE; 'penstock plugin keygen' "
                                 "makes one"
                               : "";
    case Command::keygen:
      return !given.has_password && !given.password_file.empty()
                 ? "--no-password and --password-file cannot go together"
                 : "";
    case Command::trust_add:
      return given.file.empty() ? "the public key is missing" : "";
    case Command::trust_remove:
      return given.key.empty() ? "the key's id is missing" : "";
    case Command::revoke: {
      const int kinds = (given.key.empty() ? 0 : 1) + (given.file.empty() ? 0 : 1) +
                        (given.versions.empty() ? 0 : 1);
      return kinds == 1 ? "" : "one of --key, --file and --version says what is revoked";
    }
    case Command::test:
      if (!given.file.empty() && !given.builtin.empty()) {
        return "a plugin and --builtin cannot go together";
      }
      if (given.file.empty() && given.builtin.empty() && !given.list_cases) {
        return "the plugin is missing";
      }
      return !given.options.empty() && !given.options_file.empty()
                 ? "--options and --options-file cannot go together"
                 : "";
    case Command::list:
    case Command::trust_list:
      return {};
  }
  return {};
}

}  // namespace

void declare_plugin(CLI::App& plugin, PluginArguments& target) {
  plugin.require_subcommand(0, 1);
  plugin.footer(std::string(plugin_footer));
  declare_new(plugin, target);
  declare_looking(plugin, target);
  declare_signing(plugin, target);
  declare_trust(plugin, target);
  declare_revoke(plugin, target);
  declare_test(plugin, target);
}

Arguments finish_plugin(const CLI::App& plugin, PluginArguments& target) {
  const std::string name = full_name(plugin);
  for (const Known& each : known) {
    if (each.name != name) continue;
    target.command = each.command;
    std::string problem = repeated_option(innermost(plugin));
    if (problem.empty()) problem = missing(target);
    if (problem.empty()) {
      problem = set_duration("--timeout", target.timeout, target.case_timeout);
    }
    if (problem.empty() && target.case_timeout < std::chrono::milliseconds(1)) {
      problem = "--timeout must be at least 1ms";
    }
    if (!problem.empty()) return wrong_usage(name, problem);
    return std::move(target);
  }
  return Answer{plugin.help("penstock"), exit_usage};
}

Answer unexpected_plugin(const CLI::App& plugin, const std::string& word) {
  const CLI::App& command = innermost(plugin);
  const std::string name = full_name(plugin);
  if (word.starts_with('-') && word != "-") {
    const std::string option = word.substr(0, word.find('='));
    return wrong_usage(name, fmt::format("unknown option '{}'{}", option,
                                         did_you_mean(option, long_names(command))));
  }
  std::vector<std::string> commands;
  for (const CLI::App* const each : command.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(each->get_name());
  }
  if (!commands.empty()) {
    return wrong_usage(name,
                       fmt::format("unknown command '{}'{}", word, did_you_mean(word, commands)));
  }
  return wrong_usage(name, fmt::format("unexpected argument '{}'", word));
}

}  // namespace penstock::cli
