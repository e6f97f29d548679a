// SPDX-License-Identifier: Apache-2.0
// run.hpp: what random and long tests share: the seed, the length, and what a sanitizer costs.
//
//   PENSTOCK_SEED=n    repeats a run
//   PENSTOCK_LONG=1    twenty times as much
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_asan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif
#else
inline constexpr bool under_asan = false;
#endif

// The seed of this run: PENSTOCK_SEED, or a new one. Printed, and recorded in the test's result.
inline std::uint64_t run_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("PENSTOCK_SEED");
    const std::uint64_t value =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "PENSTOCK_SEED=" << value << std::endl;
    return value;
  }();
  return seed;
}

// A generator for one test; `stream` tells several of one test apart.
inline std::mt19937_64 random_stream(std::uint64_t stream = 0) {
  ::testing::Test::RecordProperty("seed", std::to_string(run_seed()));
  return std::mt19937_64(run_seed() * 1'000'003 + stream);
}

// `count`, or twenty times as much with PENSTOCK_LONG=1.
inline std::uint64_t repeats(std::uint64_t count) {
  const char* given = std::getenv("PENSTOCK_LONG");
  return given != nullptr && *given == '1' ? count * 20 : count;
}

// "s7". (gcc 12 warns of "s" + std::to_string(7), without reason.)
template <class T>
std::string numbered(std::string_view word, T number) {
  std::string text(word);
  text += std::to_string(number);
  return text;
}

}  // namespace penstock::test
