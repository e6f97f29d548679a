// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_new.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "config/keys.hpp"
#include "penstock/plugin/abi.h"
#include "penstock/version.hpp"
#include "plugin/manifest_rules.hpp"
#include "signing/plugin_id.hpp"

namespace penstock::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_bytes_max = 64;
constexpr mode_t file_mode = 0666;  // less what the user's mask takes

// CMake has targets of these names.
constexpr std::array<std::string_view, 10> names_of_cmake = {"all",
                                                             "clean",
                                                             "depend",
                                                             "edit_cache",
                                                             "help",
                                                             "install",
                                                             "list_install_components",
                                                             "package",
                                                             "rebuild_cache",
                                                             "test"};

bool is_built_in(std::string_view name) { return config::find_sink_type(name) != nullptr; }

bool is_taken(std::string_view name) {
  return is_built_in(name) ||
         std::find(names_of_cmake.begin(), names_of_cmake.end(), name) != names_of_cmake.end();
}

// What the name could have been; empty when there is nothing left of it.
std::string possible_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const char lower = is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_letter = lower >= 'a' && lower <= 'z';
    const bool is_other = (c >= '0' && c <= '9') || c == '_';
    if (text.empty() ? is_letter : is_letter || is_other) {
      text += lower;
    } else if (!text.empty() && text.back() != '-') {
      text += '-';
    }
  }
  text.resize(std::min(text.size(), name_bytes_max));
  while (text.ends_with('-')) text.pop_back();
  return is_taken(text) ? "my-" + text : text;
}

// "KafkaLiteSink" for "kafka-lite".
std::string class_name(std::string_view name) {
  std::string text;
  bool is_first = true;
  for (const char c : name) {
    if (c == '-' || c == '_') {
      is_first = true;
      continue;
    }
    const bool raise = is_first && c >= 'a' && c <= 'z';
    text += raise ? static_cast<char>(c - 'a' + 'A') : c;
    is_first = false;
  }
  return text + "Sink";
}

int refuse_usage(const std::string& what) {
  say(what);
  return exit_usage;
}

// Empty when the folder is there and has nothing in it, or could be made; `made` says which.
std::string make_folder(const fs::path& folder, bool& made) {
  std::error_code error;
  made = fs::create_directories(folder, error);
  if (error) return error.message();
  const bool is_empty = fs::is_empty(folder, error);
  if (error) return error.message();
  return is_empty ? std::string()
                  : "is not empty, and nothing is ever replaced; take another one with --directory";
}

// A file that was not there before.
Status write_file(const fs::path& path, std::string_view text) {
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode);
  bool written = fd >= 0 && write_all(fd, text);
  const int error = errno;
  if (fd >= 0 && ::close(fd) != 0) written = false;
  if (written) return {};
  return Error{.message = fmt::format("cannot be written: {}", std::strerror(error)),
               .file = path.string()};
}

Errors write_project(const fs::path& folder, const NewPlugin& plugin) {
  std::vector<fs::path> done;
  for (const TemplateFile& file : plugin_template) {
    const fs::path path = folder / file.name;
    const Status written = write_file(path, filled_in(file.text, plugin));
    if (written) {
      done.push_back(path);
      continue;
    }
    std::error_code ignored;
    for (const fs::path& each : done) fs::remove(each, ignored);
    return written.errors();
  }
  return {};
}

std::string next_steps(const fs::path& folder, const NewPlugin& plugin) {
  std::string text = fmt::format("{}: a plugin ({}) with a sink of type '{}'\n",
                                 shown(folder.string()), plugin.id, plugin.name);
  for (const TemplateFile& file : plugin_template) text += fmt::format("  {}\n", file.name);
  text += fmt::format("build and test it:\n  cd {} && cmake --workflow --preset test\n",
                      shown(folder.string()));
  return text;
}

}  // namespace

std::string name_fault(std::string_view name) {
  std::string why;
  if (!plugin::is_component_name(name) || name.size() > name_bytes_max) {
    why = fmt::format(
        "'{}' cannot be the name of a plugin: a name is a lower-case letter, then "
        "letters, digits, '_' or '-', {} at most",
        name, name_bytes_max);
  } else if (is_built_in(name)) {
    why = fmt::format("'{}' is a type of sink that is built in", name);
  } else if (is_taken(name)) {
    why = fmt::format("'{}' is a target of every CMake project", name);
  } else {
    return {};
  }
  const std::string possible = possible_name(name);
  return possible.empty() ? why : fmt::format("{}; '{}' would do", why, possible);
}

std::string default_id(std::string_view name) {
  std::string id = "org.example." + std::string(name);
  std::replace(id.begin(), id.end(), '_', '-');
  while (id.ends_with('-')) id.pop_back();
  return id;
}

std::string filled_in(std::string_view text, const NewPlugin& plugin) {
  const std::array<std::pair<std::string_view, std::string>, 6> markers = {
      {{"@name@", plugin.name},
       {"@id@", plugin.id},
       {"@class@", class_name(plugin.name)},
       {"@version@", fmt::format("{}.{}", PENSTOCK_VERSION_MAJOR, PENSTOCK_VERSION_MINOR)},
       {"@abi_major@", std::to_string(PENSTOCK_ABI_MAJOR)},
       {"@abi_minor@", std::to_string(PENSTOCK_ABI_MINOR)}}};
  std::string result;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    result += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const auto found = std::find_if(markers.begin(), markers.end(),
                                    [&](const auto& each) { return text.starts_with(each.first); });
    const bool is_marker = found != markers.end();
    result += is_marker ? std::string_view(found->second) : "@";
    text.remove_prefix(is_marker ? found->first.size() : 1);
  }
  return result;
}

int new_plugin(const PluginArguments& arguments) {
  const std::string& name = arguments.name;
  if (const std::string fault = name_fault(name); !fault.empty()) return refuse_usage(fault);
  const NewPlugin plugin{.name = name,
                         .id = arguments.id.empty() ? default_id(name) : arguments.id};
  if (!signing::is_plugin_id(plugin.id) || plugin.id.size() > signing::plugin_id_bytes_max) {
    return refuse_usage(
        fmt::format("'{}' is no plugin's id: two words or more with dots between, "
                    "of a-z, 0-9 and '-'; write --id {}",
                    plugin.id, default_id(name)));
  }
  const fs::path folder = arguments.directory.empty() ? name : arguments.directory;
  bool made = false;
  if (const std::string fault = make_folder(folder, made); !fault.empty()) {
    show_errors({{.message = fault, .file = folder.string()}});
    return exit_not_all_delivered;
  }
  if (const Errors errors = write_project(folder, plugin); !errors.empty()) {
    std::error_code ignored;
    if (made) fs::remove(folder, ignored);
    show_errors(errors);
    return exit_not_all_delivered;
  }
  return write_all(STDOUT_FILENO, next_steps(folder, plugin)) ? exit_all_delivered
                                                              : exit_not_all_delivered;
}

}  // namespace penstock::cli
