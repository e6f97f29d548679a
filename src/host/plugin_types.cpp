// SPDX-License-Identifier: Apache-2.0
#include "host/plugin_types.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/scalar.hpp"
#include "config/tree_reader.hpp"
#include "host/reserved_keys.hpp"
#include "host/signature_guard.hpp"
#include "isolation/isolated_sink.hpp"
#include "plugin/catalog.hpp"
#include "plugin/plugin_processor.hpp"
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

TreeValue checked_options(const std::vector<const config::Member*>& own, const config::Position& at,
                          const Schema* schema, config::Report& report) {
  TreeValue options = placed(Converter(report).object(own, schema), at);
  if (schema == nullptr) return options;
  for (const Error& error : plugin::validate(*schema, options, "")) {
    report.add({error.line, error.column}, error.message);
  }
  plugin::fill_defaults(*schema, options);
  return options;
}

class Types final : public config::PluginTypes {
 public:
  Types(plugin::Catalog catalog, const std::shared_ptr<plugin::PluginGuard>& guard,
        const config::PluginOptions& options)
      : catalog_(std::move(catalog)),
        isolation_(options.isolation),
        limits_{.memory = options.process_max_bytes} {
    for (plugin::Plugin& each : catalog_.plugins()) {
      plugins_.push_back(std::make_shared<plugin::SharedPlugin>(std::move(each), program_, guard));
    }
  }

  std::vector<std::string> names() const override { return names_of(PENSTOCK_POINT_SINK); }
  std::vector<std::string> processor_names() const override {
    return names_of(PENSTOCK_POINT_PROCESSOR);
  }

  std::optional<Answer> find(const SinkOptions& sink, const Written& written,
                             config::Report& report) override {
    const auto found = find_component(PENSTOCK_POINT_SINK, sink.type);
    if (!found) return refused(sink.type);
    const auto& [shared, component] = *found;
    Used used = use(*shared, *component, written.place, written.own, report);
    if (!used.left_out.empty()) return Answer{{}, std::move(used.left_out), shared->manifest().id};
    const bool apart = isolation_of(shared->manifest(), written) == config::Isolation::process;
    return Answer{.make = apart
                              ? in_a_process(shared, *component, sink, std::move(used.options))
                              : in_this_process(shared, *component, sink, std::move(used.options)),
                  .left_out = {},
                  .plugin = shared->manifest().id};
  }

  std::optional<ProcessorAnswer> find_processor(const std::string& type,
                                                const config::TreeNode& place,
                                                const std::vector<const config::Member*>& own,
                                                config::Report& report) override {
    const auto found = find_component(PENSTOCK_POINT_PROCESSOR, type);
    if (!found) {
      const std::optional<Answer> answer = refused(type);
      if (!answer) return std::nullopt;
      return ProcessorAnswer{{}, answer->left_out};
    }
    const auto& [shared, component] = *found;
    if (const auto refusal = not_apart(*shared, *component)) {
      return ProcessorAnswer{{}, plugin::to_string(*refusal)};
    }
    if (isolation_ == config::Isolation::process) {
      report.add(place.at,
                 fmt::format("the processor '{}' of a plugin runs in this process, and 'plugins: "
                             "isolation' is process; write 'isolation: process' in the sinks of "
                             "plugins instead of in 'plugins', or leave the processor out",
                             type));
    }
    Used used = use(*shared, *component, place, own, report);
    if (!used.left_out.empty()) return ProcessorAnswer{{}, std::move(used.left_out)};
    return ProcessorAnswer{
        plugin::processor_factory(shared, component->name, std::move(used.options)), {}};
  }

 private:
  struct Used {
    TreeValue options{};
    std::string left_out{};
  };

  std::vector<std::string> names_of(std::string_view point) const {
    std::vector<std::string> names;
    for (const auto& each : plugins_) {
      for (const Component& component : each->manifest().provides) {
        if (component.point == point) names.push_back(component.name);
      }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  std::optional<std::pair<std::shared_ptr<plugin::SharedPlugin>, const Component*>> find_component(
      std::string_view point, std::string_view name) const {
    for (const auto& each : plugins_) {
      const Component* const found = plugin::find_component(each->manifest(), point, name);
      if (found != nullptr) return std::pair(each, found);
    }
    return std::nullopt;
  }

  // The options that are written for the component, by its schema.
  static Used use(const plugin::SharedPlugin& shared, const Component& component,
                  const config::TreeNode& place, const std::vector<const config::Member*>& own,
                  config::Report& report) {
    if (const auto refusal = judge_options(shared.manifest(), component, shared.file())) {
      return {.left_out = plugin::to_string(*refusal)};
    }
    const Schema* const schema = component.config_schema ? &*component.config_schema : nullptr;
    return {.options = checked_options(own, place.at, schema, report)};
  }

  // A processor of a plugin that asks for a process of its own: it has none.
  static std::optional<plugin::Refusal> not_apart(const plugin::SharedPlugin& shared,
                                                  const Component& component) {
    if (shared.manifest().isolation != plugin::Manifest::Isolation::process) return std::nullopt;
    return plugin::Refusal{
        .plugin = shared.manifest().id,
        .file = shared.file(),
        .stage = plugin::Stage::manifest,
        .code = "processor-isolation",
        .reason = fmt::format("it asks for a process of its own, and its processor '{}' could only "
                              "run in this one",
                              component.name),
        .fix = "leave the processor out, or ask its vendor for one that asks for none"};
  }

  // What the sink says; else apart, when the manifest or the section `plugins` wants that.
  config::Isolation isolation_of(const plugin::Manifest& manifest, const Written& written) const {
    if (written.isolation) return *written.isolation;
    const bool is_wanted = manifest.isolation == plugin::Manifest::Isolation::process;
    return is_wanted ? config::Isolation::process : isolation_;
  }

  static SinkFactory in_this_process(const std::shared_ptr<plugin::SharedPlugin>& shared,
                                     const Component& component, const SinkOptions& sink,
                                     TreeValue options) {
    return [provider = std::make_shared<plugin::PluginSinkProvider>(shared, component.name,
                                                                    std::move(options)),
            timeout = sink.call_timeout] {
      return std::make_unique<plugin::PluginSink>(provider, timeout);
    };
  }

  SinkFactory in_a_process(const std::shared_ptr<plugin::SharedPlugin>& shared,
                           const Component& component, const SinkOptions& sink,
                           TreeValue options) const {
    const auto own = std::make_shared<const isolation::Isolation>(
        isolation::Isolation{.plugin = shared,
                             .host_program = program_,
                             .component = component.name,
                             .sink = sink.name,
                             .options = std::move(options),
                             .limits = limits_});
    return [own, timeout = sink.call_timeout] {
      return std::make_unique<isolation::IsolatedSink>(own, timeout);
    };
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
  const config::Isolation isolation_;
  const isolation::ChildLimits limits_;
  const std::string program_ = plugin::find_host_program();
  std::vector<std::shared_ptr<plugin::SharedPlugin>> plugins_{};
};

}  // namespace

Result<plugin::Value> read_plugin_options(std::string_view yaml, const std::string& name,
                                          const plugin::Component& component) {
  const auto environment = [](const std::string& variable) -> std::optional<std::string> {
    if (variable == "TMP") return "${TMP}";
    return config::process_environment(variable);
  };
  config::Report report(name);
  const config::TreePtr tree = config::read_tree(yaml, environment, report);
  std::vector<const config::Member*> own;
  config::Position at;
  if (tree != nullptr) {
    at = tree->at;
    for (const config::Member& member : tree->members) own.push_back(&member);
    const bool is_mapping =
        tree->kind == config::TreeNode::Kind::mapping || tree->kind == config::TreeNode::Kind::null;
    if (!is_mapping && report.empty()) report.add(at, "options are written as 'key: value'");
  }
  const Schema* const schema = component.config_schema ? &*component.config_schema : nullptr;
  TreeValue options = checked_options(own, at, schema, report);
  if (!report.empty()) return report.take();
  return options;
}

std::string installed_plugins() { return PENSTOCK_PLUGIN_DIRECTORY; }

namespace {

std::vector<std::string> directories_of(const config::PluginOptions& options,
                                        const std::vector<std::string>& more) {
  std::vector<std::string> directories = more;
  directories.insert(directories.end(), options.directories.begin(), options.directories.end());
  if (::access(installed_plugins().c_str(), F_OK) == 0) directories.push_back(installed_plugins());
  return directories;
}

plugin::Catalog catalog_of(const config::PluginOptions& options,
                           const std::vector<std::string>& more) {
  plugin::CatalogOptions look;
  look.directories = directories_of(options, more);
  return plugin::Catalog::read(look);
}

}  // namespace

std::unique_ptr<config::PluginTypes> find_plugins(const config::PluginOptions& options,
                                                  const std::vector<std::string>& more) {
  return std::make_unique<Types>(catalog_of(options, more), make_guard(options), options);
}

namespace {

Listing::Sink listed(const SinkOptions& sink) {
  Listing::Sink found{.name = sink.name, .type = sink.type};
  for (const ProcessorOptions& each : sink.processors) found.processors.push_back(each.type);
  return found;
}

}  // namespace

Listing survey(const std::string& config_path, const std::vector<std::string>& more) {
  config::PluginOptions options;
  Listing listing;
  if (!config_path.empty()) {
    const auto keep = [&](const config::PluginOptions& written) {
      options = written;
      listing.is_read = true;
      return find_plugins(written, more);
    };
    const auto read = config::load_file(config_path, config::process_environment, keep);
    if (!read) listing.errors = read.errors();
    if (read) {
      for (const SinkOptions& sink : read->sinks) listing.sinks.push_back(listed(sink));
    }
  }
  listing.directories = directories_of(options, more);
  listing.catalog = catalog_of(options, more);
  const std::shared_ptr<plugin::PluginGuard> guard = make_guard(options);
  for (const plugin::Plugin& each : listing.catalog.plugins()) {
    listing.judgements.push_back(guard == nullptr ? plugin::Admission{.by = not_looked_at}
                                                  : guard->judge(each));
  }
  return listing;
}

Result<Listing> read_catalog(const std::string& config_path, const std::vector<std::string>& more) {
  Listing listing = survey(config_path, more);
  if (!listing.errors.empty()) return std::move(listing.errors);
  return listing;
}

}  // namespace penstock::host
