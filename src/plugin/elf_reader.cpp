// SPDX-License-Identifier: Apache-2.0
#include "plugin/elf_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace penstock::plugin {

static_assert(std::endian::native == std::endian::little,
              "the reader copies structures as they are");

namespace {

constexpr std::uint64_t page_bytes = 4096;  // the smallest there is

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

std::string_view class_problem(unsigned char elf_class) {
  return elf_class == ELFCLASS32 ? "it is a 32-bit file" : "it is neither a 32- nor a 64-bit file";
}

bool is_known(std::uint16_t machine) { return machine == EM_X86_64 || machine == EM_AARCH64; }

}  // namespace

// ---- tools

bool ElfReader::refuse(std::string_view code, std::string reason) {
  if (!refusal_.code.empty()) return false;
  refusal_.stage = Stage::elf;
  refusal_.code = code;
  refusal_.reason = std::move(reason);
  if (code == "not-elf" || code == "elf-type") {
    refusal_.fix = "build the plugin as a shared object (-shared)";
  } else if (code == "arch") {
    refusal_.fix = fmt::format("build the plugin for {}", machine_name(host_machine()));
  } else {
    refusal_.fix = "copy the file again, or build it again";
  }
  return false;
}

bool ElfReader::broken(std::uint64_t offset, std::string_view what) {
  return refuse("elf-broken", fmt::format("at offset {}: {}", offset, what));
}

bool ElfReader::broken(std::string_view what) { return refuse("elf-broken", std::string(what)); }

bool ElfReader::read(const ElfRange& range, std::string_view what, std::span<std::byte> into) {
  const std::uint64_t size = source_.size();
  if (range.offset > size || range.size > size - range.offset) {
    return broken(range.offset, fmt::format("{} ({} bytes) reaches beyond the end of the file ({})",
                                            what, range.size, size));
  }
  if (!source_.read(range.offset, into)) {
    return broken(range.offset, fmt::format("{} cannot be read", what));
  }
  return true;
}

bool ElfReader::locate(std::uint64_t address, std::uint64_t size, std::string_view what,
                       ElfRange& range) {
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    const std::uint64_t skipped = address - segment.p_vaddr;
    if (skipped > segment.p_filesz || size > segment.p_filesz - skipped) continue;
    range = {segment.p_offset + skipped, size};
    return true;
  }
  return broken(fmt::format("{} ({} bytes at address {:#x}) is in no segment that is loaded", what,
                            size, address));
}

// ---- header

bool ElfReader::read_all(ElfFile& file) {
  return read_header(file) && read_segments(file) && read_notes(file) && read_dynamic(file) &&
         read_symbols(file);
}

bool ElfReader::read_header(ElfFile& file) {
  std::array<char, SELFMAG> magic{};
  if (!source_.read(0, std::as_writable_bytes(std::span(magic))) ||
      std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) {
    return refuse("not-elf", "it does not begin as an ELF file does");
  }
  if (!read_items(0, "the ELF header", std::span(&header_, 1))) return false;
  file.machine = header_.e_machine;
  return check_identity() && check_header();
}

bool ElfReader::check_identity() {
  if (header_.e_ident[EI_CLASS] != ELFCLASS64) {
    return refuse("arch", std::string(class_problem(header_.e_ident[EI_CLASS])));
  }
  if (header_.e_ident[EI_DATA] != ELFDATA2LSB) {
    return refuse("arch", "it is for a machine that stores numbers with the big end first");
  }
  if (!is_known(header_.e_machine)) {
    return refuse("arch", "it is for " + machine_name(header_.e_machine));
  }
  return true;
}

bool ElfReader::check_header() {
  if (header_.e_ident[EI_VERSION] != EV_CURRENT || header_.e_version != EV_CURRENT) {
    return broken(offsetof(Elf64_Ehdr, e_version), "the version of ELF is unknown");
  }
  if (header_.e_type != ET_DYN) {
    return refuse("elf-type", fmt::format("it is an ELF file of type {}, not a shared object (3)",
                                          header_.e_type));
  }
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) {
    return broken(offsetof(Elf64_Ehdr, e_phentsize),
                  fmt::format("program headers of {} bytes, not {}", header_.e_phentsize,
                              sizeof(Elf64_Phdr)));
  }
  if (header_.e_phnum == 0 || header_.e_phnum > program_headers_max) {
    return broken(offsetof(Elf64_Ehdr, e_phnum), fmt::format("{} program headers; 1 to {} can be",
                                                             header_.e_phnum, program_headers_max));
  }
  return true;
}

// ---- segments

bool ElfReader::read_segments(ElfFile& file) {
  segments_.resize(header_.e_phnum);
  if (!read_items(header_.e_phoff, "the table of program headers", std::span(segments_))) {
    return false;
  }
  std::uint64_t memory_end = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Elf64_Phdr& segment = segments_[i];
    if (!check_segment(i)) return false;
    const bool is_executable = (segment.p_flags & PF_X) != 0;
    if (segment.p_type == PT_LOAD) {
      if (!check_load(i, memory_end)) return false;
      file.writable_code |= is_executable && (segment.p_flags & PF_W) != 0;
    }
    if (segment.p_type == PT_GNU_STACK) {
      // The loader believes the last one; one that says no does not take back one that said yes.
      file.executable_stack = is_executable || (file.stack_declared && file.executable_stack);
      file.stack_declared = true;
    }
  }
  return true;
}

bool ElfReader::check_segment(std::size_t index) {
  const Elf64_Phdr& segment = segments_[index];
  const std::uint64_t size = source_.size();
  if (segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset) return true;
  return broken(header_.e_phoff + index * sizeof(Elf64_Phdr),
                fmt::format("program header {} names {} bytes at offset {}, beyond the end of the "
                            "file ({})",
                            index, segment.p_filesz, segment.p_offset, size));
}

// In memory the pages of segments must not meet, and their order must ascend: otherwise what is
// loaded at an address is not what stands there in the file.
bool ElfReader::check_load(std::size_t index, std::uint64_t& memory_end) {
  const Elf64_Phdr& segment = segments_[index];
  const std::uint64_t place = header_.e_phoff + index * sizeof(Elf64_Phdr);
  constexpr std::uint64_t address_max = std::uint64_t{1} << 48;
  if (segment.p_vaddr > address_max || segment.p_memsz > address_max) {
    return broken(place, fmt::format("program header {} has no possible address or size", index));
  }
  if (segment.p_filesz > segment.p_memsz) {
    return broken(
        place, fmt::format("program header {} has more bytes in the file than in memory", index));
  }
  if (segment.p_vaddr % page_bytes != segment.p_offset % page_bytes) {
    return broken(place,
                  fmt::format("program header {} cannot be mapped: address and offset differ "
                              "within a page",
                              index));
  }
  if (segment.p_vaddr / page_bytes * page_bytes < memory_end) {
    return broken(place, fmt::format("program header {} is loaded over the one before", index));
  }
  memory_end = round_up(segment.p_vaddr + segment.p_memsz, page_bytes);
  return true;
}

// ---- notes

bool ElfReader::read_notes(ElfFile& file) {
  std::uint64_t bytes = 0;
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_NOTE) continue;
    bytes += segment.p_filesz;  // no overflow: each is at most the file's size, and they are few
    if (bytes > notes_bytes_max) {
      return broken(segment.p_offset,
                    fmt::format("{} bytes of notes; at most {} can be", bytes, notes_bytes_max));
    }
    if (!read_notes_of(segment, file)) return false;
  }
  return true;
}

// A note is three numbers, a name and a description. Both begin at multiples of the alignment,
// which is 4, and 8 for what the processor vendors define.
bool ElfReader::read_notes_of(const Elf64_Phdr& segment, ElfFile& file) {
  const std::uint64_t alignment = segment.p_align <= 4 ? 4 : segment.p_align;
  if (alignment != 4 && alignment != 8) {
    return broken(segment.p_offset, fmt::format("notes aligned to {}, not 4 or 8", alignment));
  }
  std::vector<char> bytes(segment.p_filesz);
  if (!read_items(segment.p_offset, "notes", std::span(bytes))) return false;

  for (std::uint64_t at = 0; at < bytes.size();) {
    const std::uint64_t left = bytes.size() - at;
    const std::uint64_t place = segment.p_offset + at;
    Elf64_Nhdr note{};
    if (left < sizeof note) {
      const bool padding = std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(),
                                       [](char c) { return c == 0; });
      return padding || broken(place, "part of a note");
    }
    std::memcpy(&note, &bytes[at], sizeof note);
    // 32-bit sizes in 64-bit sums: no overflow.
    const std::uint64_t description = round_up(sizeof note + note.n_namesz, alignment);
    if (description > left || note.n_descsz > left - description) {
      return broken(place, "a note reaches beyond its segment");
    }
    if (file.notes.size() == notes_max) {
      return broken(place, fmt::format("more than {} notes", notes_max));
    }
    file.notes.push_back(
        {.name = std::string(&bytes[at] + sizeof note, note.n_namesz),
         .type = note.n_type,
         .description = std::string(bytes.data() + at + description, note.n_descsz),
         .offset = place});
    at += std::min(left, round_up(description + note.n_descsz, alignment));
  }
  return true;
}

// ---- the front door

Checked<ElfFile> read_elf(const ByteSource& source) {
  ElfReader reader(source);
  ElfFile file;
  if (!reader.read_all(file)) return reader.refusal();
  return file;
}

std::uint16_t host_machine() noexcept {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_NONE;
#endif
}

std::string machine_name(std::uint16_t machine) {
  if (machine == EM_X86_64) return "x86-64";
  if (machine == EM_AARCH64) return "aarch64";
  return fmt::format("machine {}", machine);
}

}  // namespace penstock::plugin
