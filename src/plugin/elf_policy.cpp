// SPDX-License-Identifier: Apache-2.0
#include "plugin/elf_policy.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <elf.h>
#include <fmt/format.h>

#include "plugin/words.hpp"

namespace penstock::plugin {
namespace {

using Verdict = std::unique_ptr<Refusal>;

// The run time of C and C++, which the host has loaded anyway.
constexpr std::array<std::string_view, 10> run_time_libraries = {"libc.so.6",
                                                                 "libm.so.6",
                                                                 "libstdc++.so.6",
                                                                 "libgcc_s.so.1",
                                                                 "libdl.so.2",
                                                                 "librt.so.1",
                                                                 "libpthread.so.0",
                                                                 "ld-linux-x86-64.so.2",
                                                                 "ld-linux-aarch64.so.1",
                                                                 "libatomic.so.1"};

// Some linkers (gold, old ones) show where sections begin and end. They cannot be taken for names.
constexpr std::array<std::string_view, 5> linker_symbols = {"__bss_start", "_edata", "_end",
                                                            "_init", "_fini"};

template <class List>
bool has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Verdict refused(std::string code, std::string reason, std::string fix) {
  return std::make_unique<Refusal>(Refusal{.stage = Stage::elf,
                                           .code = std::move(code),
                                           .reason = std::move(reason),
                                           .fix = std::move(fix)});
}

Verdict judge_segments(const ElfFile& file) {
  if (file.machine != host_machine()) {
    return refused("arch",
                   fmt::format("it is for {}, and this host is {}", machine_name(file.machine),
                               machine_name(host_machine())),
                   fmt::format("build the plugin for {}", machine_name(host_machine())));
  }
  if (file.executable) {
    return refused("elf-type", "it is a program, not a shared object",
                   "build the plugin as a shared object (-shared)");
  }
  if (!file.stack_declared) {
    return refused(
        "exec-stack",
        "it does not say that its stack is not executable, so the host's would become so",
        "link with -Wl,-z,noexecstack");
  }
  if (file.executable_stack) {
    return refused("exec-stack", "it asks for an executable stack, and the host's would become so",
                   "link with -Wl,-z,noexecstack; in assembly, add a section .note.GNU-stack");
  }
  if (file.writable_code) {
    return refused("writable-code", "a segment of it is writable and executable",
                   "link without -N and without a linker script of its own");
  }
  if (file.text_relocations) {
    return refused("textrel", "its code would be changed while it is loaded (text relocations)",
                   "compile all of it with -fPIC and link with -Wl,-z,text");
  }
  return nullptr;
}

Verdict judge_paths(const ElfFile& file) {
  const bool has_rpath = file.rpath.has_value();
  if (!has_rpath && !file.runpath) return nullptr;
  return refused("rpath",
                 fmt::format("it has libraries searched for in {} ({})",
                             in_quotes(has_rpath ? *file.rpath : *file.runpath),
                             has_rpath ? "RPATH" : "RUNPATH"),
                 "link without -rpath, and what only the plugin uses statically");
}

// The one symbol must be the entry. A unique one would be shared with other plugins.
Verdict judge_exports(const ElfFile& file) {
  bool has_entry = false;
  for (const ElfSymbol& symbol : file.exported) {
    if (symbol.name == entry_symbol && symbol.type == STT_FUNC) {
      has_entry = true;
    } else if (symbol.binding == STB_GNU_UNIQUE) {
      return refused(
          "unique",
          fmt::format("its symbol {} would be shared with every other plugin that has one "
                      "of that name",
                      in_quotes(symbol.name)),
          "compile with -fvisibility=hidden -fvisibility-inlines-hidden");
    } else if (symbol.name != entry_symbol && !has(linker_symbols, symbol.name)) {
      return refused("exports",
                     fmt::format("it exports {}; a plugin exports {} and nothing else",
                                 in_quotes(symbol.name), entry_symbol),
                     "compile with -fvisibility=hidden, or link with a version script");
    }
  }
  if (has_entry) return nullptr;
  return refused("no-entry", fmt::format("it exports no function {}", entry_symbol),
                 "use the SDK's PENSTOCK_PLUGIN, and build for this interface");
}

Verdict judge_needed(const ElfFile& file, const Manifest& manifest) {
  if (!file.needed_otherwise.empty()) {
    return refused("needed",
                   fmt::format("it has {} loaded as a filter or an auditor",
                               in_quotes(file.needed_otherwise.front())),
                   "link without filters and auditors");
  }
  for (const std::string& needed : file.needed) {
    if (has(run_time_libraries, needed) || has(manifest.needed, needed)) continue;
    return refused("needed",
                   fmt::format("it needs the library {}, which its manifest does not declare",
                               in_quotes(needed)),
                   "add it to requires.needed of the manifest, or link it statically");
  }
  return nullptr;
}

Verdict judge_abi(const AbiVersion& abi, std::uint32_t minor) {
  if (abi.major == host_abi_major && abi.min_host_minor <= minor) return nullptr;
  const bool too_new = abi.major >= host_abi_major;
  Verdict refusal = refused("abi",
                            fmt::format("it needs interface {}.{}, and this host has {}.{}",
                                        abi.major, abi.min_host_minor, host_abi_major, minor),
                            too_new ? "update the host, or build the plugin for an older interface"
                                    : "get a newer plugin, or build it with the SDK of this host");
  refusal->stage = Stage::manifest;
  return refusal;
}

}  // namespace

Verdict judge_elf(const ElfFile& file) {
  Verdict verdict = judge_segments(file);
  if (verdict == nullptr) verdict = judge_paths(file);
  return verdict;
}

Verdict judge_plugin(const ElfFile& file, const Manifest& manifest, std::uint32_t minor) {
  Verdict verdict = judge_abi(manifest.abi, minor);
  if (verdict == nullptr) verdict = judge_needed(file, manifest);
  if (verdict == nullptr) verdict = judge_exports(file);
  return verdict;
}

}  // namespace penstock::plugin
