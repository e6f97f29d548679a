// SPDX-License-Identifier: Apache-2.0
// Files and manifests that are nearly right. Each is refused with a reason, or is a plugin by every
// rule; and the sanitizers see no read outside the bytes. Nothing is loaded.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "elf_builder.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/manifest.hpp"
#include "plugin/manifest_rules.hpp"
#include "plugin_support.hpp"
#include "signing/plugin_id.hpp"
#include "support/run.hpp"

namespace penstock::plugin::test {
namespace {

using penstock::test::random_stream;

class Mutator final {
 public:
  explicit Mutator(std::uint64_t stream) : random_(random_stream(stream)) {}

  Bytes mutate(const Bytes& original) {
    Bytes bytes = original;
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes);
    if (below(4) == 0) bytes.resize(below(bytes.size() + 1));
    return bytes;
  }

  std::string mutate(std::string_view original) {
    std::string text(original);
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  // Most changes are in the first KiB, where the headers are, and near the end, where the dynamic
  // segment is.
  std::size_t place(std::size_t size) {
    const std::size_t edge = std::min<std::size_t>(size, 1024);
    const std::size_t choice = below(3);
    if (choice == 0) return below(size);
    return choice == 1 ? below(edge) : size - 1 - below(std::min<std::size_t>(size, 6000));
  }

  void change(Bytes& bytes) {
    const std::size_t at = place(bytes.size());
    if (below(2) == 0) {
      bytes[at] = static_cast<std::byte>(below(256));
      return;
    }
    // A number that offsets and counts break at.
    static constexpr std::uint64_t numbers[] = {
        0,     1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, ~std::uint64_t{0}, std::uint64_t{1} << 63,
        0xFFFF};
    const std::uint64_t number = numbers[below(std::size(numbers))] + below(3) - 1;
    const std::size_t aligned = at / 8 * 8;
    const std::size_t size = std::min<std::size_t>(below(2) == 0 ? 4 : 8, bytes.size() - aligned);
    std::memcpy(&bytes[aligned], &number, size);
  }

  // A letter, a piece left out, put in twice or put elsewhere, or what JSON breaks at.
  void change(std::string& text) {
    static constexpr std::array<std::string_view, 20> pieces = {
        "{",     "}",       "[",       "]",           "\"",
        ",",     ":",       "\\",      "0",           "-1",
        "1e999", "\\u0000", "\\ud800", "null",        "true",
        "..",    "*",       "\xff",    "99999999999", "[[[[[[[[[[[[[[[["};
    const std::size_t at = below(text.size() + 1);
    const std::size_t size = below(std::min<std::size_t>(text.size() - at, 40) + 1);
    switch (below(5)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(below(text.size() + 1), text.substr(at, size));
        break;
      case 3:
        text.replace(at, below(3), pieces[below(pieces.size())]);
        break;
      default:
        text.insert(at, pieces[below(pieces.size())]);
    }
  }

  std::mt19937_64 random_;
};

void expect_reason(const Refusal& refusal) {
  EXPECT_FALSE(refusal.code.empty());
  EXPECT_FALSE(refusal.reason.empty());
}

// What was taken is what it would have to be without any mutation.
void expect_valid(const Manifest& manifest) {
  EXPECT_EQ(manifest.schema, 1u);
  EXPECT_TRUE(signing::is_plugin_id(manifest.id)) << manifest.id;
  EXPECT_FALSE(manifest.provides.empty());
  EXPECT_LE(manifest.abi.min_host_minor, manifest.abi.minor);
  for (const Component& component : manifest.provides) {
    EXPECT_TRUE(is_point(component.point)) << component.point;
    EXPECT_TRUE(is_component_name(component.name)) << component.name;
  }
}

void expect_valid(const ElfFile& file, const Manifest& manifest) {
  expect_valid(manifest);
  EXPECT_EQ(file.machine, host_machine());
  EXPECT_TRUE(file.stack_declared && !file.executable_stack && !file.writable_code);
  EXPECT_FALSE(file.rpath || file.runpath);
  EXPECT_EQ(manifest.abi.major, host_abi_major);
  EXPECT_LE(manifest.abi.min_host_minor, host_abi_minor);
  EXPECT_TRUE(std::any_of(file.exported.begin(), file.exported.end(),
                          [](const ElfSymbol& symbol) { return symbol.name == entry_symbol; }));
}

// How many were taken.
int taken_files(const Bytes& original, int count, std::uint64_t stream) {
  Mutator mutator(stream);
  int taken = 0;
  for (int i = 0; i < count; ++i) {
    const auto file = read(mutator.mutate(original));
    if (!file) {
      expect_reason(file.refusal());
      continue;
    }
    const auto verdict = judge_elf(*file);
    const auto manifest = read_manifest(*file);
    if (!manifest) expect_reason(manifest.refusal());
    if (!manifest || verdict != nullptr || judge_plugin(*file, *manifest) != nullptr) continue;
    expect_valid(*file, *manifest);
    ++taken;
  }
  return taken;
}

int taken_manifests(std::string_view original, int count, std::uint64_t stream) {
  Mutator mutator(stream);
  int taken = 0;
  for (int i = 0; i < count; ++i) {
    const auto manifest = parse_manifest(mutator.mutate(original));
    if (manifest) {
      expect_valid(*manifest);
      ++taken;
    } else {
      expect_reason(manifest.refusal());
    }
  }
  return taken;
}

TEST(PluginMutation, HundredThousandFilesAndManifestsAreRefusedOrPluginsByEveryRule) {
  const Bytes built = bytes_of(fixture("good"));
  const Bytes smallest = build_elf(
      {.notes = {{manifest_note(minimal_manifest())}}, .names = {{DT_NEEDED, "libc.so.6"}}});
  const auto whole = read(built);
  ASSERT_TRUE(whole);
  const auto full = manifest_text(*whole);
  ASSERT_TRUE(full);

  // One thread alone has little to show to ThreadSanitizer.
  constexpr int share = penstock::test::under_tsan ? 10 : 1;
  constexpr int built_count = 20'000 / share;
  constexpr int smallest_count = 40'000 / share;
  constexpr int full_count = 15'000 / share;
  constexpr int minimal_count = 25'000 / share;
  const int of_built = taken_files(built, built_count, 1);
  const int of_smallest = taken_files(smallest, smallest_count, 2);
  const int of_full = taken_manifests(*full, full_count, 3);
  const int of_minimal = taken_manifests(minimal_manifest(), minimal_count, 4);
  std::printf("taken: %d of %d, %d of %d; manifests: %d of %d, %d of %d\n", of_built, built_count,
              of_smallest, smallest_count, of_full, full_count, of_minimal, minimal_count);
  EXPECT_LT(of_built, built_count);
  EXPECT_LT(of_smallest, smallest_count / 2);
  EXPECT_LT(of_full, full_count);
  EXPECT_LT(of_minimal, minimal_count / 2);
}

TEST(ElfMutation, EachTruncationIsRefused) {
  const Bytes whole = build_elf({.notes = {{manifest_note(minimal_manifest())}}});
  ASSERT_TRUE(read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))))
        << size;
  }
}

}  // namespace
}  // namespace penstock::plugin::test
