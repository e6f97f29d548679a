// SPDX-License-Identifier: Apache-2.0
// static_cases.cpp: what can be told from the file. The rules are those of the loader
// (plugin/elf_policy.hpp); here each has an id, and one that is broken does not hide the next.
#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <iterator>

#include <elf.h>
#include <fmt/format.h>

#include "kit/case.hpp"
#include "plugin/catalog.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/words.hpp"
#include "signing/lines.hpp"
#include "signing/signature.hpp"

namespace penstock::kit {
namespace {

using plugin::ElfFile;
using plugin::ElfSymbol;
using plugin::Refusal;

Verdict of(const Refusal& refusal) { return failed(refusal.reason, refusal.fix); }

// The loader's own judgement of a file with this one property of the real one. Whatever else is
// wrong with the real one has its own case.
ElfFile harmless(const FileFacts& facts) {
  ElfFile file;
  file.machine = facts.elf->machine;
  file.stack_declared = true;
  file.executable_stack = false;
  file.exported = {{std::string(plugin::entry_symbol), STB_GLOBAL, STT_FUNC}};
  return file;
}

Verdict judge(const ElfFile& file) {
  const auto refusal = plugin::judge_elf(file);
  return refusal == nullptr ? Verdict{} : of(*refusal);
}

Verdict judge(const ElfFile& file, const plugin::Manifest& manifest) {
  const auto refusal = plugin::judge_plugin(file, manifest);
  return refusal == nullptr ? Verdict{} : of(*refusal);
}

Verdict is_shared_object(const FileFacts& facts) {
  if (!facts.elf) return of(facts.elf.refusal());
  ElfFile file = harmless(facts);
  file.executable = facts.elf->executable;
  return judge(file);
}

Verdict has_manifest(const FileFacts& facts) {
  if (!facts.manifest) return of(facts.manifest.refusal());
  return judge(harmless(facts), *facts.manifest);
}

Verdict has_name(const FileFacts& facts) {
  if (facts.file.path().ends_with(plugin::plugin_ending)) return {};
  return failed(fmt::format("{} does not end with {}, so no folder of plugins shows it",
                            plugin::in_quotes(facts.file.path()), plugin::plugin_ending),
                "name it NAME.penstock.so");
}

Verdict has_one_export(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.exported = facts.elf->exported;
  std::erase_if(file.exported,
                [](const ElfSymbol& symbol) { return symbol.binding == STB_GNU_UNIQUE; });
  return judge(file, *facts.manifest);
}

Verdict has_no_unique_symbol(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  std::copy_if(facts.elf->exported.begin(), facts.elf->exported.end(),
               std::back_inserter(file.exported),
               [](const ElfSymbol& symbol) { return symbol.binding == STB_GNU_UNIQUE; });
  return judge(file, *facts.manifest);
}

Verdict has_plain_stack(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.stack_declared = facts.elf->stack_declared;
  file.executable_stack = facts.elf->executable_stack;
  return judge(file);
}

Verdict has_no_writable_code(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.writable_code = facts.elf->writable_code;
  return judge(file);
}

Verdict has_no_text_relocations(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.text_relocations = facts.elf->text_relocations;
  return judge(file);
}

Verdict has_no_search_path(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.rpath = facts.elf->rpath;
  file.runpath = facts.elf->runpath;
  return judge(file);
}

Verdict declares_libraries(const FileFacts& facts) {
  ElfFile file = harmless(facts);
  file.needed = facts.elf->needed;
  file.needed_otherwise = facts.elf->needed_otherwise;
  return judge(file, *facts.manifest);
}

Verdict has_sound_signature(const FileFacts& facts) {
  const std::string path = facts.file.path() + ".minisig";
  std::ifstream file(path, std::ios::binary);
  if (!file) return skipped("it is not signed");
  std::string text(signing::signing_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto signature = signing::parse_signature(text);
  if (signature) return {};
  return failed(fmt::format("{}: {}", plugin::in_quotes(path), signature.errors().front().message),
                "sign it again, after it was stripped: penstock plugin sign");
}

constexpr std::array<StaticCase, 11> table = {{
    {"static.file", "it is a shared object for this machine", true, &is_shared_object},
    {"static.manifest", "it has one manifest, which is valid, and its interface is this host's",
     true, &has_manifest},
    {"static.name", "its name ends with .penstock.so", false, &has_name},
    {"static.one-export", "it exports its entry function and nothing else", false, &has_one_export},
    {"static.no-unique", "no symbol would be shared with other plugins", false,
     &has_no_unique_symbol},
    {"static.no-exec-stack", "it asks for no executable stack", false, &has_plain_stack},
    {"static.no-writable-code", "no segment is writable and executable", false,
     &has_no_writable_code},
    {"static.no-text-relocations", "its code is not changed while it is loaded", false,
     &has_no_text_relocations},
    {"static.no-rpath", "it has no search path for libraries", false, &has_no_search_path},
    {"static.needed", "the manifest declares the libraries that it needs", false,
     &declares_libraries},
    {"static.signature", "FILE.minisig, if it is there, can be read", false, &has_sound_signature},
}};

}  // namespace

std::span<const StaticCase> static_cases() { return table; }

}  // namespace penstock::kit
