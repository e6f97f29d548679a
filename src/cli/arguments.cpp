// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/arguments_parts.hpp"
#include "cli/shown.hpp"
#include "config/units.hpp"
#include "penstock/version.hpp"

namespace penstock::cli {
namespace {

constexpr std::string_view run_footer = R"(
Each line becomes an event. A line of text is a message at level INFO. In a line of NDJSON the keys
message, level, logger, event, destinations, tags and timestamp say what they mean, trace_id and
span_id are its trace, and all other keys are fields. Lines that are malformed go on as text.

SIGTERM and SIGINT deliver what has been read, then stop; a second one stops at once. SIGHUP makes
file sinks open their files again, and webhooks read their secrets again and reconnect.

Exit status: 0 every event was delivered or filtered; 1 something was dropped, refused or is left;
2 wrong usage or configuration, and nothing was started.

Examples:
  journalctl -f -o cat | penstock run -c penstock.yml
  penstock run -c penstock.yml --input a.log b.log --format text --report report.json
)";

constexpr std::string_view replay_footer = R"(
Reads what a dead-letter sink with 'format: json' has written and sends each event again, as it was,
to the sink that refused it: neither levels nor limits, triggers and tags apply a second time. Lines
that are no dead letters are left out and told of. The file must not be one that a sink of the
configuration writes to: move it away first. Running it twice sends everything twice.

Exit status: 0 every event was delivered or filtered; 1 something was dropped, refused or left out;
2 wrong usage or configuration, and nothing was started.

Example:
  mv refused.ndjson again.ndjson && penstock replay again.ndjson -c penstock.yml
)";

constexpr std::string_view check_footer = R"(
Reads the file exactly as 'penstock run' does and opens nothing. Each error is one line,
file:line:column: message.

Exit status: 0 the file is right; 2 it is not.

Example:
  penstock check -c penstock.yml
)";

constexpr std::string_view program_footer = R"(
'penstock COMMAND --help' says more, and so does 'man penstock'.

Example:
  tail -F app.log | penstock run -c penstock.yml
)";

template <class T>
using Word = std::pair<std::string_view, T>;

constexpr std::array<Word<InputFormat>, 3> formats = {{{"auto", InputFormat::automatic},
                                                       {"ndjson", InputFormat::ndjson},
                                                       {"text", InputFormat::text}}};
constexpr std::array<Word<ShowProgress>, 3> progresses = {{{"auto", ShowProgress::automatic},
                                                           {"never", ShowProgress::never},
                                                           {"always", ShowProgress::always}}};

}  // namespace

// ---- shared with arguments_plugin.cpp

std::string did_you_mean(std::string_view word, const std::vector<std::string>& choices) {
  const std::vector<std::string_view> views(choices.begin(), choices.end());
  const std::string_view nearest = base::nearest_word(word, views);
  return nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
}

Answer wrong_usage(std::string_view command, const std::string& what) {
  const std::string_view space = command.empty() ? "" : " ";
  return {fmt::format("penstock: {}\ntry 'penstock{}{} --help'\n", shown(what), space, command),
          exit_usage};
}

std::string set_duration(const char* option, const std::string& text,
                         std::chrono::nanoseconds& target) {
  constexpr std::int64_t most_seconds = std::int64_t{365} * 24 * 3600;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (seconds >= 0 && seconds <= most_seconds) {
      target = std::chrono::seconds(seconds);
      return {};
    }
    return fmt::format("{} must be from 0 to a year, not '{}'", option, text);
  }
  const auto parsed = config::parse_duration(text);
  if (!parsed.value) return fmt::format("{} {}", option, parsed.problem);
  if (*parsed.value > std::chrono::seconds(most_seconds)) {
    return fmt::format("{} must be from 0 to a year, not '{}'", option, text);
  }
  target = *parsed.value;
  return {};
}

// Single values may be given once only; the last of two would win in silence otherwise.
std::string repeated_option(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const bool takes_many = option->check_lname("input") || option->check_lname("quiet") ||
                            option->check_lname("plugin-dir") || option->check_lname("ids") ||
                            option->get_items_expected_max() > 1 || option->get_lnames().empty();
    if (!takes_many && option->count() > 1) {
      return fmt::format("--{} is given {} times", option->get_lnames().front(), option->count());
    }
  }
  return {};
}

std::vector<std::string> long_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// As whoever types it sees it: from here on. In a file it would depend on who starts the program
// where.
std::string from_here(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
  return error || path.empty() ? path : whole.string();
}

void declare_plugin_directories(CLI::App& command, std::vector<std::string>& target) {
  command
      .add_option("--plugin-dir", target,
                  "Where plugins are looked for first, before the directories of\n"
                  "the configuration and that of the installation; may be repeated")
      ->type_name("DIR")
      ->transform(from_here)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

namespace {

// Sets `target` to what `text` says; false when it is none of the words.
template <class T, std::size_t N>
std::string set_word(const char* option, const std::string& text,
                     const std::array<Word<T>, N>& words, T& target) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) {
    if (text == name) {
      target = value;
      return {};
    }
    names.emplace_back(name);
  }
  std::string hint = did_you_mean(text, names);
  return fmt::format("{} must be one of {}, not '{}'{}", option, fmt::join(names, ", "), text,
                     hint);
}

// The options as they were written.
struct Written {
  RunArguments run{};
  std::string format = "auto";
  std::string progress = "auto";
  std::string stop_timeout = "10s";
  CheckArguments check{};
  PluginArguments plugin{};
  bool version = false;
};

void declare_inputs(CLI::App& run, Written& written) {
  run.add_option("-i,--input", written.run.inputs,
                 "Files to read, in this order; - is standard input, which\n"
                 "is also the default")
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run.add_option("-f,--format", written.format,
                 "auto, ndjson or text; auto (the default) takes each line\n"
                 "that begins with { as NDJSON and all others as text")
      ->type_name("FORMAT");
}

// What run and replay have in common.
void declare_delivery(CLI::App& run, Written& written) {
  run.add_option("-c,--config", written.run.config, "The configuration")->type_name("FILE");
  declare_plugin_directories(run, written.run.plugin_directories);
  run.add_option("-r,--report", written.run.report,
                 "Write the account there as JSON at the end; - is standard\n"
                 "output")
      ->type_name("FILE");
  run.add_option("--stop-timeout", written.stop_timeout,
                 "How long delivering may take after the end of the input or a\n"
                 "signal; what is left then is reported (10s)")
      ->type_name("TIME");
  run.add_option("--progress", written.progress,
                 "auto, never or always; auto (the default): on a terminal\n"
                 "only")
      ->type_name("WHEN");
  run.add_flag("-q,--quiet", written.run.quiet, "No account and no progress on standard error");
}

// What CLI11 could not place: an option or a command that does not exist.
Answer unexpected(const CLI::App& app, const CLI::App* command, const std::string& word) {
  if (word.starts_with('-') && word != "-") {
    const std::string name = word.substr(0, word.find('='));
    const auto& options = command == nullptr ? app : *command;
    return wrong_usage(
        command == nullptr ? "" : command->get_name(),
        fmt::format("unknown option '{}'{}", name, did_you_mean(name, long_names(options))));
  }
  if (command == nullptr) {
    return wrong_usage("", fmt::format("unknown command '{}'{}", word,
                                       did_you_mean(word, {"run", "replay", "check", "plugin"})));
  }
  const bool is_run = command->get_name() == "run";
  return wrong_usage(command->get_name(),
                     fmt::format("unexpected argument '{}'; {}", word,
                                 is_run ? "files to read are named with --input"
                                        : "the file to check is named with --config"));
}

Arguments finish_run(const std::string& command, Written& written) {
  RunArguments& run = written.run;
  if (run.config.empty()) {
    return wrong_usage(command, "the configuration is missing: --config FILE");
  }
  const bool is_replay = command == "replay";
  if (is_replay && run.inputs.empty()) {
    return wrong_usage(command, "the file of dead letters is missing: penstock replay FILE");
  }
  std::string problem = set_word("--format", written.format, formats, run.format);
  if (problem.empty()) {
    problem = set_word("--progress", written.progress, progresses, run.progress);
  }
  if (problem.empty()) {
    problem = set_duration("--stop-timeout", written.stop_timeout, run.stop_timeout);
  }
  if (problem.empty() && std::count(run.inputs.begin(), run.inputs.end(), "-") > 1) {
    problem = "standard input, -, is named more than once";
  }
  if (!problem.empty()) return wrong_usage(command, problem);
  if (is_replay) run.format = InputFormat::letters;
  return std::move(run);
}

Arguments finish(const CLI::App& app, Written& written) {
  const auto commands = app.get_subcommands();
  const CLI::App* const command = commands.empty() ? nullptr : commands.front();
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty() && command != nullptr && command->get_name() == "plugin") {
    return unexpected_plugin(*command, extras.front());
  }
  if (!extras.empty()) return unexpected(app, command, extras.front());
  if (written.version) return Answer{"penstock " PENSTOCK_VERSION "\n"};
  if (command == nullptr) return Answer{app.help(), exit_usage};
  const std::string repeated = repeated_option(*command);
  if (!repeated.empty()) return wrong_usage(command->get_name(), repeated);
  if (command->get_name() == "plugin") return finish_plugin(*command, written.plugin);
  if (command->get_name() != "check") return finish_run(command->get_name(), written);
  if (written.check.config.empty()) {
    return wrong_usage("check", "the configuration is missing: --config FILE");
  }
  return std::move(written.check);
}

}  // namespace

Arguments parse_arguments(int argc, const char* const* argv) {
  Written written;
  CLI::App app("Penstock delivers events to any number of sinks and accounts for each of them.",
               "penstock");
  app.footer(std::string(program_footer));
  app.allow_extras();
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Say how it is used, and end");
  app.add_flag("-V,--version", written.version, "Say which version this is, and end");
  CLI::App* const run = app.add_subcommand("run", "Read lines, deliver them to the sinks");
  CLI::App* const replay = app.add_subcommand("replay", "Send dead letters again");
  CLI::App* const check = app.add_subcommand("check", "Check a configuration; start nothing");
  CLI::App* const plugin =
      app.add_subcommand("plugin", "Look at plugins, sign them, say whom to trust");
  for (CLI::App* const command : {run, replay, check, plugin}) {
    command->allow_extras();
    // repeated_option() says it better than CLI11 does.
    command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  run->footer(std::string(run_footer));
  declare_inputs(*run, written);
  declare_delivery(*run, written);
  replay->footer(std::string(replay_footer));
  replay->add_option("FILE", written.run.inputs, "Files of dead letters; - is standard input")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  declare_delivery(*replay, written);
  check->footer(std::string(check_footer));
  check->add_option("-c,--config", written.check.config, "The configuration")->type_name("FILE");
  declare_plugin_directories(*check, written.check.plugin_directories);
  declare_plugin(*plugin, written.plugin);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto commands = app.get_subcommands();
    return Answer{commands.empty() ? app.help() : commands.front()->help("penstock")};
  } catch (const CLI::ParseError& error) {
    const auto commands = app.get_subcommands();
    return wrong_usage(commands.empty() ? "" : commands.front()->get_name(), error.what());
  }
  return finish(app, written);
}

}  // namespace penstock::cli
