// SPDX-License-Identifier: Apache-2.0
#include "plugin/shared_plugin.hpp"

#include <utility>

#include "penstock/event_view.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/handshake.hpp"
#include "plugin/library.hpp"
#include "plugin/probe.hpp"
#include "plugin/sealed_copy.hpp"
#include "plugin/words.hpp"

namespace penstock::plugin {

SharedPlugin::SharedPlugin(Plugin plugin, std::string host_program)
    : plugin_(std::move(plugin)), host_program_(std::move(host_program)) {}

Checked<const penstock_plugin*> SharedPlugin::load() {
  std::lock_guard lock(mutex_);
  if (!loaded_) loaded_ = load_now();
  return *loaded_;
}

// The copy is judged again: between the listing and now, what was in the file may have changed.
Checked<const penstock_plugin*> SharedPlugin::load_now() {
  Checked<PluginFile> copy = sealed_copy(plugin_.file);
  if (!copy) return copy.refusal();
  Checked<Plugin> judged = read_plugin(*std::move(copy));
  if (!judged) return judged.refusal();
  const Manifest& now = judged->manifest;
  if (now.id != manifest().id || compare(now.version, manifest().version) != 0) {
    return Refusal{.plugin = manifest().id,
                   .file = file(),
                   .stage = Stage::load,
                   .code = "changed",
                   .reason = "the file was changed after it was listed",
                   .fix = "start again"};
  }
  const auto tried = probe(judged->file.fd(), now, file(), host_program_);
  if (!tried) return tried.refusal();
  return load_library(Descriptor(judged->file.release_fd()), now, file());
}

PluginSinkProvider::PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name,
                                       Value options)
    : plugin_(std::move(plugin)), name_(std::move(name)), config_(std::move(options)) {}

Refusal PluginSinkProvider::refuse(std::string code, std::string reason, std::string fix) const {
  return {.plugin = plugin_->manifest().id,
          .file = plugin_->file(),
          .stage = Stage::create,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Result<penstock_sink*> PluginSinkProvider::create() {
  const auto failure = [](const Refusal& refusal) { return Error{.message = to_string(refusal)}; };
  const Checked<const penstock_plugin*> plugin = plugin_->load();
  if (!plugin) return failure(plugin.refusal());
  const penstock_factory* const factory = find_factory(**plugin, PENSTOCK_POINT_SINK);
  penstock_text error{};
  penstock_instance* const made = factory->create(name_.c_str(), &config_.c(), &error);
  if (made == nullptr) {
    const std::string why(detail::text_of(error));
    return failure(refuse("create", why.empty() ? "it gave no reason" : one_line(why),
                          "correct the options of the sink"));
  }
  if (made->size < sizeof(penstock_sink)) {
    made->destroy(made->self);
    return failure(
        refuse("struct-size", "its sink is too small", "build it with Penstock's own headers"));
  }
  return reinterpret_cast<penstock_sink*>(made);
}

}  // namespace penstock::plugin
