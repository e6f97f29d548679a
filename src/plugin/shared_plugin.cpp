// SPDX-License-Identifier: Apache-2.0
#include "plugin/shared_plugin.hpp"

#include <exception>
#include <utility>

#include "penstock/event_view.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/handshake.hpp"
#include "plugin/library.hpp"
#include "plugin/probe.hpp"
#include "plugin/sealed_copy.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {

SharedPlugin::SharedPlugin(Plugin plugin, std::string host_program,
                           std::shared_ptr<PluginGuard> guard)
    : plugin_(std::move(plugin)),
      host_program_(std::move(host_program)),
      guard_(std::move(guard)) {}

Checked<const penstock_plugin*> SharedPlugin::load() {
  std::lock_guard lock(mutex_);
  if (!loaded_) loaded_ = load_now();
  return *loaded_;
}

std::string SharedPlugin::concern() {
  std::lock_guard lock(mutex_);
  return concern_;
}

Checked<Admission> SharedPlugin::ask_guard(const Plugin& copy) const {
  return guard_ == nullptr ? Admission{} : guard_->judge(copy);
}

// The copy is judged again: between the listing and now, what was in the file may have changed.
Checked<const penstock_plugin*> SharedPlugin::load_now() {
  Checked<PluginFile> copy = sealed_copy(plugin_.file);
  if (!copy) return copy.refusal();
  Checked<Plugin> judged = read_plugin(*std::move(copy));
  if (!judged) return judged.refusal();
  const Manifest& now = judged->manifest;
  if (now.id != manifest().id || now.version != manifest().version) {
    return Refusal{.plugin = manifest().id,
                   .file = file(),
                   .stage = Stage::load,
                   .code = "changed",
                   .reason = "the file was changed after it was listed",
                   .fix = "start again"};
  }
  // Before the probe: that runs it, if in another process.
  const Checked<Admission> admission = ask_guard(*judged);
  if (!admission) return admission.refusal();
  const auto tried = probe(judged->file.fd(), now, file(), host_program_);
  if (!tried) return tried.refusal();
  auto loaded = load_library(Descriptor(judged->file.release_fd()), now, file());
  if (!loaded) return loaded;
  concern_ = admission->concern;
  if (guard_ == nullptr) return loaded;
  if (const auto refusal = guard_->loaded(now, file(), *admission, concern_)) return *refusal;
  return loaded;
}

PluginSinkProvider::PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name,
                                       Value options)
    : plugin_(std::move(plugin)), name_(std::move(name)), config_(std::move(options)) {}

Refusal PluginSinkProvider::refuse(Stage stage, std::string code, std::string reason,
                                   std::string fix) const {
  return {.plugin = plugin_->manifest().id,
          .file = plugin_->file(),
          .stage = stage,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Result<penstock_sink*> PluginSinkProvider::create() {
  const auto failure = [](const Refusal& refusal) { return Error{.message = to_string(refusal)}; };
  const Checked<const penstock_plugin*> plugin = plugin_->load();
  if (!plugin) return failure(plugin.refusal());
  std::string what = "an exception of no known type";
  try {
    const Checked<penstock_sink*> made = create_now(**plugin);
    if (!made) return failure(made.refusal());
    return *made;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    // as said
  }
  return failure(refuse(Stage::create, "threw", "it threw: " + one_line(what),
                        "no exception may leave a plugin; the C++ headers see to that"));
}

Checked<penstock_sink*> PluginSinkProvider::create_now(const penstock_plugin& plugin) const {
  const penstock_factory* const factory = find_factory(plugin, PENSTOCK_POINT_SINK);
  penstock_text error{};
  std::lock_guard lock(plugin_->factory_calls());
  penstock_instance* const made = factory->create(name_.c_str(), &config_.c(), &error);
  if (made == nullptr) {
    const std::string why(detail::text_of(error));
    return refuse(Stage::create, "create", why.empty() ? "it gave no reason" : one_line(why),
                  "correct the options of the sink");
  }
  const auto unusable = [&](std::string code, std::string reason) {
    if (made->destroy != nullptr) made->destroy(made->self);
    return refuse(Stage::create, std::move(code), std::move(reason),
                  "build it with Penstock's own headers");
  };
  if (made->size < sizeof(penstock_sink)) return unusable("struct-size", "its sink is too small");
  auto* const sink = reinterpret_cast<penstock_sink*>(made);
  if (made->destroy == nullptr || sink->open == nullptr || sink->write == nullptr ||
      sink->flush == nullptr || sink->control == nullptr || sink->close == nullptr) {
    return unusable("no-function",
                    "its sink lacks one of destroy, open, write, flush, control and close");
  }
  return sink;
}

std::string PluginSinkProvider::open_failed(const std::string& why) const {
  return to_string(refuse(Stage::open, "open", one_line(why),
                          "correct the options of the sink, or what it writes to"));
}

}  // namespace penstock::plugin
