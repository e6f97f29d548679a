// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_doc.hpp"

#include <algorithm>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/plugin_signing.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/json.hpp"

namespace penstock::cli {
namespace {

using plugin::Component;
using plugin::Schema;
using plugin::SchemaProperty;

constexpr std::size_t longest = 100'000;  // more than a manifest has

// Line breaks become blanks; what else controls is escaped.
std::string on_one_line(std::string_view text) {
  std::string flat(text);
  std::replace(flat.begin(), flat.end(), '\n', ' ');
  return shown(flat, longest);
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "; "));
}

// As it is written in YAML, whatever is in it: JSON is YAML. What a terminal obeys is escaped.
std::string written(const plugin::Value& value) {
  const std::string json = plugin::json_text(value);
  std::string text;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = static_cast<unsigned char>(i + 1 < json.size() ? json[i + 1] : 0);
    if (byte == 0x7F) {
      text += "\\u007f";
    } else if (byte == 0xC2 && next < 0xA0) {  // U+0080 .. U+009F
      text += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      text += json[i];
    }
  }
  return text;
}

std::string type_text(const Schema& schema) {
  if (schema.type == Schema::Type::array && schema.items != nullptr) {
    return "list of " + type_text(*schema.items);
  }
  switch (schema.format) {
    case Schema::Format::duration:
      return "duration";
    case Schema::Format::size:
      return "size";
    case Schema::Format::secret:
      return "secret";
    case Schema::Format::none:
      break;
  }
  return std::string(to_string(schema.type));
}

// What the value can be, besides its type.
std::string range_text(const Schema& schema) {
  std::vector<std::string> parts;
  if (!schema.choices.empty()) {
    std::vector<std::string> words;
    for (const plugin::Value& choice : schema.choices) words.push_back(as_code(written(choice)));
    parts.push_back(fmt::format("{}", fmt::join(words, ", ")));
  }
  if (schema.minimum) parts.push_back("at least " + plugin::shown(*schema.minimum));
  if (schema.maximum) parts.push_back("at most " + plugin::shown(*schema.maximum));
  if (schema.length_min == 1) {
    parts.emplace_back("not empty");
  } else if (schema.length_min != 0) {
    parts.push_back(fmt::format("{} characters or more", schema.length_min));
  }
  if (schema.length_max != UINT64_MAX) {
    parts.push_back(fmt::format("{} characters at most", schema.length_max));
  }
  if (schema.type == Schema::Type::object && schema.additional_properties) {
    parts.emplace_back("any keys");
  }
  if (schema.type == Schema::Type::array && schema.items != nullptr) {
    if (std::string of_items = range_text(*schema.items); !of_items.empty()) {
      parts.push_back("each: " + of_items);
    }
  }
  return joined(parts);
}

std::string default_text(const SchemaProperty& property) {
  if (property.required) return "required";
  return property.schema.default_value ? as_code(written(*property.schema.default_value)) : "none";
}

// An option, and those within it: `again.limit`, `brokers[].host`.
void add_rows(const SchemaProperty& property, const std::string& parent, std::string& text) {
  const std::string path = parent + property.name;
  text += fmt::format("| {} | {} | {} | {} | {} |\n", as_code(path), type_text(property.schema),
                      default_text(property), range_text(property.schema),
                      in_markdown(property.schema.description));
  for (const SchemaProperty& each : property.schema.properties) add_rows(each, path + ".", text);
  if (property.schema.items == nullptr) return;
  for (const SchemaProperty& each : property.schema.items->properties) {
    add_rows(each, path + "[].", text);
  }
}

plugin::Value example_value(const Schema& schema) {
  if (schema.default_value) return *schema.default_value;
  if (!schema.choices.empty()) return schema.choices.front();
  switch (schema.type) {
    case Schema::Type::object:
      return plugin::Value::Object{};
    case Schema::Type::array:
      return plugin::Value::Array{};
    case Schema::Type::boolean:
      return false;
    case Schema::Type::integer:
    case Schema::Type::number:
      return schema.minimum ? *schema.minimum : plugin::Value(0);
    case Schema::Type::string:
      break;
  }
  switch (schema.format) {
    case Schema::Format::duration:
      return "1s";
    case Schema::Format::size:
      return "1MiB";
    case Schema::Format::secret:
      return "${file:/run/secrets/NAME}";
    case Schema::Format::none:
      break;
  }
  return "...";
}

// In a configuration ${NAME} is a variable of the environment, and a secret's reference where there
// may be one.
std::string in_configuration(const Schema& schema) {
  std::string text = written(example_value(schema));
  if (schema.format == Schema::Format::secret) return text;
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3)) {
    text.insert(at, 1, '$');
  }
  return text;
}

// A name that need not be quoted.
bool is_plain_key(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

// A fence that the text cannot end.
std::string fenced(std::string_view language, const std::string& text) {
  std::size_t longest_run = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest_run = std::max(longest_run, run);
  }
  const std::string fence(longest_run + 1, '`');
  return fmt::format("{}{}\n{}{}\n", fence, language, text, fence);
}

std::string example_of(const Component& component) {
  std::string yaml = fmt::format(
      "plugins:\n  directories: [/opt/penstock/plugins]\nlogging:\n  sinks:\n    - name: {0}\n"
      "      type: {0}\n",
      component.name);
  if (component.config_schema) {
    // What is required first: the rest is as it is without it.
    for (const bool required : {true, false}) {
      for (const SchemaProperty& each : component.config_schema->properties) {
        if (each.required != required || (!required && !each.schema.default_value)) continue;
        yaml += fmt::format("      {}{}: {}\n", required ? "" : "# ",
                            is_plain_key(each.name) ? each.name : written(each.name),
                            in_configuration(each.schema));
      }
    }
  }
  return fenced("yaml", yaml);
}

std::string section_of(const Component& component) {
  const bool is_processor = component.point == PENSTOCK_POINT_PROCESSOR;
  const bool is_sink = component.point == PENSTOCK_POINT_SINK;
  const std::string kind = is_sink        ? "Sink type"
                           : is_processor ? "Processor"
                                          : as_code(component.point);
  std::string text = fmt::format("\n## {} {}\n\n", kind, as_code(component.name));
  if (!component.summary.empty()) text += in_markdown(component.summary) + "\n\n";
  const bool once = component.delivery == Component::Delivery::at_most_once;
  if (is_processor) text += "Sees each event of a sink, under `processors` of that sink.\n";
  if (!is_processor)
    text += fmt::format("Delivers {}.{}\n", once ? "at most once" : "at least once",
                        component.async ? " Several batches may be on their way at a time." : "");
  const bool has_schema = component.config_schema.has_value();
  if (has_schema && !component.config_schema->properties.empty()) {
    text += "\n| option | type | default | range | what it does |\n|---|---|---|---|---|\n";
    for (const SchemaProperty& each : component.config_schema->properties) {
      add_rows(each, "", text);
    }
    text += component.config_schema->additional_properties ? "\nOther options are taken as well.\n"
                                                           : "";
  } else {
    text += has_schema && !component.config_schema->additional_properties
                ? "\nIt has no options of its own.\n"
                : "\nThe manifest does not say which options it has.\n";
  }
  return is_sink ? text + "\n" + example_of(component) : text;
}

std::string codes_of(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : ", ") + as_code(text);
  return result;
}

std::string demands_of(const plugin::Manifest& manifest) {
  const plugin::Permissions& may = manifest.permissions;
  std::string text;
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) text += fmt::format("- {}: {}\n", what, value);
  };
  add("network", codes_of(may.network));
  add("files", codes_of(may.files));
  if (may.exec) text += "- runs other programs\n";
  add("libraries", codes_of(manifest.needed));
  add("services of the host", codes_of(manifest.services));
  if (manifest.isolation == plugin::Manifest::Isolation::process) {
    text += "- asks for a process of its own\n";
  }
  if (text.empty()) return {};
  return "\n## What it uses\n\nBy its own account. Nothing keeps a plugin inside the application "
         "from "
         "doing more; a sink with `isolation: process` runs it in a process that may do no "
         "more.\n\n" +
         text;
}

}  // namespace

std::string in_markdown(std::string_view text) {
  constexpr std::string_view markup = "\\`*_{}[]<>#+=|~&:@$^!";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string flat = on_one_line(text);
  std::string result;
  bool only_digits = true;  // so far: "1." would begin a list
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const char c = flat[i];
    const char before = i == 0 ? ' ' : flat[i - 1];
    const char after = i + 1 == flat.size() ? ' ' : flat[i + 1];
    bool escape = markup.find(c) != std::string_view::npos;
    if (c == '-') escape = i == 0 || before == '-';
    // A name of a host would become a link.
    if (c == '.') escape = only_digits || (after != ' ' && !(is_digit(before) && is_digit(after)));
    if (c == ')') escape = only_digits;
    if (escape) result += '\\';
    result += c;
    only_digits = only_digits && is_digit(c);
  }
  return result;
}

std::string as_code(std::string_view text) {
  std::string flat = on_one_line(text);
  std::size_t longest_run = 0;
  std::size_t run = 0;
  std::string cell;
  for (const char c : flat) {
    run = c == '`' ? run + 1 : 0;
    longest_run = std::max(longest_run, run);
    // The one character that ends a table's cell even within code.
    if (c == '|') cell += '\\';
    cell += c;
  }
  const std::string fence(longest_run + 1, '`');
  const bool pad = cell.empty() || cell.front() == '`' || cell.back() == '`';
  return fence + (pad ? " " : "") + cell + (pad ? " " : "") + fence;
}

std::string reference_of(const plugin::Manifest& manifest) {
  std::string text = fmt::format("# {}\n\n", in_markdown(manifest.name));
  if (!manifest.summary.empty()) text += in_markdown(manifest.summary) + "\n\n";
  text += "| | |\n|---|---|\n";
  const auto row = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) text += fmt::format("| {} | {} |\n", what, value);
  };
  row("id", as_code(manifest.id));
  row("version", as_code(manifest.version.text()));
  row("license", in_markdown(manifest.license));
  row("vendor", in_markdown(manifest.vendor));
  if (!manifest.homepage.empty()) row("homepage", as_code(manifest.homepage));
  row("interface",
      fmt::format("{}.{}, needs a host with {}.{}", manifest.abi.major, manifest.abi.minor,
                  manifest.abi.major, manifest.abi.min_host_minor));
  for (const Component& component : manifest.provides) text += section_of(component);
  return text + demands_of(manifest);
}

int document_plugin(const PluginArguments& arguments) {
  const auto found = read_plugin_file(arguments.file);
  if (!found) {
    say(plugin::to_string(found.refusal()));
    return exit_not_all_delivered;
  }
  return write_all(STDOUT_FILENO, reference_of(found->manifest)) ? exit_all_delivered
                                                                 : exit_not_all_delivered;
}

}  // namespace penstock::cli
