// SPDX-License-Identifier: Apache-2.0
// How many dynamic symbols there are stands nowhere but in the hash tables, and these are what the
// loader finds symbols by. So what is not counted here cannot be found there either. A file without
// any symbol of its own has an empty table, which does not tell how many it takes from others.
#include <algorithm>

#include <fmt/format.h>

#include "plugin/elf_reader.hpp"

namespace penstock::plugin {
namespace {

constexpr std::uint64_t hash_words_max = 1 << 20;

bool is_visible(const Elf64_Sym& symbol) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return binding != STB_LOCAL && visibility != STV_HIDDEN && visibility != STV_INTERNAL;
}

// A version script's version has a symbol of its name, without a place.
bool is_version_name(const Elf64_Sym& symbol) {
  return symbol.st_shndx == SHN_ABS && symbol.st_value == 0 &&
         ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT;
}

}  // namespace

bool ElfReader::read_symbols(ElfFile& file) {
  std::uint64_t count = 0;
  if (!count_symbols(count)) return false;
  if (count > dynamic_symbols_max) {
    return broken(0,
                  fmt::format("{} dynamic symbols; at most {} can be", count, dynamic_symbols_max));
  }
  const std::optional<std::uint64_t> address = entry(DT_SYMTAB);
  if (!address) return broken("there is no table of dynamic symbols");
  if (entry(DT_SYMENT).value_or(sizeof(Elf64_Sym)) != sizeof(Elf64_Sym)) {
    return broken("dynamic symbols have an unknown size");
  }
  std::vector<Elf64_Sym> symbols(count);
  if (!read_memory(*address, "the table of dynamic symbols", std::span(symbols))) return false;
  file.dynamic_symbols = count;
  return std::all_of(symbols.begin(), symbols.end(),
                     [&](const Elf64_Sym& symbol) { return take_symbol(symbol, file); });
}

bool ElfReader::take_symbol(const Elf64_Sym& symbol, ElfFile& file) {
  const bool is_undefined = symbol.st_shndx == SHN_UNDEF;
  if (symbol.st_name == 0 || !is_visible(symbol) || is_version_name(symbol)) return true;
  ElfSymbol& taken = (is_undefined ? file.undefined : file.exported).emplace_back();
  taken.binding = ELF64_ST_BIND(symbol.st_info);
  taken.type = ELF64_ST_TYPE(symbol.st_info);
  return name_at(symbol.st_name, "the name of a symbol", taken.name);
}

// The larger one when there are both tables.
bool ElfReader::count_symbols(std::uint64_t& count) {
  const std::optional<std::uint64_t> hash = entry(DT_HASH);
  const std::optional<std::uint64_t> gnu_hash = entry(DT_GNU_HASH);
  if (!hash && !gnu_hash) return broken("there is no hash table of dynamic symbols");
  std::uint64_t by_hash = 0;
  std::uint64_t by_gnu_hash = 0;
  if (hash && !count_by_hash(*hash, by_hash)) return false;
  if (gnu_hash && !count_by_gnu_hash(*gnu_hash, by_gnu_hash)) return false;
  count = std::max(by_hash, by_gnu_hash);
  return true;
}

// Two numbers: of buckets, and of symbols.
bool ElfReader::count_by_hash(std::uint64_t address, std::uint64_t& count) {
  std::array<std::uint32_t, 2> head{};
  if (!read_memory(address, "the hash table", std::span<std::uint32_t>(head))) return false;
  count = head[1];
  return true;
}

// Four numbers, the filter's words, the buckets, then one number for each symbol from the first one
// that can be found. Symbols are sorted by bucket: the last chain ends with the last symbol.
bool ElfReader::count_by_gnu_hash(std::uint64_t address, std::uint64_t& count) {
  std::array<std::uint32_t, 4> head{};
  if (!read_memory(address, "the GNU hash table", std::span<std::uint32_t>(head))) return false;
  const auto [buckets, first, filter_words, shift] = head;
  if (buckets > hash_words_max || filter_words > hash_words_max) {
    return broken(
        fmt::format("a GNU hash table of {} buckets and {} filter words", buckets, filter_words));
  }
  // The address lies in a segment, below 2^48, and the rest is below 2^25: no overflow.
  const std::uint64_t buckets_at = address + sizeof head + std::uint64_t{filter_words} * 8;
  std::uint32_t last = 0;
  if (!last_bucket(buckets_at, buckets, last)) return false;
  if (last == 0) {
    count = first;
    return true;
  }
  if (last < first) return broken("a bucket of the GNU hash table names a symbol before its first");
  std::uint64_t index = last - first;
  if (!chain_end(buckets_at + std::uint64_t{buckets} * 4, index)) return false;
  count = first + index + 1;
  return true;
}

bool ElfReader::last_bucket(std::uint64_t address, std::uint32_t buckets, std::uint32_t& last) {
  std::vector<std::uint32_t> heads(buckets);
  if (!read_memory(address, "the buckets of the GNU hash table", std::span(heads))) return false;
  for (const std::uint32_t head : heads) last = std::max(last, head);
  return true;
}

// From the chain word `index` to the one with the end mark.
bool ElfReader::chain_end(std::uint64_t address, std::uint64_t& index) {
  for (; index < dynamic_symbols_max; ++index) {
    std::uint32_t word = 0;
    if (!read_memory(address + index * 4, "a chain of the GNU hash table", std::span(&word, 1))) {
      return false;
    }
    if ((word & 1U) != 0) return true;
  }
  return broken("a chain of the GNU hash table has no end");
}

}  // namespace penstock::plugin
