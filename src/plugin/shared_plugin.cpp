// SPDX-License-Identifier: Apache-2.0
#include "plugin/shared_plugin.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "plugin/abi_sizes.hpp"
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

bool may_pass(const Refusal& refusal) noexcept {
  return refusal.stage == Stage::load && refusal.code == "copy";
}

std::string SharedPlugin::concern() {
  std::lock_guard lock(mutex_);
  return concern_;
}

Checked<Admission> SharedPlugin::ask_guard(const Plugin& copy) const {
  return guard_ == nullptr ? Admission{} : guard_->judge(copy);
}

// The copy is judged again: between the listing and now, what was in the file may have changed.
Checked<SharedPlugin::Sealed> SharedPlugin::seal() const {
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
  // Before anything of it runs, in whatever process.
  Checked<Admission> admission = ask_guard(*judged);
  if (!admission) return admission.refusal();
  return Sealed{.copy = *std::move(judged), .admission = *std::move(admission)};
}

Checked<const penstock_plugin*> SharedPlugin::load_now() {
  Checked<Sealed> sealed = seal();
  if (!sealed) return sealed.refusal();
  Plugin& copy = sealed->copy;
  const auto tried = probe(copy.file.fd(), copy.manifest, file(), host_program_);
  if (!tried) return tried.refusal();
  auto loaded = load_library(Descriptor(copy.file.release_fd()), copy.manifest, file());
  if (!loaded) return loaded;
  if (const auto refusal = tell_guard(sealed->admission)) return *refusal;
  return loaded;
}

std::unique_ptr<Refusal> SharedPlugin::tell_guard(const Admission& admission) {
  concern_ = admission.concern;
  return guard_ == nullptr ? nullptr : guard_->loaded(manifest(), file(), admission, concern_);
}

Checked<int> SharedPlugin::sealed() {
  std::lock_guard lock(mutex_);
  if (!sealed_ || (!*sealed_ && may_pass(sealed_->refusal()))) sealed_.emplace(seal());
  if (!*sealed_) return sealed_->refusal();
  return (*sealed_)->copy.file.fd();
}

std::unique_ptr<Refusal> SharedPlugin::loaded_elsewhere() {
  std::lock_guard lock(mutex_);
  if (!sealed_ || !*sealed_) return nullptr;
  return tell_guard((*sealed_)->admission);
}

InstanceMaker::InstanceMaker(std::shared_ptr<SharedPlugin> plugin, const InstanceRules& rules,
                             std::string name, Value options)
    : plugin_(std::move(plugin)),
      rules_(rules),
      name_(std::move(name)),
      config_(std::move(options)) {}

Refusal InstanceMaker::refuse(Stage stage, std::string code, std::string reason,
                              std::string fix) const {
  return {.plugin = plugin_->manifest().id,
          .file = plugin_->file(),
          .stage = stage,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Result<penstock_instance*> InstanceMaker::make() {
  const auto failure = [](const Refusal& refusal) { return Error{.message = to_string(refusal)}; };
  const Checked<const penstock_plugin*> plugin = plugin_->load();
  if (!plugin) return failure(plugin.refusal());
  std::lock_guard lock(plugin_->factory_calls());
  const Checked<penstock_instance*> made = make_instance(**plugin, {.rules = rules_,
                                                                    .id = plugin_->manifest().id,
                                                                    .file = plugin_->file(),
                                                                    .name = name_,
                                                                    .config = config_.c()});
  if (!made) return failure(made.refusal());
  return *made;
}

// ---- an instance

namespace {

Refusal refuse(const InstanceOrder& order, std::string code, std::string reason, std::string fix) {
  return {.plugin = order.id,
          .file = order.file,
          .stage = Stage::create,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Checked<penstock_instance*> make_now(const penstock_plugin& plugin, const InstanceOrder& order) {
  const InstanceRules& rules = order.rules;
  const penstock_factory* const factory = find_factory(plugin, rules.point);
  penstock_text error{};
  penstock_instance* const made = factory->create(order.name.c_str(), &order.config, &error);
  if (made == nullptr) {
    const std::string why(detail::text_of(error));
    return refuse(order, "create", why.empty() ? "it gave no reason" : one_line(why),
                  fmt::format("correct the options of the {}", rules.noun));
  }
  const auto unusable = [&](std::string code, std::string reason) {
    if (made->destroy != nullptr) made->destroy(made->self);
    return refuse(order, std::move(code), std::move(reason),
                  "build it with Penstock's own headers");
  };
  if (made->size < rules.bytes_min) {
    return unusable("struct-size", fmt::format("its {} is too small", rules.noun));
  }
  if (made->destroy == nullptr || !rules.has_functions(*made)) {
    return unusable("no-function",
                    fmt::format("its {} lacks one of {}", rules.noun, rules.functions));
  }
  return made;
}

}  // namespace

Checked<penstock_instance*> make_instance(const penstock_plugin& plugin,
                                          const InstanceOrder& order) {
  std::string what = "an exception of no known type";
  try {
    return make_now(plugin, order);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    // as said
  }
  return refuse(order, "threw", "it threw: " + one_line(what),
                "no exception may leave a plugin; the C++ headers see to that");
}

const InstanceRules sink_rules{
    .point = PENSTOCK_POINT_SINK,
    .noun = "sink",
    .bytes_min = sink_bytes_min,
    .functions = "destroy, open, write, flush, control and close",
    .has_functions = [](const penstock_instance& instance) {
      const auto& sink = reinterpret_cast<const penstock_sink&>(instance);
      return sink.open != nullptr && sink.write != nullptr && sink.flush != nullptr &&
             sink.control != nullptr && sink.close != nullptr;
    }};

PluginSinkProvider::PluginSinkProvider(std::shared_ptr<SharedPlugin> plugin, std::string name,
                                       Value options)
    : maker_(std::move(plugin), sink_rules, std::move(name), std::move(options)) {}

Result<penstock_sink*> PluginSinkProvider::create() {
  const Result<penstock_instance*> made = maker_.make();
  if (!made) return made.errors();
  return reinterpret_cast<penstock_sink*>(*made);
}

std::string PluginSinkProvider::open_failed(const std::string& why) const {
  return to_string(maker_.refuse(Stage::open, "open", one_line(why),
                                 "correct the options of the sink, or what it writes to"));
}

}  // namespace penstock::plugin
