// SPDX-License-Identifier: Apache-2.0
// elf_file.hpp: what a shared object says about itself, read without running or mapping it. The
// file may be hostile: every offset and count in it is checked against the file and these bounds.
//
// It looks where the dynamic loader will look: at program headers, never at sections, which strip
// may have removed and which nothing at run time believes.
//
// Threads  [any]
// Errors   refusals of the stage elf: `not-elf`, `arch` (neither 64-bit x86 nor 64-bit ARM, little
//          end first), `elf-type` (no shared object), `elf-broken` (with the offset in the file)
// Bound    the constants below; time and memory are proportional to them, not to what a file claims
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugin/byte_source.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

inline constexpr std::size_t program_headers_max = 128;
inline constexpr std::size_t notes_bytes_max = 1 << 20;  // of all notes of a file
inline constexpr std::size_t notes_max = 1024;
inline constexpr std::size_t dynamic_entries_max = 4096;
inline constexpr std::size_t string_table_bytes_max = 16 << 20;
inline constexpr std::size_t dynamic_symbols_max = 1 << 18;
inline constexpr std::size_t names_bytes_max = 32 << 20;  // of all names taken from the table

struct ElfNote {
  std::string name{};  // with its NUL, as in the file
  std::uint32_t type = 0;
  std::string description{};
  std::uint64_t offset = 0;  // of the note in the file
};

struct ElfSymbol {
  std::string name{};
  std::uint8_t binding = 0;  // STB_*
  std::uint8_t type = 0;     // STT_*
};

struct ElfFile {
  std::uint16_t machine = 0;  // EM_*
  bool stack_declared = false;
  bool executable_stack = true;  // asked for, or not declared, which the loader takes for a yes
  bool writable_code = false;    // a segment is writable and executable
  bool text_relocations = false;
  bool executable = false;  // a program that could stand anywhere, which dlopen() refuses
  std::optional<std::string> soname{};
  std::optional<std::string> rpath{};
  std::optional<std::string> runpath{};
  std::vector<std::string> needed{};
  std::vector<std::string> needed_otherwise{};  // by filters and auditors
  std::vector<ElfNote> notes{};                 // in the order of the file
  std::vector<ElfSymbol> exported{};  // defined here, and visible; not what versions are called
  std::vector<ElfSymbol> undefined{};
  std::size_t dynamic_symbols = 0;
};

// Reads a few KiB of it. [any]
Checked<ElfFile> read_elf(const ByteSource& source);

// EM_* of this build.
std::uint16_t host_machine() noexcept;

// "x86-64", "aarch64", "machine 40"
std::string machine_name(std::uint16_t machine);

}  // namespace penstock::plugin
