// SPDX-License-Identifier: Apache-2.0
// section.hpp: typed values out of one mapping of the file.
//
// Each reader leaves its target alone when the key is missing or its value is wrong.
// Errors   reported with the position of the value
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/limits.hpp"
#include "config/tree.hpp"
#include "config/units.hpp"
#include "config/words.hpp"
#include "penstock/level.hpp"

namespace penstock::config {

// ---- one value

// True when it is of that kind; otherwise reports, once.
bool expect_scalar(const Entry& entry, std::string_view wanted, Report& report);
// The same for a value that may refer to secrets.
bool expect_secret(const Entry& entry, Report& report);
bool expect_sequence(const Entry& entry, Report& report);
bool expect_mapping(const Entry& entry, Report& report);

std::optional<std::string> read_text(const Entry& entry, Report& report);  // not empty
std::optional<Level> read_level(const Entry& entry, Report& report);
std::optional<std::uint64_t> read_count(const Entry& entry, CountRange range, Report& report);

// "'when_full' cannot be 'blok' (did you mean 'block'?); it is one of block, ..."
std::string not_one_of(const Entry& entry, std::span<const std::string_view> words);

// A word of the file and what it stands for.
template <class T>
struct Word {
  std::string_view word;
  T value;
};

// ---- one mapping

class Section final {
 public:
  // `mapping` is a mapping.
  Section(const TreeNode& mapping, Report& report) : mapping_(mapping), report_(report) {}

  std::optional<Entry> find(std::string_view key) const;
  Position at() const { return mapping_.at; }
  Report& report() const { return report_; }

  // Reports that `key` is missing, when it is. `place` is the name of this mapping.
  void require(std::string_view key, std::string_view place) const;

  void text(std::string_view key, std::string& target) const;
  void boolean(std::string_view key, bool& target) const;
  void level(std::string_view key, std::optional<Level>& target) const;
  void size(std::string_view key, SizeRange range, std::uint64_t& target) const;
  template <class T>
  void count(std::string_view key, CountRange range, T& target) const;
  template <class T>
  void duration(std::string_view key, DurationRange range, T& target) const;
  template <class T, std::size_t N>
  void word(std::string_view key, const std::array<Word<T>, N>& words, T& target) const;
  // "1000/s" of events, or "10MiB/s" of bytes; either within its range.
  std::optional<Rate> rate(std::string_view key) const;
  // Any other notation of a number.
  template <class T>
  void number(std::string_view key, Parsed<std::uint64_t> (*parse)(std::string_view),
              CountRange range, T& target) const;

 private:
  const TreeNode& mapping_;
  Report& report_;
};

// ---- details

std::optional<std::chrono::nanoseconds> read_duration(const Entry& entry, DurationRange range,
                                                      Report& report);
std::optional<std::uint64_t> read_number(const Entry& entry,
                                         Parsed<std::uint64_t> (*parse)(std::string_view),
                                         CountRange range, Report& report);

template <class T>
void Section::count(std::string_view key, CountRange range, T& target) const {
  number(key, parse_count, range, target);
}

template <class T>
void Section::number(std::string_view key, Parsed<std::uint64_t> (*parse)(std::string_view),
                     CountRange range, T& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry) return;
  if (const auto value = read_number(*entry, parse, range, report_)) {
    target = static_cast<T>(*value);
  }
}

template <class T>
void Section::duration(std::string_view key, DurationRange range, T& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry) return;
  if (const auto value = read_duration(*entry, range, report_)) target = *value;
}

template <class T, std::size_t N>
void Section::word(std::string_view key, const std::array<Word<T>, N>& words, T& target) const {
  const std::optional<Entry> entry = find(key);
  if (!entry || !expect_scalar(*entry, "a word", report_)) return;
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = words[i].word;
    if (names[i] == entry->node->text) {
      target = words[i].value;
      return;
    }
  }
  report_.add(entry->node->at, not_one_of(*entry, names));
}

}  // namespace penstock::config
