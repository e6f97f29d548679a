// SPDX-License-Identifier: Apache-2.0
// elf_builder.hpp: the smallest shared objects that the reader takes, put together by hand, for
// what no linker would make.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <elf.h>

#include "plugin/manifest.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {

template <class T>
std::string raw(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string padded(std::string text, std::size_t alignment) {
  text.resize((text.size() + alignment - 1) / alignment * alignment);
  return text;
}

inline std::string note(std::string_view name, std::uint32_t type, std::string_view description,
                        std::size_t alignment = 4) {
  const Elf64_Nhdr head{.n_namesz = static_cast<Elf64_Word>(name.size()),
                        .n_descsz = static_cast<Elf64_Word>(description.size()),
                        .n_type = type};
  return padded(padded(raw(head).append(name), alignment).append(description), alignment);
}

inline std::string manifest_note(std::string_view json, std::size_t alignment = 4) {
  return note(manifest_note_name, manifest_note_type, json, alignment);
}

struct NoteSegment {
  std::string bytes;
  std::size_t alignment = 4;
};

struct ElfParts {
  std::vector<NoteSegment> notes{};
  std::vector<std::string> symbols{"penstock_plugin_entry_v1"};  // defined functions
  std::vector<std::pair<Elf64_Sxword, std::string>> names{};     // DT_NEEDED, DT_RPATH, ..
  std::vector<std::pair<Elf64_Sxword, std::uint64_t>> numbers{};
  std::vector<Elf64_Phdr> more_segments{};
};

// One segment holds the whole file, so that addresses are offsets.
inline Bytes build_elf(const ElfParts& parts) {
  const std::size_t segments = 3 + parts.notes.size() + parts.more_segments.size();
  std::string body;
  const std::size_t body_at = sizeof(Elf64_Ehdr) + segments * sizeof(Elf64_Phdr);
  const auto add = [&](const std::string& bytes) {
    body = padded(std::move(body), 8);
    const std::size_t at = body_at + body.size();
    body += bytes;
    return at;
  };

  std::vector<Elf64_Phdr> headers;
  for (const NoteSegment& segment : parts.notes) {
    const std::size_t at = add(segment.bytes);
    headers.push_back(
        {PT_NOTE, PF_R, at, at, at, segment.bytes.size(), segment.bytes.size(), segment.alignment});
  }
  std::string strings(1, '\0');
  const auto name = [&](const std::string& text) {
    const std::size_t at = strings.size();
    strings += text + '\0';
    return at;
  };
  std::string table = raw(Elf64_Sym{});
  for (const std::string& symbol : parts.symbols) {
    table += raw(Elf64_Sym{static_cast<Elf64_Word>(name(symbol)),
                           ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_DEFAULT, 1, 64, 0});
  }
  std::string dynamic;
  const auto entry = [&](Elf64_Sxword tag, std::uint64_t value) {
    Elf64_Dyn dyn{};
    dyn.d_tag = tag;
    dyn.d_un.d_val = value;
    dynamic += raw(dyn);
  };
  for (const auto& [tag, text] : parts.names) entry(tag, name(text));
  for (const auto& [tag, value] : parts.numbers) entry(tag, value);
  const auto count = static_cast<std::uint32_t>(parts.symbols.size() + 1);
  std::string hash = raw(std::uint32_t{1}) + raw(count) + raw(count - 1);
  for (std::uint32_t i = 0; i < count; ++i) hash += raw(i == 0 ? 0 : i - 1);
  entry(DT_HASH, add(hash));
  entry(DT_SYMTAB, add(table));
  entry(DT_STRTAB, add(strings));
  entry(DT_STRSZ, strings.size());
  entry(DT_NULL, 0);
  const std::size_t dynamic_at = add(dynamic);
  headers.push_back(
      {PT_DYNAMIC, PF_R, dynamic_at, dynamic_at, dynamic_at, dynamic.size(), dynamic.size(), 8});
  headers.push_back({PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16});
  const std::size_t size = body_at + body.size();
  headers.push_back({PT_LOAD, PF_R, 0, 0, 0, size, size, 4096});
  headers.insert(headers.end(), parts.more_segments.begin(), parts.more_segments.end());

  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = ET_DYN;
  head.e_machine = host_machine();
  head.e_version = EV_CURRENT;
  head.e_phoff = sizeof head;
  head.e_ehsize = sizeof head;
  head.e_phentsize = sizeof(Elf64_Phdr);
  head.e_phnum = static_cast<Elf64_Half>(segments);
  std::string file = raw(head);
  for (const Elf64_Phdr& header : headers) file += raw(header);
  return bytes_of_text(file + body);
}

// The least that parse_manifest() takes.
inline std::string minimal_manifest(std::string_view id = "org.example.print",
                                    std::string_view version = "1.2.3") {
  return R"({"schema":1,"id":")" + std::string(id) + R"(","name":"Print","version":")" +
         std::string(version) +
         R"(","abi":{"major":1,"minor":0},"provides":[{"point":"penstock.sink/1","name":"print"}]})";
}

}  // namespace penstock::plugin::test
