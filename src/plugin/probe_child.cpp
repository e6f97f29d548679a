// SPDX-License-Identifier: Apache-2.0
// probe_child.cpp: what the child of a probe does. It has the plugin as descriptor 3.
#include <csignal>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/catalog.hpp"
#include "plugin/json.hpp"
#include "plugin/library.hpp"
#include "plugin/probe.hpp"

namespace penstock::plugin {
namespace {

constexpr int plugin_fd = 3;
constexpr int answer_fd = 4;

// It leaves no core file, outlives nobody, gets no rights and no endless time.
void limit_this_process() {
  const rlimit no_core{0, 0};
  const rlimit seconds{5, 5};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setrlimit(RLIMIT_CPU, &seconds);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int tell(std::string_view answer) {
  while (!answer.empty()) {
    const ssize_t count = ::write(answer_fd, answer.data(), answer.size());
    if (count <= 0) return 1;
    answer.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int tell(const Refusal& refusal) {
  tell(json_text(Value::Object{{"stage", std::string(to_string(refusal.stage))},
                               {"code", refusal.code},
                               {"reason", refusal.reason},
                               {"fix", refusal.fix}}));
  return 3;
}

}  // namespace

int run_probe() {
  limit_this_process();
  struct stat status {};
  if (::fstat(plugin_fd, &status) == -1) return 2;
  const FileSource source(plugin_fd, static_cast<std::uint64_t>(status.st_size));
  Checked<ElfFile> elf = read_elf(source);
  if (!elf) return tell(elf.refusal());
  Checked<Manifest> manifest = read_manifest(*elf);
  if (!manifest) return tell(manifest.refusal());
  const auto plugin = load_library(Descriptor(plugin_fd), *manifest, "the plugin");
  if (!plugin) return tell(plugin.refusal());
  if ((*plugin)->deinit != nullptr) (*plugin)->deinit();
  return tell("ok");
}

}  // namespace penstock::plugin
