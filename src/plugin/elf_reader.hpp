// SPDX-License-Identifier: Apache-2.0
// elf_reader.hpp: the steps of read_elf(). Each answers false when the file is refused; why is in
// refusal(), and the first reason stays.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <elf.h>

#include "plugin/byte_source.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::plugin {

// A piece of the file.
struct ElfRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

class ElfReader final {
 public:
  explicit ElfReader(const ByteSource& source) : source_(source) {}

  bool read_all(ElfFile& file);
  const Refusal& refusal() const { return refusal_; }

 private:
  // ---- elf_reader.cpp: header, segments, notes
  bool read_header(ElfFile& file);
  bool check_identity();
  bool check_header();
  bool read_segments(ElfFile& file);
  bool check_segment(std::size_t index);
  bool check_load(std::size_t index, std::uint64_t& memory_end);
  bool read_notes(ElfFile& file);
  bool read_notes_of(const Elf64_Phdr& segment, ElfFile& file);

  // ---- elf_dynamic.cpp: what is in the dynamic segment
  bool read_dynamic(ElfFile& file);
  bool read_dynamic_entries(const ElfRange& range);
  bool keep_entry(const Elf64_Dyn& entry);
  bool read_strings();
  bool read_names(ElfFile& file);
  bool name_at(std::uint64_t index, std::string_view what, std::string& name);
  bool optional_name(Elf64_Sxword tag, std::string_view what, std::optional<std::string>& name);

  // ---- elf_symbols.cpp
  bool read_symbols(ElfFile& file);
  bool count_symbols(std::uint64_t& count);
  bool count_by_hash(std::uint64_t address, std::uint64_t& count);
  bool count_by_gnu_hash(std::uint64_t address, std::uint64_t& count);
  bool last_bucket(std::uint64_t address, std::uint32_t buckets, std::uint32_t& last);
  bool chain_end(std::uint64_t address, std::uint64_t& index);
  bool take_symbol(const Elf64_Sym& symbol, ElfFile& file);

  // ---- tools
  // Bytes of the file; `what` is for the message.
  bool read(const ElfRange& range, std::string_view what, std::span<std::byte> into);
  template <class T>
  bool read_items(std::uint64_t offset, std::string_view what, std::span<T> into) {
    static_assert(std::is_trivially_copyable_v<T>);
    return read({offset, into.size_bytes()}, what, std::as_writable_bytes(into));
  }
  // Where `size` bytes at a place in memory are in the file: all in one segment that is loaded.
  bool locate(std::uint64_t address, std::uint64_t size, std::string_view what, ElfRange& range);
  // The same for items; how many there may be is known to be small.
  template <class T>
  bool read_memory(std::uint64_t address, std::string_view what, std::span<T> into) {
    ElfRange range;
    return locate(address, into.size_bytes(), what, range) && read_items(range.offset, what, into);
  }
  std::optional<std::uint64_t> entry(Elf64_Sxword tag) const;

  bool refuse(std::string_view code, std::string reason);
  bool broken(std::uint64_t offset, std::string_view what);
  bool broken(std::string_view what);  // what is missing has no offset

  const ByteSource& source_;
  Refusal refusal_{};
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_{};
  std::vector<Elf64_Dyn> entries_{};  // without those of no interest
  std::vector<char> strings_{};
  std::size_t names_bytes_ = 0;
};

}  // namespace penstock::plugin
