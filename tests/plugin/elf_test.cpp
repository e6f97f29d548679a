// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf_builder.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/manifest.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;

Bytes good() { return bytes_of(fixture("good")); }

std::size_t segment_at(const Bytes& bytes, std::uint32_t type) {
  const auto header = get<Elf64_Ehdr>(bytes, 0);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const std::size_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
    if (get<Elf64_Phdr>(bytes, at).p_type == type) return at;
  }
  ADD_FAILURE() << "no segment of type " << type;
  return 0;
}

template <class Change>
Bytes with_segment(std::uint32_t type, Change change) {
  Bytes bytes = good();
  const std::size_t at = segment_at(bytes, type);
  auto segment = get<Elf64_Phdr>(bytes, at);
  change(segment);
  put(bytes, at, segment);
  return bytes;
}

template <class Change>
Bytes with_header(Change change) {
  Bytes bytes = good();
  auto header = get<Elf64_Ehdr>(bytes, 0);
  change(header);
  put(bytes, 0, header);
  return bytes;
}

// The code of the reader's refusal, or "".
std::string code(const Bytes& bytes) {
  const auto file = read(bytes);
  return file ? "" : file.refusal().code;
}

std::string reason(const Bytes& bytes) {
  const auto file = read(bytes);
  return file ? "" : file.refusal().reason;
}

// Of a built file, by the policy.
std::string verdict(const std::string& name) {
  const auto file = read(bytes_of(fixture(name)));
  if (!file) return file.refusal().code;
  if (const auto refusal = judge_elf(*file)) return refusal->code;
  const auto manifest = read_manifest(*file);
  if (!manifest) return manifest.refusal().code;
  const auto refusal = judge_plugin(*file, *manifest);
  return refusal == nullptr ? "" : refusal->code;
}

// ---- what is in a good file

TEST(Elf, ReadsWhatALinkerMade) {
  const auto file = read(good());
  ASSERT_TRUE(file) << to_string(file.refusal());
  EXPECT_EQ(file->machine, host_machine());
  EXPECT_TRUE(file->stack_declared);
  EXPECT_FALSE(file->executable_stack);
  EXPECT_FALSE(file->writable_code);
  EXPECT_FALSE(file->text_relocations);
  EXPECT_FALSE(file->executable);
  EXPECT_FALSE(file->rpath || file->runpath);
  EXPECT_THAT(file->needed, Contains("libstdc++.so.6"));
  ASSERT_EQ(file->exported.size(), 1u);
  EXPECT_EQ(file->exported[0].name, entry_symbol);
  EXPECT_EQ(file->exported[0].type, STT_FUNC);
  EXPECT_THAT(file->undefined, Contains(Field(&ElfSymbol::name, "_Znwm")));
}

TEST(Elf, ReadsThroughADescriptorAsFromMemory) {
  const std::string path = fixture("good");
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto file = read_elf(FileSource(descriptor.get(), std::filesystem::file_size(path)));
  ASSERT_TRUE(file) << to_string(file.refusal());
  EXPECT_EQ(file->exported.size(), 1u);
  EXPECT_TRUE(manifest_text(*file));
}

TEST(Elf, AFileThatIsCutShortMeanwhileIsRefused) {
  const std::string path = fixture("good");
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto file = read_elf(FileSource(descriptor.get(), std::filesystem::file_size(path) + 1));
  EXPECT_TRUE(file);  // what is not there is not needed
  const Folder folder;
  Bytes half = good();
  half.resize(half.size() / 2);
  const Descriptor cut(::open(folder.add("half.so", half).c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(read_elf(FileSource(cut.get(), half.size() * 2)));
}

TEST(Elf, StripKeepsTheManifest) {
  const std::string strip = PENSTOCK_STRIP;
  if (strip.empty()) GTEST_SKIP() << "there is no strip";
  for (const std::string option : {"", "-s", "--strip-debug", "--strip-unneeded"}) {
    const Folder folder;
    const std::string path = folder.add_fixture("good", "stripped.penstock.so");
    const std::string command = strip + " " + option + " " + path;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT: a name of our own
    const auto file = read(bytes_of(path));
    ASSERT_TRUE(file) << to_string(file.refusal());
    EXPECT_TRUE(read_manifest(*file)) << option;
    EXPECT_EQ(file->exported.size(), 1u);
  }
}

TEST(Elf, SectionsAreNotLookedAt) {
  const Bytes bytes = with_header([](Elf64_Ehdr& header) {
    header.e_shoff = ~std::uint64_t{0};
    header.e_shnum = 0xFFFF;
    header.e_shstrndx = 0xFFFE;
  });
  EXPECT_EQ(code(bytes), "");
}

// ---- the policy, on built files

TEST(ElfPolicy, TakesGoodPlugins) {
  EXPECT_EQ(verdict("good"), "");
  EXPECT_EQ(verdict("newer"), "");
  EXPECT_EQ(verdict("other"), "");
  EXPECT_EQ(verdict("gc"), "");
  EXPECT_EQ(verdict("needed_declared"), "");
}

TEST(ElfPolicy, TakesWhatOtherLinkersMake) {
  int linkers = 0;
  for (const std::string name : {"by_gold", "by_lld"}) {
    if (!std::filesystem::exists(fixture(name))) continue;
    EXPECT_EQ(verdict(name), "") << name;
    ++linkers;
  }
  if (linkers == 0) GTEST_SKIP() << "there is no other linker";
}

TEST(ElfPolicy, RefusesEachBadOneByItsCode) {
  EXPECT_EQ(verdict("no_manifest"), "no-manifest");
  EXPECT_EQ(verdict("two_manifests"), "two-manifests");
  EXPECT_EQ(verdict("bad_json"), "manifest-json");
  EXPECT_EQ(verdict("bad_key"), "manifest-key");
  EXPECT_EQ(verdict("bad_schema"), "config-schema");
  EXPECT_EQ(verdict("other_major"), "abi");
  EXPECT_EQ(verdict("newer_minor"), "abi");
  EXPECT_EQ(verdict("exec_stack"), "exec-stack");
  EXPECT_EQ(verdict("rpath"), "rpath");
  EXPECT_EQ(verdict("runpath"), "rpath");
  EXPECT_EQ(verdict("textrel"), "textrel");
  EXPECT_EQ(verdict("no_entry"), "exports");  // it exports another function
  EXPECT_EQ(verdict("data_entry"), "no-entry");
  EXPECT_EQ(verdict("second_export"), "exports");
  EXPECT_EQ(verdict("unique"), "unique");
  EXPECT_EQ(verdict("needed"), "needed");
  EXPECT_EQ(verdict("filter"), "needed");
}

TEST(ElfPolicy, AStackThatIsNotDeclaredIsRefused) {
  const auto file =
      read(with_segment(PT_GNU_STACK, [](Elf64_Phdr& segment) { segment.p_type = PT_NULL; }));
  ASSERT_TRUE(file);
  const auto refusal = judge_elf(*file);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, "exec-stack");
  EXPECT_THAT(refusal->reason, HasSubstr("does not say"));
}

TEST(ElfPolicy, AWritableCodeSegmentIsRefused) {
  const auto file = read(
      with_segment(PT_LOAD, [](Elf64_Phdr& segment) { segment.p_flags = PF_R | PF_W | PF_X; }));
  ASSERT_TRUE(file);
  const auto refusal = judge_elf(*file);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, "writable-code");
}

TEST(ElfPolicy, AForeignMachineIsRefused) {
  const std::uint16_t foreign = host_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64;
  const auto file = read(with_header([&](Elf64_Ehdr& header) { header.e_machine = foreign; }));
  ASSERT_TRUE(file);  // it can be inspected
  const auto refusal = judge_elf(*file);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, "arch");
  EXPECT_THAT(refusal->reason, HasSubstr(machine_name(foreign)));
}

TEST(ElfPolicy, AProgramIsNoPlugin) {
  const Bytes bytes = build_elf(
      {.notes = {{manifest_note(minimal_manifest())}}, .numbers = {{DT_FLAGS_1, 0x0800'0000}}});
  const auto refusal = judge_elf(*read(bytes));
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, "elf-type");
}

// ---- what the reader refuses

TEST(Elf, WhatIsNoElfFileIsCalledThat) {
  EXPECT_EQ(code({}), "not-elf");
  EXPECT_EQ(code(bytes_of_text("#!/bin/sh\n")), "not-elf");
  EXPECT_EQ(code(bytes_of_text("\x7f")), "not-elf");
  EXPECT_EQ(code(bytes_of_text("\x7f"
                               "ELF")),
            "elf-broken");
}

TEST(Elf, OtherKindsOfElfFilesAreRefused) {
  EXPECT_EQ(code(with_header([](auto& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })), "arch");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })), "arch");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_machine = EM_ARM; })), "arch");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_type = ET_REL; })), "elf-type");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_type = ET_EXEC; })), "elf-type");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_version = 7; })), "elf-broken");
}

TEST(Elf, ImpossibleProgramHeadersAreRefused) {
  EXPECT_EQ(code(with_header([](auto& h) { h.e_phnum = 0; })), "elf-broken");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_phnum = 129; })), "elf-broken");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_phnum = 0xFFFF; })), "elf-broken");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_phentsize = 32; })), "elf-broken");
  EXPECT_EQ(code(with_header([](auto& h) { h.e_phoff = ~std::uint64_t{0} - 8; })), "elf-broken");
}

TEST(Elf, OffsetsThatOverflowAreRefused) {
  for (const auto type :
       {std::uint32_t{PT_LOAD}, std::uint32_t{PT_NOTE}, std::uint32_t{PT_DYNAMIC}}) {
    EXPECT_EQ(code(with_segment(type, [](auto& s) { s.p_offset = ~std::uint64_t{0}; })),
              "elf-broken");
    EXPECT_EQ(code(with_segment(type, [](auto& s) { s.p_filesz = ~std::uint64_t{0}; })),
              "elf-broken");
    EXPECT_EQ(code(with_segment(type, [](auto& s) { s.p_offset = ~s.p_filesz + 1; })),
              "elf-broken");
  }
  EXPECT_THAT(reason(with_segment(PT_NOTE, [](auto& s) { s.p_offset = 1u << 30; })),
              HasSubstr("beyond the end of the file"));
}

TEST(Elf, SegmentsThatCannotBeLoadedAsTheyStandAreRefused) {
  EXPECT_EQ(code(with_segment(PT_LOAD, [](auto& s) { s.p_vaddr += 8; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_LOAD, [](auto& s) { s.p_memsz = s.p_filesz - 1; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_LOAD, [](auto& s) { s.p_memsz = 1u << 30; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_LOAD, [](auto& s) { s.p_vaddr = ~std::uint64_t{0xFFF}; })),
            "elf-broken");
}

TEST(Elf, TheDynamicSegmentMustBeWhereTheLoaderLooks) {
  EXPECT_EQ(code(with_segment(PT_DYNAMIC, [](auto& s) { s.p_offset -= 16; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_DYNAMIC, [](auto& s) { s.p_vaddr = 1u << 30; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_DYNAMIC, [](auto& s) { s.p_type = PT_NULL; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_NOTE, [](auto& s) { s.p_type = PT_DYNAMIC; })), "elf-broken");
  EXPECT_EQ(code(with_segment(PT_DYNAMIC, [](auto& s) { s.p_filesz = 16; })), "elf-broken");
}

TEST(Elf, EntriesTheLoaderMightReadOtherwiseAreRefused) {
  const auto twice = [](Elf64_Sxword tag) {
    return code(build_elf({.numbers = {{tag, 0}, {tag, 0}}}));
  };
  for (const Elf64_Sxword tag : {DT_STRTAB, DT_SYMTAB, DT_HASH, DT_FLAGS, DT_RUNPATH}) {
    EXPECT_EQ(twice(tag), "elf-broken") << tag;
  }
  EXPECT_EQ(code(build_elf({.numbers = {{DT_SYMENT, 16}}})), "elf-broken");
}

TEST(Elf, NamesOutsideTheStringsAreRefused) {
  EXPECT_EQ(code(build_elf({})), "");
  EXPECT_EQ(code(build_elf({.numbers = {{DT_NEEDED, 1u << 20}}})), "elf-broken");
  EXPECT_EQ(code(build_elf({.numbers = {{DT_SONAME, ~std::uint64_t{0}}}})), "elf-broken");
}

TEST(Elf, ManySymbolsWithOneLongNameDoNotFillTheMemory) {
  // Each DT_NEEDED names the same 64 KiB.
  ElfParts parts{.names = {{DT_SONAME, std::string(1 << 16, 'x')}}};
  for (int i = 0; i < 1000; ++i) parts.numbers.emplace_back(DT_NEEDED, 26);
  parts.symbols.clear();
  for (auto& [tag, value] : parts.numbers) value = 1;
  EXPECT_THAT(reason(build_elf(parts)), HasSubstr("bytes of names"));
}

TEST(Elf, ReadsRpathAndTextRelocationsByBothTags) {
  const auto file = read(build_elf(
      {.names = {{DT_RPATH, "/a"}, {DT_RUNPATH, "/b"}}, .numbers = {{DT_FLAGS, DF_TEXTREL}}}));
  ASSERT_TRUE(file) << to_string(file.refusal());
  EXPECT_EQ(file->rpath, "/a");
  EXPECT_EQ(file->runpath, "/b");
  EXPECT_TRUE(file->text_relocations);
  EXPECT_TRUE(read(build_elf({.numbers = {{DT_TEXTREL, 0}}}))->text_relocations);
}

// ---- notes

TEST(ElfNotes, SeveralSegmentsAndBothAlignmentsAreRead) {
  const std::string json = minimal_manifest();
  for (const std::size_t alignment : {4u, 8u}) {
    const auto file = read(build_elf({.notes = {{note("GNU\0\0", 5, "123", 8), 8},
                                                {note("GNU", 3, "id") + note("x", 1, ""), 4},
                                                {manifest_note(json, alignment), alignment}}}));
    ASSERT_TRUE(file) << to_string(file.refusal());
    EXPECT_EQ(file->notes.size(), 4u);
    const auto text = manifest_text(*file);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, json);
  }
}

TEST(ElfNotes, TheOwnerAndTheTypeMustBeOurs) {
  const std::string json = minimal_manifest();
  const auto refusal = [&](const std::string& bytes) {
    const auto text = manifest_text(*read(build_elf({.notes = {{bytes}}})));
    return text ? "" : text.refusal().code;
  };
  EXPECT_EQ(refusal(manifest_note(json)), "");
  EXPECT_EQ(refusal(note("Penstock", 1, json)), "no-manifest");  // without its NUL
  EXPECT_EQ(refusal(note(manifest_note_name, 2, json)), "no-manifest");
  EXPECT_EQ(refusal(note(std::string_view("penstock\0", 9), 1, json)), "no-manifest");
  EXPECT_EQ(refusal(manifest_note(json) + manifest_note(json)), "two-manifests");
  EXPECT_EQ(refusal(manifest_note(std::string(manifest_bytes_max + 1, ' '))), "manifest-size");
}

TEST(ElfNotes, TwoManifestsInTwoSegmentsAreTwo) {
  const auto text = manifest_text(*read(build_elf(
      {.notes = {{manifest_note(minimal_manifest())}, {manifest_note(minimal_manifest())}}})));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.refusal().code, "two-manifests");
}

TEST(ElfNotes, BrokenNotesAreRefused) {
  const auto notes = [](const std::string& bytes, std::size_t alignment = 4) {
    return code(build_elf({.notes = {{bytes, alignment}}}));
  };
  EXPECT_EQ(notes(""), "");
  EXPECT_EQ(notes(std::string(8, '\0')), "");  // padding
  EXPECT_EQ(notes("12345678"), "elf-broken");
  EXPECT_EQ(notes(raw(Elf64_Nhdr{~0u, ~0u, 1})), "elf-broken");
  EXPECT_EQ(notes(raw(Elf64_Nhdr{9, 100, 1}) + "Penstock"), "elf-broken");
  EXPECT_EQ(notes(manifest_note("{}"), 16), "elf-broken");
  EXPECT_EQ(notes(std::string(notes_bytes_max + 4, '\0')), "elf-broken");
  std::string many;
  for (std::size_t i = 0; i <= notes_max; ++i) many += note("a", 1, "");
  EXPECT_EQ(notes(many), "elf-broken");
}

}  // namespace
}  // namespace penstock::plugin::test
