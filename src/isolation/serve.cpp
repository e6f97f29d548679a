// SPDX-License-Identifier: Apache-2.0
#include "isolation/serve.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "isolation/child.hpp"
#include "isolation/confine.hpp"
#include "isolation/peer.hpp"
#include "penstock/event_view.hpp"
#include "penstock/version.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/json.hpp"
#include "plugin/library.hpp"
#include "plugin/manifest.hpp"
#include "plugin/shared_plugin.hpp"

namespace penstock::isolation {
namespace {

using detail::c_text;
using detail::text_of;
using plugin::Checked;
using plugin::Descriptor;
using plugin::Manifest;
using plugin::Refusal;
using plugin::Stage;

// ---- what the plugin may call, and what it owes

class Served final {
 public:
  Served(Peer& peer, penstock_sink& sink, const std::string& sink_name)
      : peer_(peer), sink_(sink), sink_name_(sink_name) {
    host_.size = sizeof host_;
    host_.ctx = this;
    host_.sink_name = c_text(sink_name_);
    host_.now_ns = &Served::now_of;
    host_.settle = &Served::settle_of;
    host_.report = &Served::report_of;
    host_.measure = &Served::measure_of;
  }

  // Until the host leaves.
  void run() {
    while (std::optional<Heard> heard = peer_.hear()) answer(*heard);
    sink_.instance.destroy(sink_.instance.self);
  }

 private:
  void answer(Heard& heard) {
    const Request& request = heard.request;
    const auto deadline = static_cast<std::int64_t>(request.size);
    switch (request.call) {
      case Call::open:
        // Once: when it is opened again, answers of other threads may be on their way.
        if (host_.max_in_flight == 0) host_.max_in_flight = request.argument;
        return reply(request.number, "open", [&](penstock_text& error) {
          return sink_.open(self(), &host_, deadline, &error);
        });
      case Call::flush:
        return reply(request.number, "flush",
                     [&](penstock_text& error) { return sink_.flush(self(), deadline, &error); });
      case Call::control:
        return reply(request.number, "control", [&](penstock_text&) {
          sink_.control(self(), request.argument);
          return std::int32_t{PENSTOCK_OK};
        });
      case Call::ping:
        return peer_.say_done(request.number);
      case Call::close:
        return close(request.number, deadline);
      case Call::write:
        return write(request);
      case Call::map:
        return map(request, std::move(heard.fd));
      case Call::unmap:
        return unmap(request.argument);
    }
  }

  template <class Call>
  void reply(std::uint64_t number, std::string_view name, Call call) {
    std::string why;
    try {
      penstock_text error{};
      if (call(error) == PENSTOCK_OK) return peer_.say_done(number);
      why = text_of(error);
    } catch (const std::exception& error) {
      why = fmt::format("its {}() threw: {}", name, error.what());
    } catch (...) {
      why = fmt::format("its {}() threw", name);
    }
    peer_.say_failed(number, why);
  }

  void close(std::uint64_t number, std::int64_t deadline) {
    try {
      sink_.close(self(), deadline);
    } catch (...) {
      // closed as far as it goes
    }
    std::lock_guard lock(mutex_);
    owed_.clear();
    peer_.say_done(number);
  }

  void write(const Request& request) {
    const auto& batch = *static_cast<const penstock_batch*>(segments_[request.argument].first);
    const std::uint64_t events = batch.count;
    {
      std::lock_guard lock(mutex_);
      owed_[request.number] = events;
    }
    penstock_answer answer{};
    answer.size = sizeof answer;
    std::string why;
    bool threw = true;
    try {
      sink_.write(self(), &batch, &answer);
      threw = false;
    } catch (const std::exception& error) {
      why = error.what();
    } catch (...) {
      why = "an exception of no known type";
    }
    if (threw) {
      answer = {};
      answer.size = sizeof answer;
      answer.status = PENSTOCK_WRITE_RETRY;
      answer.reason = c_text(why);
    }
    std::lock_guard lock(mutex_);
    if (answer.status != PENSTOCK_WRITE_PENDING) owed_.erase(request.number);
    peer_.say(Kind::answer, request.number, events, answer, threw);
  }

  void map(const Request& request, Descriptor fd) {
    void* const begin = ::mmap(nullptr, request.size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (begin == MAP_FAILED) return peer_.say_failed(request.number, "it has no room for a batch");
    segments_[request.argument] = {begin, request.size};
    peer_.say_done(request.number, reinterpret_cast<std::uintptr_t>(begin));
  }

  void unmap(std::uint32_t number) {
    const auto found = segments_.find(number);
    if (found == segments_.end()) return;
    ::munmap(found->second.first, found->second.second);
    segments_.erase(found);
  }

  void* self() const noexcept { return sink_.instance.self; }

  static std::int64_t now_of(void*) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
  // Answers to what is not owed go no further: the host takes them for a lie.
  static void settle_of(void* ctx, std::uint64_t token, const penstock_answer* answer) {
    auto& me = *static_cast<Served*>(ctx);
    std::lock_guard lock(me.mutex_);
    const auto owed = me.owed_.find(token);
    if (owed == me.owed_.end()) return;
    const std::uint64_t events = owed->second;
    me.owed_.erase(owed);
    me.peer_.say(Kind::settle, token, events, *answer);
  }
  static void report_of(void* ctx, penstock_text problem) {
    static_cast<Served*>(ctx)->peer_.say_report(text_of(problem));
  }
  static void measure_of(void* ctx, penstock_text name, double value) {
    static_cast<Served*>(ctx)->peer_.say_figure(text_of(name), value);
  }

  Peer& peer_;
  penstock_sink& sink_;
  const std::string sink_name_;
  penstock_sink_host host_{};
  std::map<std::uint32_t, std::pair<void*, std::size_t>> segments_{};
  std::mutex mutex_{};
  std::map<std::uint64_t, std::uint64_t> owed_{};  // under mutex_: tokens, and events of each
};

// ---- before there is an instance

Refusal refuse(Stage stage, std::string code, std::string reason, std::string fix) {
  return {.plugin = {},
          .file = {},
          .stage = stage,
          .code = std::move(code),
          .reason = std::move(reason),
          .fix = std::move(fix)};
}

Refusal not_confined(std::string why) {
  return refuse(Stage::load, "confine", std::move(why),
                "use a kernel that can, or `isolation: none`");
}

// What a worker of the application does not get: a write to a broken pipe, or beyond the limit of a
// file, is an error there and no end. Threads of the plugin inherit that.
void block_signals() {
  sigset_t errors;
  sigemptyset(&errors);
  sigaddset(&errors, SIGPIPE);
  sigaddset(&errors, SIGXFSZ);
  ::pthread_sigmask(SIG_BLOCK, &errors, nullptr);
}

Checked<plugin::Value> read_setup() {
  std::string text;
  struct stat status {};
  if (::fstat(setup_fd, &status) == 0) text.resize(static_cast<std::size_t>(status.st_size));
  const ssize_t count = ::pread(setup_fd, text.data(), text.size(), 0);
  ::close(setup_fd);
  auto setup = plugin::parse_json(text);
  const plugin::Value* const version = setup ? setup->find("version") : nullptr;
  const bool fits = count == static_cast<ssize_t>(text.size()) && version != nullptr &&
                    version->text() != nullptr && *version->text() == PENSTOCK_VERSION;
  if (fits) return *std::move(setup);
  return refuse(Stage::load, "host-version", "penstock-plugin-host is of another Penstock",
                "install both from one package");
}

Checked<Manifest> read_own_manifest() {
  struct stat status {};
  ::fstat(plugin_fd, &status);
  const plugin::FileSource source(plugin_fd, static_cast<std::uint64_t>(status.st_size));
  const Checked<plugin::ElfFile> elf = plugin::read_elf(source);
  if (!elf) return elf.refusal();
  return plugin::read_manifest(*elf);
}

struct Confinement {
  std::optional<Refusal> refusal{};  // the plugin may not be loaded
  std::string gap{};                 // what it is not kept from, or kept from against its manifest
};

bool is_everything(const std::string& path) {
  std::error_code error;
  return std::filesystem::equivalent(path, "/", error);
}

Confinement give_up_rights(const Manifest& manifest, const ChildSetup& setup, int parent) {
  Confinement result;
  if (std::string problem = limit_resources(setup.limits, parent); !problem.empty()) {
    result.refusal = not_confined(std::move(problem));
    return result;
  }
  const long landlock = landlock_version();  // not to be asked for any more when it is in force
  std::vector<std::string> missing;
  const auto paths = permitted_paths(manifest.permissions, setup.options, missing);
  if (std::any_of(paths.begin(), paths.end(), is_everything)) {
    result.refusal = refuse(Stage::load, "confine",
                            fmt::format("its permission to write files ({}) leads to '/', which is "
                                        "all of them",
                                        fmt::join(manifest.permissions.files, ", ")),
                            "name a folder below it, or use `isolation: none`");
    return result;
  }
  result.gap = confine_files(manifest.permissions, paths);
  if (!missing.empty()) {
    result.gap += fmt::format("{}{} not there, and out of its reach until it is started again",
                              result.gap.empty() ? "" : "; ", fmt::join(missing, ", "));
  }
  if (std::string problem = confine_calls(manifest.permissions, landlock); !problem.empty()) {
    result.refusal = not_confined(std::move(problem));
  }
  return result;
}

Checked<penstock_sink*> make_sink(const Manifest& manifest, const ChildSetup& setup) {
  const auto loaded = plugin::load_library(Descriptor(plugin_fd), manifest, setup.file);
  if (!loaded) return loaded.refusal();
  // As long as the process: the plugin has its address.
  static const plugin::InstanceConfig config(setup.options);
  static penstock_config own = config.c();
  own.secret = &ask_secret;
  const auto made = plugin::make_instance(**loaded, {.rules = plugin::sink_rules,
                                                     .id = manifest.id,
                                                     .file = setup.file,
                                                     .name = setup.component,
                                                     .config = own});
  if (!made) return made.refusal();
  return reinterpret_cast<penstock_sink*>(*made);
}

}  // namespace

int run_isolated() {
  block_signals();
  Peer peer;
  const auto failed = [&](const Refusal& refusal) {
    peer.say(refusal);
    return 3;
  };
  const Checked<plugin::Value> value = read_setup();
  if (!value) return failed(value.refusal());
  const ChildSetup setup = setup_of(*value);
  const auto* const parent = std::get_if<std::int64_t>(&value->find("parent")->data);
  const Checked<Manifest> manifest = read_own_manifest();
  if (!manifest) return failed(manifest.refusal());
  const Confinement confined =
      give_up_rights(*manifest, setup, parent == nullptr ? -1 : static_cast<int>(*parent));
  if (confined.refusal) return failed(*confined.refusal);
  const Checked<penstock_sink*> sink = make_sink(*manifest, setup);
  if (!sink) return failed(sink.refusal());
  peer.say_made(**sink, confined.gap);
  Served(peer, **sink, setup.sink).run();
  return 0;
}

}  // namespace penstock::isolation
