// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "plugin/elf_reader.hpp"

namespace penstock::plugin {
namespace {

// Those that the loader keeps one of: were there two, it and we might not take the same one.
constexpr Elf64_Sxword single_tags[] = {
    DT_STRTAB, DT_STRSZ, DT_SYMTAB,  DT_SYMENT,  DT_HASH,  DT_GNU_HASH,
    DT_SONAME, DT_RPATH, DT_RUNPATH, DT_TEXTREL, DT_FLAGS, DT_FLAGS_1,
};
constexpr Elf64_Sxword filter_tags[] = {DT_FILTER, DT_AUXILIARY, DT_AUDIT, DT_DEPAUDIT};

bool is_single(Elf64_Sxword tag) {
  return std::find(std::begin(single_tags), std::end(single_tags), tag) != std::end(single_tags);
}

bool is_filter(Elf64_Sxword tag) {
  return std::find(std::begin(filter_tags), std::end(filter_tags), tag) != std::end(filter_tags);
}

constexpr std::uint64_t pie_flag = 0x0800'0000;  // DF_1_PIE, which older headers lack

}  // namespace

bool ElfReader::read_dynamic(ElfFile& file) {
  const Elf64_Phdr* dynamic = nullptr;
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_DYNAMIC) continue;
    if (dynamic != nullptr) return broken(segment.p_offset, "a second dynamic segment");
    dynamic = &segment;
  }
  if (dynamic == nullptr) return broken("there is no dynamic segment");
  // The loader goes by the address; the offset is for readers like this one.
  ElfRange range;
  if (!locate(dynamic->p_vaddr, dynamic->p_filesz, "the dynamic segment", range)) return false;
  if (range.offset != dynamic->p_offset) {
    return broken(dynamic->p_offset,
                  fmt::format("the dynamic segment is loaded from offset {}", range.offset));
  }
  return read_dynamic_entries(range) && read_strings() && read_names(file);
}

bool ElfReader::read_dynamic_entries(const ElfRange& range) {
  const std::uint64_t count = range.size / sizeof(Elf64_Dyn);
  if (count == 0 || count > dynamic_entries_max) {
    return broken(range.offset,
                  fmt::format("{} dynamic entries; 1 to {} can be", count, dynamic_entries_max));
  }
  std::vector<Elf64_Dyn> all(count);
  if (!read_items(range.offset, "the dynamic segment", std::span(all))) return false;
  for (const Elf64_Dyn& entry : all) {
    if (entry.d_tag == DT_NULL) return true;
    if (!keep_entry(entry)) return false;
  }
  return broken(range.offset, "the dynamic segment has no end mark");
}

bool ElfReader::keep_entry(const Elf64_Dyn& entry) {
  const bool single = is_single(entry.d_tag);
  if (!single && entry.d_tag != DT_NEEDED && !is_filter(entry.d_tag)) return true;
  if (single && this->entry(entry.d_tag)) {
    return broken(fmt::format("the dynamic entry {:#x} is there twice", entry.d_tag));
  }
  entries_.push_back(entry);
  return true;
}

std::optional<std::uint64_t> ElfReader::entry(Elf64_Sxword tag) const {
  for (const Elf64_Dyn& entry : entries_) {
    if (entry.d_tag == tag) return entry.d_un.d_val;
  }
  return std::nullopt;
}

bool ElfReader::read_strings() {
  const std::optional<std::uint64_t> address = entry(DT_STRTAB);
  const std::optional<std::uint64_t> size = entry(DT_STRSZ);
  if (!address || !size) return broken("there is no table of dynamic strings");
  if (*size > string_table_bytes_max) {
    return broken(fmt::format("a table of {} bytes of dynamic strings; at most {} can be", *size,
                              string_table_bytes_max));
  }
  strings_.resize(*size);
  return read_memory(*address, "the table of dynamic strings", std::span(strings_));
}

bool ElfReader::name_at(std::uint64_t index, std::string_view what, std::string& name) {
  const char* const begin = index < strings_.size() ? &strings_[index] : nullptr;
  const void* const end =
      begin == nullptr ? nullptr : std::memchr(begin, 0, strings_.size() - index);
  if (end == nullptr) {
    return broken(fmt::format("{} is not within the table of dynamic strings (index {} of {})",
                              what, index, strings_.size()));
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(end) - begin);
  // Many symbols may share one long name.
  if (length + 1 > names_bytes_max - names_bytes_) {
    return broken(fmt::format("more than {} bytes of names", names_bytes_max));
  }
  names_bytes_ += length + 1;
  name.assign(begin, length);
  return true;
}

bool ElfReader::optional_name(Elf64_Sxword tag, std::string_view what,
                              std::optional<std::string>& name) {
  const std::optional<std::uint64_t> index = entry(tag);
  return !index || name_at(*index, what, name.emplace());
}

bool ElfReader::read_names(ElfFile& file) {
  for (const Elf64_Dyn& entry : entries_) {
    std::vector<std::string>* names = nullptr;
    if (entry.d_tag == DT_NEEDED) names = &file.needed;
    if (is_filter(entry.d_tag)) names = &file.needed_otherwise;
    if (names == nullptr) continue;
    if (!name_at(entry.d_un.d_val, "the name of a needed library", names->emplace_back())) {
      return false;
    }
  }
  file.text_relocations =
      entry(DT_TEXTREL).has_value() || (entry(DT_FLAGS).value_or(0) & DF_TEXTREL) != 0;
  file.executable = (entry(DT_FLAGS_1).value_or(0) & pie_flag) != 0;
  return optional_name(DT_SONAME, "its own name", file.soname) &&
         optional_name(DT_RPATH, "RPATH", file.rpath) &&
         optional_name(DT_RUNPATH, "RUNPATH", file.runpath);
}

}  // namespace penstock::plugin
