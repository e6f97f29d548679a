// SPDX-License-Identifier: Apache-2.0
#include "host/built_in_plugin.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/built_in_reader.hpp"
#include "config/keys.hpp"
#include "config/report.hpp"
#include "config/section.hpp"
#include "config/tree.hpp"
#include "penstock/plugin/sink.hpp"
#include "penstock/secret.hpp"
#include "penstock/version.hpp"
#include "plugin/json.hpp"
#include "plugin/value.hpp"
#include "plugin/words.hpp"

namespace penstock::host {
namespace {

using plugin::detail::SinkInstance;
using TreeValue = plugin::Value;

// In the order of config::sink_types(), which the tests compare.
constexpr std::array<const char*, 4> types = {"console", "file", "null", "webhook"};
constexpr std::array<const char*, types.size()> ids = {"org.penstock.console", "org.penstock.file",
                                                       "org.penstock.null", "org.penstock.webhook"};

std::shared_ptr<config::TreeNode> tree_of(const TreeValue& value) {
  auto node = std::make_shared<config::TreeNode>();
  if (const TreeValue::Object* const object = value.object()) {
    node->kind = config::TreeNode::Kind::mapping;
    for (const plugin::Member& member : *object) {
      node->members.push_back({member.key, {}, tree_of(member.value)});
    }
  } else if (const TreeValue::Array* const array = value.array()) {
    node->kind = config::TreeNode::Kind::sequence;
    for (const TreeValue& item : *array) node->items.push_back(tree_of(item));
  } else if (!value.is(TreeValue::Kind::null)) {
    node->kind = config::TreeNode::Kind::scalar;
    const std::string* const text = value.text();
    node->text = text != nullptr ? *text : plugin::json_text(value);
    node->plain = text == nullptr;
    node->has_secrets = text != nullptr && Secret(*text).has_references();
  }
  return node;
}

// Throws what is wrong with the options.
std::unique_ptr<Sink> make_sink(const config::SinkType& type, std::string_view json) {
  const Result<TreeValue> read = plugin::parse_json(json);
  if (!read) throw std::invalid_argument(read.errors().front().message);
  const std::shared_ptr<config::TreeNode> tree = tree_of(*read);
  config::Report report("options");
  config::check_keys(*tree, {type.keys}, report);
  SinkOptions options;
  config::read_built_in(config::Section(*tree, report), type, options);
  if (!report.empty()) throw std::invalid_argument(report.take().front().message);
  return options.make();
}

template <std::size_t index>
penstock_instance* create(const char* name, const penstock_config* config, penstock_text* error) {
  static std::string why;
  try {
    const config::SinkType* const type = config::find_sink_type(types[index]);
    if (std::strcmp(name, types[index]) == 0 && type != nullptr) {
      auto made = make_sink(*type, penstock::detail::text_of(config->json));
      return std::make_unique<SinkInstance>(std::move(made)).release()->c();
    }
    why = fmt::format("{} is not {}", plugin::in_quotes(name), types[index]);
  } catch (...) {
    why = plugin::detail::thrown();
  }
  *error = penstock::detail::c_text(why);
  return nullptr;
}

template <std::size_t index>
const penstock_factory* factory(const char* point) {
  static constexpr penstock_component component{sizeof component, 1, types[index]};
  static constexpr penstock_factory made{
      sizeof made, 1,
      [](std::uint32_t at) -> const penstock_component* { return at == 0 ? &component : nullptr; },
      &create<index>};
  return std::strcmp(point, PENSTOCK_POINT_SINK) == 0 ? &made : nullptr;
}

template <std::size_t... indexes>
std::span<const penstock_plugin> all(std::index_sequence<indexes...>) {
  static constexpr std::array<penstock_plugin, types.size()> plugins = {
      penstock_plugin{sizeof(penstock_plugin), PENSTOCK_ABI_MAJOR, PENSTOCK_ABI_MINOR, 0,
                      ids[indexes], PENSTOCK_VERSION, nullptr, nullptr, &factory<indexes>}...};
  return plugins;
}

}  // namespace

const penstock_plugin* find_built_in(std::string_view type) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (type == types[i]) return &all(std::make_index_sequence<types.size()>())[i];
  }
  return nullptr;
}

}  // namespace penstock::host
