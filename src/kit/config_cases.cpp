// SPDX-License-Identifier: Apache-2.0
// config_cases.cpp: options that nobody has tried: each the schema allows, so create() gets to see
// them. An instance that comes of them is never opened,
// but where it is the host that fails.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/sink_driver.hpp"
#include "penstock/event_view.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/schema.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::in_quotes;
using plugin::Schema;
using plugin::Value;

constexpr std::size_t long_text_bytes = 64 * 1024;
constexpr const char* misspelt = "no_such_option";

// Of each kind, what is at its ends; the schema decides which of them are allowed.
std::vector<Value> extremes_of(const Schema& schema) {
  switch (schema.type) {
    case Schema::Type::string:
      return {"",
              "x",
              "0",
              "-1ns",
              "999999h",
              "${env:PENSTOCK_KIT_NOT_SET}",
              "\xC2\x80\xE2\x80\xA8 \n\t%s%n",
              std::string(long_text_bytes, 'x')};
    case Schema::Type::integer:
      return {0, 1, -1, INT64_MAX, INT64_MIN, UINT64_MAX};
    case Schema::Type::number:
      return {0, -1, 1e308, -1e308, 5e-324, INT64_MAX};
    case Schema::Type::boolean:
      return {true, false};
    case Schema::Type::array:
      return {Value::Array{}};
    case Schema::Type::object:
      return {Value::Object{}};
  }
  return {};
}

void set(Value& options, const std::string& key, const Value& value) {
  auto& members = std::get<Value::Object>(options.data);
  std::erase_if(members, [&](const plugin::Member& member) { return member.key == key; });
  members.push_back({key, value});
}

// Whether create() makes something of them. It has to answer, and to say why when it does not.
bool makes(Bench& bench, const Value& options, const std::string& what) {
  const plugin::InstanceConfig config(options);
  std::string why;
  penstock_instance* const made =
      try_create(bench, bench.component().name, config.c(), why, " with " + what);
  if (made != nullptr) return true;
  if (!why.empty()) return false;
  throw Failure{fmt::format("create() with {} answers null and gives no reason", what),
                "fill in `error`: it is what the user gets to see"};
}

void extremes(Bench& bench) {
  const auto& schema = bench.component().config_schema;
  if (!schema) {
    makes(bench, Value::Object{}, "no options");
    makes(bench, Value::Object{{misspelt, Value::Array{}}}, "an option that it does not have");
    return;
  }
  for (const plugin::SchemaProperty& property : schema->properties) {
    for (const Value& value : extremes_of(property.schema)) {
      Value options = bench.full_options();
      set(options, property.name, value);
      if (!plugin::validate(*schema, options, "").empty()) continue;
      makes(bench, options, fmt::format("{}: {}", in_quotes(property.name), plugin::shown(value)));
    }
  }
  // Without all that need not be there: defaults are filled in, and the rest is absent.
  Value least = Value::Object{};
  plugin::fill_defaults(*schema, least);
  if (plugin::validate(*schema, least, "").empty()) makes(bench, least, "its defaults alone");
}

void misspelt_option(Bench& bench) {
  const auto& schema = bench.component().config_schema;
  Value options = bench.full_options();
  set(options, misspelt, 1);
  if (schema && !plugin::validate(*schema, options, "").empty()) return;
  if (!makes(bench, options, "an option that it does not have")) return;
  throw Failure{"an option that it does not have is taken without a word, so a misspelt one is too",
                schema ? "set additionalProperties to false in its config_schema"
                       : "give it a config_schema, with additionalProperties set to false"};
}

// What a host's function answers when it cannot.
template <class... Arguments>
std::int32_t fails(Arguments...) {
  return PENSTOCK_FAILED;
}

std::int32_t secret_fails(void*, penstock_text, char*, std::size_t, std::size_t*,
                          penstock_text* error) {
  *error = detail::c_text("the kit lets it fail");
  return PENSTOCK_FAILED;
}

// Each function in its turn.
struct Failing {
  const char* what;
  void (*alter)(penstock_config& config);
};
constexpr std::array<Failing, 6> failing_functions = {{
    {"get()", [](penstock_config& config) { config.get = &fails; }},
    {"count()", [](penstock_config& config) { config.count = &fails; }},
    {"key()", [](penstock_config& config) { config.key = &fails; }},
    {"duration_ns()", [](penstock_config& config) { config.duration_ns = &fails; }},
    {"size_bytes()", [](penstock_config& config) { config.size_bytes = &fails; }},
    {"secret()", [](penstock_config& config) { config.secret = &secret_fails; }},
}};

// It may not come to be, or not open; then it says why.
void live_with(Bench& bench, const Failing& failing) {
  std::string why;
  if (bench.is_processor()) {
    const plugin::InstanceConfig config(bench.full_options());
    penstock_config given = config.c();
    failing.alter(given);
    if (try_create(bench, bench.component().name, given, why) != nullptr) return;
  } else {
    SinkDriver sink(bench, {.refused = &why, .alter = failing.alter});
    if (sink.made() && sink.try_open(why)) {
      sink.write("one");
      sink.finish();
      return;
    }
    if (sink.made()) sink.destroy();
  }
  if (!why.empty()) return;
  throw Failure{fmt::format("create() or open() failed and gave no reason, where {} of the "
                            "configuration fails",
                            failing.what),
                "fill in `error`: it is what the user gets to see"};
}

void host_errors(Bench& bench) {
  for (const Failing& failing : failing_functions) {
    bench.set_circumstance(fmt::format(", with {} of the configuration failing", failing.what));
    live_with(bench, failing);
  }
}

constexpr std::array<Case, 3> table = {{
    {"config.extremes", "create() answers to all options that its schema allows",
     Case::Of::component, false, &extremes},
    {"config.unknown-key", "an option that it does not have is an error", Case::Of::component,
     false, &misspelt_option},
    {"config.host-errors", "it bears that the host cannot tell an option", Case::Of::component,
     false, &host_errors},
}};

}  // namespace

std::span<const Case> config_cases() { return table; }

}  // namespace penstock::kit
