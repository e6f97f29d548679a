// SPDX-License-Identifier: Apache-2.0
#include "kit/bench.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "penstock/version.hpp"
#include "plugin/catalog.hpp"
#include "plugin/json.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::Value;

constexpr std::string_view placeholder = "${TMP}";

void fill_placeholders(Value& value, const std::string& folder) {
  if (auto* const text = std::get_if<std::string>(&value.data)) {
    for (std::size_t at = text->find(placeholder); at != std::string::npos;
         at = text->find(placeholder, at + folder.size())) {
      text->replace(at, placeholder.size(), folder);
    }
  } else if (auto* const array = std::get_if<Value::Array>(&value.data)) {
    for (Value& item : *array) fill_placeholders(item, folder);
  } else if (auto* const object = std::get_if<Value::Object>(&value.data)) {
    for (plugin::Member& member : *object) fill_placeholders(member.value, folder);
  }
}

const void* no_service(void*, const char*) { return nullptr; }
void log_nowhere(void*, std::uint32_t, penstock_text) {}

penstock_plugin_entry entry_of(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    std::string said = ::dlerror();
    if (said.starts_with(path + ": ")) said.erase(0, path.size() + 2);
    throw Failure{"the dynamic loader refuses it: " + plugin::one_line(said),
                  "link all that it uses (-Wl,-z,defs), and install the libraries that it needs"};
  }
  void* const symbol = ::dlsym(library, PENSTOCK_PLUGIN_ENTRY_NAME);
  expect(symbol != nullptr, "it has no function " PENSTOCK_PLUGIN_ENTRY_NAME,
         "build it with penstock_add_plugin()");
  return reinterpret_cast<penstock_plugin_entry>(symbol);
}

}  // namespace

Subject builtin_subject(const penstock_plugin& plugin) {
  Subject subject{.builtin = &plugin};
  subject.manifest.id = plugin.id == nullptr ? "" : plugin.id;
  const penstock_factory* const sinks =
      plugin.get_factory == nullptr ? nullptr : plugin.get_factory(PENSTOCK_POINT_SINK);
  expect(sinks != nullptr, "it has no factory for " PENSTOCK_POINT_SINK,
         "give one in get_factory()");
  for (std::uint32_t i = 0; i < sinks->count; ++i) {
    const penstock_component* const given = sinks->describe(i);
    expect(given != nullptr && given->name != nullptr, "describe() gives a component without name",
           "describe each component below `count`");
    subject.manifest.provides.push_back({.point = PENSTOCK_POINT_SINK,
                                         .name = given->name,
                                         .concurrency = std::max(given->max_concurrency, 1U)});
  }
  return subject;
}

penstock_host ordinary_host() noexcept {
  penstock_host host{};
  host.size = sizeof host;
  host.abi_major = PENSTOCK_ABI_MAJOR;
  host.abi_minor = PENSTOCK_ABI_MINOR;
  host.name = "penstock";
  host.version = PENSTOCK_VERSION;
  host.get_service = &no_service;
  host.log = &log_nowhere;
  return host;
}

void initialise(Bench& bench, const penstock_plugin& plugin, const penstock_host& host) {
  if (plugin.init == nullptr) return;
  bench.at("init()");
  penstock_text error{};
  if (plugin.init(&host, &error) == PENSTOCK_OK) return;
  throw Failure{fmt::format("its init() failed: {}", plugin::one_line(detail::text_of(error))),
                "it has to work with any host of interface 1.0, which has no services"};
}

const plugin::Component& Bench::component() const {
  const plugin::Component* const found =
      plugin::find_component(manifest(), call_.point, call_.component);
  if (found == nullptr) throw Failure{"the manifest has no such component", "correct `provides`"};
  return *found;
}

Value Bench::options() {
  const std::string text = call_.options.empty() ? "{}" : call_.options;
  Result<Value> parsed = plugin::parse_json(text);
  if (!parsed) throw Failure{"the options are no JSON", "correct --options"};
  const std::string folder = fmt::format("{}/{}", call_.folder, ++folders_);
  ::mkdir(folder.c_str(), 0700);
  fill_placeholders(*parsed, folder);
  return *std::move(parsed);
}

Value Bench::full_options() {
  Value value = options();
  if (component().config_schema) plugin::fill_defaults(*component().config_schema, value);
  return value;
}

penstock_plugin_entry Bench::entry() {
  if (entry_ != nullptr) return entry_;
  if (subject_.builtin != nullptr) throw Skip{"it is built in"};
  at("loading it");
  entry_ = entry_of(fmt::format("/proc/self/fd/{}", subject_.fd));
  return entry_;
}

const penstock_plugin& Bench::plugin() {
  if (plugin_ != nullptr) return *plugin_;
  static const penstock_host host = ordinary_host();
  const penstock_plugin* given = subject_.builtin;
  if (given == nullptr) {
    const penstock_plugin_entry call = entry();
    at("the entry function");
    given = call(&host);
  }
  expect(given != nullptr, "its entry function answers null to a host of interface 1.0",
         "accept any host whose abi_major is PENSTOCK_ABI_MAJOR");
  initialise(*this, *given, host);
  plugin_ = given;
  return *plugin_;
}

const penstock_factory& Bench::factory() { return factory(call_.point); }

const penstock_factory& Bench::factory(const std::string& point) {
  const penstock_plugin& made = plugin();
  at("get_factory()");
  const penstock_factory* const found =
      made.get_factory == nullptr ? nullptr : made.get_factory(point.c_str());
  if (found != nullptr) return *found;
  throw Failure{"it has no factory for " + penstock::plugin::one_line(point),
                "give one in get_factory(), or correct `provides` of the manifest"};
}

penstock_plugin_entry Bench::entry_of_copy(const std::string& name) {
  if (subject_.builtin != nullptr) throw Skip{"it is built in"};
  const std::string path = call_.folder + "/" + name;
  const int copy = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct stat status {};
  bool complete = copy != -1 && ::fstat(subject_.fd, &status) == 0;
  off_t done = 0;
  while (complete && done < status.st_size) {
    const auto left = static_cast<std::size_t>(status.st_size - done);
    complete = ::sendfile(copy, subject_.fd, &done, left) > 0;
  }
  if (copy != -1) ::close(copy);
  if (!complete) {
    throw Skip{fmt::format("no copy can be made at {}: {}", path, std::strerror(errno))};
  }
  at("loading a copy of it");
  return entry_of(path);
}

}  // namespace penstock::kit
