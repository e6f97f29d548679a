// SPDX-License-Identifier: Apache-2.0
// Files that are nearly right. Nothing is expected of the answer but that there is one, and that
// the sanitizers see no read outside the bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "elf_builder.hpp"
#include "plugin/elf_policy.hpp"
#include "plugin/manifest.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

constexpr int mutations = 20'000;

std::uint64_t seed() {
  const char* const text = std::getenv("PENSTOCK_SEED");
  const std::uint64_t seed =
      text == nullptr ? std::random_device{}() : std::strtoull(text, nullptr, 0);
  std::printf("PENSTOCK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

class Mutator final {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  Bytes mutate(const Bytes& original) {
    Bytes bytes = original;
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes);
    if (below(4) == 0) bytes.resize(below(bytes.size() + 1));
    return bytes;
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

  std::mt19937_64 random_;
};

// How many were taken, of all.
int survivors(const Bytes& original) {
  Mutator mutator(seed());
  int taken = 0;
  for (int i = 0; i < mutations; ++i) {
    const Bytes bytes = mutator.mutate(original);
    const auto file = read(bytes);
    if (!file) {
      EXPECT_FALSE(file.refusal().code.empty());
      EXPECT_FALSE(file.refusal().reason.empty());
      continue;
    }
    const auto verdict = judge_elf(*file);
    const auto manifest = read_manifest(*file);
    if (manifest && verdict == nullptr && judge_plugin(*file, *manifest) == nullptr) ++taken;
  }
  return taken;
}

TEST(ElfMutation, OfABuiltFileNeverReadsOutside) {
  const int taken = survivors(bytes_of(fixture("good")));
  EXPECT_LT(taken, mutations);
  std::printf("%d of %d were taken\n", taken, mutations);
}

TEST(ElfMutation, OfTheSmallestFileNeverReadsOutside) {
  const Bytes smallest = build_elf(
      {.notes = {{manifest_note(minimal_manifest())}}, .names = {{DT_NEEDED, "libc.so.6"}}});
  const int taken = survivors(smallest);
  EXPECT_LT(taken, mutations / 2);
  std::printf("%d of %d were taken; %zu bytes\n", taken, mutations, smallest.size());
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
