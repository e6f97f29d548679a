// SPDX-License-Identifier: Apache-2.0
#include "plugin/manifest.hpp"

#include <utility>

#include <fmt/format.h>

#include "plugin/json.hpp"
#include "plugin/manifest_rules.hpp"
#include "signing/plugin_id.hpp"

namespace penstock::plugin {
namespace {

constexpr std::size_t reasons_max = 8;  // more fill a screen and help nobody

Refusal refused(std::string code, std::string reason, std::string fix) {
  return Refusal{.stage = Stage::manifest,
                 .code = std::move(code),
                 .reason = std::move(reason),
                 .fix = std::move(fix)};
}

// All of them in one sentence.
std::string sentence(const Errors& errors) {
  std::string text;
  for (std::size_t i = 0; i < errors.size() && i < reasons_max; ++i) {
    text += (i == 0 ? "" : "; ") + errors[i].message;
  }
  if (errors.size() > reasons_max) {
    text += fmt::format("; and {} more", errors.size() - reasons_max);
  }
  return text;
}

// ---- members of what check_manifest() found to be right

std::string text_of(const Value* object, std::string_view key) {
  const Value* const value = object == nullptr ? nullptr : object->find(key);
  return value == nullptr ? std::string() : *value->text();
}

std::uint64_t number_of(const Value& object, std::string_view key, std::uint64_t otherwise) {
  const Value* const value = object.find(key);
  return value == nullptr ? otherwise
                          : static_cast<std::uint64_t>(std::get<std::int64_t>(value->data));
}

bool bool_of(const Value* object, std::string_view key) {
  const Value* const value = object == nullptr ? nullptr : object->find(key);
  return value != nullptr && *value->boolean();
}

std::vector<std::string> texts_of(const Value* object, std::string_view key) {
  std::vector<std::string> texts;
  const Value* const value = object == nullptr ? nullptr : object->find(key);
  if (value == nullptr) return texts;
  for (const Value& item : *value->array()) texts.push_back(*item.text());
  return texts;
}

AbiVersion abi_of(const Value& abi) {
  const std::uint64_t minor = number_of(abi, "minor", 0);
  return {.major = static_cast<std::uint32_t>(number_of(abi, "major", 0)),
          .minor = static_cast<std::uint32_t>(minor),
          .min_host_minor = static_cast<std::uint32_t>(number_of(abi, "min_host_minor", minor))};
}

Component component_of(const Value& value) {
  Component component;
  component.point = text_of(&value, "point");
  component.name = text_of(&value, "name");
  component.summary = text_of(&value, "summary");
  component.concurrency = number_of(value, "concurrency", 1);
  component.async = bool_of(&value, "async");
  if (text_of(&value, "delivery") == "at_most_once") {
    component.delivery = Component::Delivery::at_most_once;
  }
  if (const Value* const schema = value.find("config_schema")) {
    component.config_schema_tree = *schema;
  }
  return component;
}

Manifest manifest_of(const Value& value) {
  Manifest manifest;
  manifest.id = text_of(&value, "id");
  manifest.name = text_of(&value, "name");
  manifest.version = *signing::Version::parse(text_of(&value, "version"));
  manifest.summary = text_of(&value, "summary");
  manifest.license = text_of(&value, "license");
  manifest.vendor = text_of(&value, "vendor");
  manifest.homepage = text_of(&value, "homepage");
  manifest.abi = abi_of(*value.find("abi"));
  manifest.sdk_version = text_of(&value, "sdk_version");
  manifest.arch = text_of(&value, "arch");
  manifest.os = text_of(&value, "os");
  manifest.libc = text_of(&value, "libc");
  for (const Value& component : *value.find("provides")->array()) {
    manifest.provides.push_back(component_of(component));
  }
  manifest.services = texts_of(value.find("requires"), "services");
  manifest.needed = texts_of(value.find("requires"), "needed");
  const Value* const permissions = value.find("permissions");
  manifest.permissions = {.network = texts_of(permissions, "network"),
                          .files = texts_of(permissions, "files"),
                          .exec = bool_of(permissions, "exec")};
  if (text_of(&value, "isolation") == "process") manifest.isolation = Manifest::Isolation::process;
  const Value* const build = value.find("build");
  manifest.build = {.compiler = text_of(build, "compiler"),
                    .flags_digest = text_of(build, "flags_digest"),
                    .build_id = text_of(build, "build_id"),
                    .source_commit = text_of(build, "source_commit")};
  return manifest;
}

// Fills in the schemas; the errors of all of them.
Errors read_schemas(Manifest& manifest) {
  Errors errors;
  for (std::size_t i = 0; i < manifest.provides.size(); ++i) {
    Component& component = manifest.provides[i];
    if (component.config_schema_tree.is(Value::Kind::null)) continue;
    Result<Schema> schema =
        read_schema(component.config_schema_tree, path_of(path_of("provides", i), "config_schema"));
    if (schema && schema->type != Schema::Type::object) {
      schema =
          Error{.message = fmt::format(
                    "'provides[{}].config_schema.type' must be object: options have names", i)};
    }
    errors.insert(errors.end(), schema.errors().begin(), schema.errors().end());
    if (schema) component.config_schema = *std::move(schema);
  }
  return errors;
}

}  // namespace

Checked<std::string> manifest_text(const ElfFile& file) {
  const ElfNote* found = nullptr;
  for (const ElfNote& note : file.notes) {
    if (note.name != manifest_note_name || note.type != manifest_note_type) continue;
    if (found != nullptr) {
      return refused("two-manifests",
                     fmt::format("it has a manifest at offset {} and another one at offset {}",
                                 found->offset, note.offset),
                     "keep one PENSTOCK_PLUGIN in the plugin's sources");
    }
    found = &note;
  }
  if (found == nullptr) {
    return refused("no-manifest", "it has no note named Penstock, so it is no plugin",
                   "put the manifest in the source file that has the plugin's entry function");
  }
  if (found->description.size() > manifest_bytes_max) {
    return refused("manifest-size",
                   fmt::format("its manifest has {} bytes; at most {} can be",
                               found->description.size(), manifest_bytes_max),
                   "make the manifest shorter");
  }
  return found->description;
}

Checked<Manifest> parse_manifest(std::string_view json) {
  const Result<Value> tree = parse_json(json);
  if (!tree) {
    return refused("manifest-json", "its manifest is not JSON: " + sentence(tree.errors()),
                   "correct the manifest and build the plugin again");
  }
  const std::string fix = "correct the manifest and build the plugin again";
  if (const Errors errors = check_manifest(*tree); !errors.empty()) {
    Refusal refusal = refused("manifest-key", "in its manifest " + sentence(errors), fix);
    const Value* const id = tree->find("id");
    if (id != nullptr && id->text() != nullptr && signing::is_plugin_id(*id->text())) {
      refusal.plugin = *id->text();
    }
    return refusal;
  }
  Manifest manifest = manifest_of(*tree);
  if (const Errors errors = read_schemas(manifest); !errors.empty()) {
    Refusal refusal = refused("config-schema", "in its manifest " + sentence(errors), fix);
    refusal.stage = Stage::schema;
    refusal.plugin = manifest.id;
    return refusal;
  }
  return manifest;
}

Checked<Manifest> read_manifest(const ElfFile& file) {
  const Checked<std::string> text = manifest_text(file);
  if (!text) return text.refusal();
  return parse_manifest(*text);
}

}  // namespace penstock::plugin
