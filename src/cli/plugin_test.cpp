// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_test.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/plugin_signing.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "config/source.hpp"
#include "host/built_in_plugin.hpp"
#include "host/plugin_types.hpp"
#include "kit/bench.hpp"
#include "kit/child.hpp"
#include "kit/junit.hpp"
#include "kit/runner.hpp"
#include "kit/tap.hpp"
#include "plugin/catalog.hpp"
#include "plugin/json.hpp"
#include "plugin/probe.hpp"

namespace penstock::cli {
namespace {

using kit::PlannedCase;
using kit::Verdict;

constexpr int exit_no_case_failed = 0;
constexpr int exit_some_failed = 1;

// TAP to standard output as it comes; on a terminal what is being done to standard error.
class Shown final : public kit::RunListener {
 public:
  explicit Shown(std::size_t count) : count_(count), on_terminal_(::isatty(STDERR_FILENO) == 1) {
    put(kit::tap_begin(count));
  }

  void began(const PlannedCase& planned) override {
    if (!on_terminal_) return;
    const std::string text = fmt::format("\x1b[K{}/{} {}\r", results_.size(), count_,
                                         shown(planned.name(), shown_name_bytes));
    write_within(STDERR_FILENO, text, {});
  }
  void ended(const PlannedCase& planned, const kit::CaseResult& result) override {
    if (on_terminal_) write_within(STDERR_FILENO, "\x1b[K", {});
    results_.emplace_back(planned, result);
    put(kit::tap_result(results_.size(), planned, result));
  }

  void put(const std::string& text) { written_ = write_all(STDOUT_FILENO, text) && written_; }
  std::size_t count(Verdict::Kind kind) const {
    std::size_t count = 0;
    for (const auto& each : results_) count += each.second.verdict.kind == kind ? 1 : 0;
    return count;
  }
  bool written() const noexcept { return written_; }
  const std::vector<std::pair<PlannedCase, kit::CaseResult>>& results() const noexcept {
    return results_;
  }

 private:
  const std::size_t count_;
  const bool on_terminal_;
  bool written_ = true;
  std::vector<std::pair<PlannedCase, kit::CaseResult>> results_{};
};

int cannot_run(const std::string& why) {
  say(why);
  return exit_usage;
}

// Who owns the file does not matter: whoever tests it has made it.
std::optional<plugin::PluginFile> open_file(const std::string& path) {
  auto file = open_plugin_file(path);
  if (file) return *std::move(file);
  say(plugin::to_string(file.refusal()));
  return std::nullopt;
}

kit::FileFacts facts_of(const plugin::PluginFile& file) {
  plugin::Checked<plugin::ElfFile> elf = plugin::read_elf(file.source());
  if (!elf) return {.file = file, .elf = elf.refusal(), .manifest = elf.refusal()};
  plugin::Checked<plugin::Manifest> manifest = plugin::read_manifest(*elf);
  return {.file = file, .elf = *std::move(elf), .manifest = std::move(manifest)};
}

bool has_component(const kit::FileFacts& facts, const std::string& name) {
  if (name.empty() || !facts.manifest) return true;
  for (const plugin::Component& each : facts.manifest->provides) {
    if (each.name == name) return true;
  }
  return false;
}

// The YAML as it was given; empty, and said, when the file cannot be read.
std::optional<std::string> written_options(const PluginArguments& arguments) {
  if (arguments.options_file.empty()) return arguments.options;
  Result<std::string> text = config::read_source(arguments.options_file);
  if (text) return *std::move(text);
  show_errors(text.errors());
  return std::nullopt;
}

// Of all components that have cases in the plan. False, and said, when they are wrong.
bool read_options(const PluginArguments& arguments, const plugin::Manifest& manifest,
                  const std::vector<PlannedCase>& plan, kit::RunOptions& options) {
  const auto yaml = written_options(arguments);
  if (!yaml) return false;
  const std::string text = yaml->empty() ? "{}" : *yaml;
  const std::string name = arguments.options_file.empty() ? "--options" : arguments.options_file;
  for (const PlannedCase& planned : plan) {
    const plugin::Component* const component =
        plugin::find_component(manifest, planned.point, planned.component);
    if (component == nullptr || options.options.count(planned.component) != 0) continue;
    const Result<plugin::Value> read = host::read_plugin_options(text, name, *component);
    if (!read) {
      show_errors(read.errors());
      say(fmt::format("'{}' needs other options: --options 'key: value'", component->name));
      return false;
    }
    options.options[planned.component] = plugin::json_text(*read);
  }
  return true;
}

int list_all() {
  std::string text;
  for (const kit::StaticCase& each : kit::static_cases()) {
    text += fmt::format("{:<28} {}\n", each.id, each.what);
  }
  for (const kit::Case& each : kit::cases()) {
    text += fmt::format("{:<28} {}\n", each.id, each.what);
  }
  return write_all(STDOUT_FILENO, text) ? exit_no_case_failed : exit_usage;
}

int list_plan(const std::vector<PlannedCase>& plan) {
  std::string text;
  for (const PlannedCase& each : plan) {
    text += fmt::format("{:<28} {}\n", shown(each.name()), each.what);
  }
  return write_all(STDOUT_FILENO, text) ? exit_no_case_failed : exit_usage;
}

// What is tested, and what of it.
struct Tested {
  std::string suite{};                    // its name in JUnit
  plugin::Manifest manifest{};            // empty when it cannot be read
  const kit::FileFacts* facts = nullptr;  // null: it is built in
  std::vector<PlannedCase> plan{};
};

bool write_junit(const PluginArguments& arguments, const Tested& tested, const Shown& results) {
  if (arguments.junit.empty()) return true;
  std::ofstream file(arguments.junit, std::ios::binary | std::ios::trunc);
  file << kit::junit(tested.suite, results.results());
  file.close();
  if (file) return true;
  say(fmt::format("cannot write {}", shown(arguments.junit)));
  return false;
}

// The program whose processes run the cases; empty, and said, when it is not there. What is built
// in is built into this one.
std::string find_program(const PluginArguments& arguments, kit::RunOptions& options) {
  if (!arguments.builtin.empty()) {
    options.builtin = arguments.builtin;
    options.before_case = {"plugin", "--case"};
    return "/proc/self/exe";
  }
  std::string found = plugin::find_host_program();
  if (found.empty()) {
    say("there is no penstock-plugin-host, in which the plugin would run; it is a part of "
        "Penstock");
  }
  return found;
}

// Beside penstock-plugin-host; without it the cases that need it are skipped, and say so. A build
// with a sanitizer has none.
std::string find_faults() {
  const std::filesystem::path program = plugin::find_host_program();
  const std::filesystem::path found = program.parent_path() / "penstock-kit-faults.so";
  std::error_code error;
  return std::filesystem::exists(found, error) ? found.string() : std::string();
}

int run_plan(const PluginArguments& arguments, const Tested& tested) {
  kit::RunOptions options;
  options.host_program = find_program(arguments, options);
  if (options.host_program.empty()) return exit_usage;
  options.faults = find_faults();
  options.time_limit =
      std::chrono::duration_cast<std::chrono::milliseconds>(arguments.case_timeout);
  if (!read_options(arguments, tested.manifest, tested.plan, options)) return exit_usage;
  Shown results(tested.plan.size());
  if (!kit::run_cases(tested.plan, tested.facts, options, results)) {
    results.put("Bail out! there is no place for temporary files\n");
    return exit_usage;
  }
  const std::size_t failed = results.count(Verdict::Kind::failed);
  results.put(fmt::format("# {} passed, {} failed, {} skipped\n",
                          results.count(Verdict::Kind::passed), failed,
                          results.count(Verdict::Kind::skipped)));
  if (!write_junit(arguments, tested, results) || !results.written()) return exit_usage;
  return failed == 0 ? exit_no_case_failed : exit_some_failed;
}

int use_plan(const PluginArguments& arguments, const Tested& tested) {
  if (tested.plan.empty()) {
    return cannot_run(
        fmt::format("no case is called '{}'; --list shows them all", shown(arguments.cases)));
  }
  return arguments.list_cases ? list_plan(tested.plan) : run_plan(arguments, tested);
}

kit::Selection selection_of(const PluginArguments& arguments) {
  return {.glob = arguments.cases, .component = arguments.component, .with_speed = arguments.bench};
}

int test_builtin(const PluginArguments& arguments) {
  const penstock_plugin* const found = host::find_built_in(arguments.builtin);
  if (found == nullptr) {
    return cannot_run(fmt::format("no sink '{}' is built in", shown(arguments.builtin)));
  }
  Tested tested{.suite = found->id, .manifest = kit::builtin_subject(*found).manifest};
  tested.plan = kit::plan_builtin_cases(tested.manifest, selection_of(arguments));
  return use_plan(arguments, tested);
}

int test_file(const PluginArguments& arguments) {
  const auto file = open_file(arguments.file);
  if (!file) return exit_usage;
  const kit::FileFacts facts = facts_of(*file);
  if (!has_component(facts, arguments.component)) {
    return cannot_run(
        fmt::format("{} has no component '{}'", shown(arguments.file), shown(arguments.component)));
  }
  Tested tested{.suite = std::filesystem::path(arguments.file).filename().string(),
                .facts = &facts,
                .plan = kit::plan_cases(facts, selection_of(arguments))};
  if (facts.manifest) {
    tested.suite = facts.manifest->id;
    tested.manifest = *facts.manifest;
  }
  return use_plan(arguments, tested);
}

}  // namespace

int test_plugin(const PluginArguments& arguments) {
  if (!arguments.builtin.empty()) return test_builtin(arguments);
  return arguments.file.empty() ? list_all() : test_file(arguments);
}

int run_builtin_case(std::span<char* const> words) {
  return kit::run_case_child(words, &host::find_built_in);
}

}  // namespace penstock::cli
