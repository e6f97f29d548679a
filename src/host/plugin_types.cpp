// SPDX-License-Identifier: Apache-2.0
#include "host/plugin_types.hpp"

#include <algorithm>
#include <map>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/scalar.hpp"
#include "host/signature_guard.hpp"
#include "plugin/catalog.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/probe.hpp"
#include "plugin/schema.hpp"
#include "plugin/shared_plugin.hpp"

namespace penstock::host {
namespace {

using plugin::Component;
using plugin::Schema;
using TreeValue = plugin::Value;

TreeValue placed(TreeValue value, const config::Position& at) {
  value.line = at.line;
  value.column = at.column;
  return value;
}

// Text where the schema wants text, whatever it looks like: `port: "80"` and `name: 80` alike.
bool wants_text(const Schema* schema) {
  return schema != nullptr && schema->type == Schema::Type::string;
}

TreeValue scalar_value(const config::TreeNode& node, const Schema* schema) {
  if (wants_text(schema) || !node.plain) return node.text;
  const auto parsed = config::parse_scalar(node);
  if (!parsed.value) return node.text;
  switch (parsed.value->type()) {
    case Value::Type::i64:
      return parsed.value->i64();
    case Value::Type::u64:
      return parsed.value->u64();
    case Value::Type::f64:
      return parsed.value->f64();
    case Value::Type::boolean:
      return parsed.value->boolean();
    case Value::Type::text:
      return node.text;
  }
  return node.text;
}

// Turns a part of the file into values. A secret may be referred to only where the schema says so.
class Converter {
 public:
  explicit Converter(config::Report& report) : report_(report) {}

  TreeValue value(const config::TreeNode& node, const Schema* schema, std::string_view name) {
    switch (node.kind) {
      case config::TreeNode::Kind::null:
        return placed({}, node.at);
      case config::TreeNode::Kind::scalar:
        check_secret(node, schema, name);
        return placed(scalar_value(node, schema), node.at);
      case config::TreeNode::Kind::sequence: {
        TreeValue::Array items;
        const Schema* const of_items = schema == nullptr ? nullptr : schema->items.get();
        for (const auto& item : node.items) items.push_back(value(*item, of_items, name));
        return placed(std::move(items), node.at);
      }
      case config::TreeNode::Kind::mapping: {
        std::vector<const config::Member*> members;
        for (const config::Member& member : node.members) members.push_back(&member);
        return placed(object(members, schema), node.at);
      }
    }
    return {};
  }

  TreeValue object(const std::vector<const config::Member*>& members, const Schema* schema) {
    TreeValue::Object result;
    for (const config::Member* member : members) {
      const plugin::SchemaProperty* const property =
          schema == nullptr ? nullptr : schema->find(member->key);
      result.push_back(
          {member->key,
           value(*member->value, property == nullptr ? nullptr : &property->schema, member->key),
           member->at.line, member->at.column});
    }
    return result;
  }

 private:
  void check_secret(const config::TreeNode& node, const Schema* schema, std::string_view name) {
    const bool may_be = schema != nullptr && schema->format == Schema::Format::secret;
    if (!node.has_secrets || may_be) return;
    report_.add(node.at, fmt::format("'{}' cannot refer to a secret; ${{NAME}} puts in an "
                                     "environment variable, and $${{ is a literal ${{",
                                     name));
  }

  config::Report& report_;
};

class Types final : public config::PluginTypes {
 public:
  Types(plugin::Catalog catalog, const std::shared_ptr<plugin::PluginGuard>& guard)
      : catalog_(std::move(catalog)) {
    const std::string program = plugin::find_host_program();
    for (plugin::Plugin& each : catalog_.plugins()) {
      plugins_.push_back(std::make_shared<plugin::SharedPlugin>(std::move(each), program, guard));
    }
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& each : plugins_) {
      for (const Component& component : each->manifest().provides) {
        if (component.point == PENSTOCK_POINT_SINK) names.push_back(component.name);
      }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  std::optional<Answer> find(const SinkOptions& sink, const config::TreeNode& place,
                             const std::vector<const config::Member*>& own,
                             config::Report& report) override {
    for (const auto& each : plugins_) {
      const Component* const component =
          plugin::find_component(each->manifest(), PENSTOCK_POINT_SINK, sink.type);
      if (component != nullptr) return use(each, *component, sink, place, own, report);
    }
    return refused(sink.type);
  }

 private:
  static Answer use(const std::shared_ptr<plugin::SharedPlugin>& shared, const Component& component,
                    const SinkOptions& sink, const config::TreeNode& place,
                    const std::vector<const config::Member*>& own, config::Report& report) {
    const Schema* const schema = component.config_schema ? &*component.config_schema : nullptr;
    TreeValue options = placed(Converter(report).object(own, schema), place.at);
    if (schema != nullptr) {
      for (const Error& error : plugin::validate(*schema, options, "")) {
        report.add({error.line, error.column}, error.message);
      }
      plugin::fill_defaults(*schema, options);
    }
    auto provider =
        std::make_shared<plugin::PluginSinkProvider>(shared, component.name, std::move(options));
    return {.make =
                [provider, timeout = sink.call_timeout] {
                  return std::make_unique<plugin::PluginSink>(provider, timeout);
                },
            .left_out = {},
            .plugin = shared->manifest().id};
  }

  // A file that is called like the type was there, and was not taken.
  std::optional<Answer> refused(const std::string& type) const {
    const std::string ending = type + std::string(plugin::plugin_ending);
    for (const plugin::Refusal& refusal : catalog_.refusals()) {
      const std::string name = refusal.file.substr(refusal.file.rfind('/') + 1);
      if (name == ending || name.ends_with("-" + ending)) {
        return Answer{.make = {}, .left_out = plugin::to_string(refusal), .plugin = refusal.plugin};
      }
    }
    return std::nullopt;
  }

  plugin::Catalog catalog_;
  std::vector<std::shared_ptr<plugin::SharedPlugin>> plugins_{};
};

}  // namespace

std::string installed_plugins() { return PENSTOCK_PLUGIN_DIRECTORY; }

namespace {

plugin::Catalog catalog_of(const config::PluginOptions& options,
                           const std::vector<std::string>& more) {
  plugin::CatalogOptions look;
  look.directories = more;
  look.directories.insert(look.directories.end(), options.directories.begin(),
                          options.directories.end());
  if (::access(installed_plugins().c_str(), F_OK) == 0) {
    look.directories.push_back(installed_plugins());
  }
  return plugin::Catalog::read(look);
}

}  // namespace

std::unique_ptr<config::PluginTypes> find_plugins(const config::PluginOptions& options,
                                                  const std::vector<std::string>& more) {
  return std::make_unique<Types>(catalog_of(options, more), make_guard(options));
}

Result<Listing> read_catalog(const std::string& config_path, const std::vector<std::string>& more) {
  config::PluginOptions options;
  if (!config_path.empty()) {
    const auto keep = [&](const config::PluginOptions& written) {
      options = written;
      return find_plugins(written, more);
    };
    const auto read = config::load_file(config_path, config::process_environment, keep);
    if (!read) return read.errors();
  }
  Listing listing{.catalog = catalog_of(options, more)};
  const std::shared_ptr<plugin::PluginGuard> guard = make_guard(options);
  for (const plugin::Plugin& each : listing.catalog.plugins()) {
    listing.judgements.push_back(guard == nullptr ? plugin::Admission{.by = not_looked_at}
                                                  : guard->judge(each));
  }
  return listing;
}

}  // namespace penstock::host
