// SPDX-License-Identifier: Apache-2.0
// random.hpp: random values for property tests. The seed is printed when a test fails, and
// PENSTOCK_SEED sets it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::event {

class Random {
 public:
  Random() : seed_(chosen_seed()), engine_(seed_), trace_(__FILE__, __LINE__, note()) {}

  std::uint64_t bits() { return engine_(); }
  // 0 .. bound - 1
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T, std::size_t N>
  const T& pick(const T (&choices)[N]) {
    return choices[below(N)];
  }

  // Of every magnitude.
  std::uint64_t u64() { return bits() >> below(64); }
  std::int64_t i64() {
    const auto value = static_cast<std::int64_t>(u64());
    return one_in(2) ? value : static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value));
  }
  double f64() {
    switch (below(5)) {
      case 0:
        return from_bits(bits());
      case 1:
        return static_cast<double>(i64());
      case 2:
        return static_cast<double>(i64() % 1'000'000'000) / 1000.0;
      case 3:
        return 1.1 * static_cast<double>(u64() % 10'000'000);
      default: {
        const double special[] = {0.0,       -0.0, 1e16,   1e15,    123456789012345680.0,
                                  1e-4,      1e-5, 5e-324, 1.7e308, HUGE_VAL,
                                  -HUGE_VAL, NAN};
        return pick(special);
      }
    }
  }

  // Words, and what does not belong in a line: control bytes, broken UTF-8, quotes, escapes.
  std::string text() {
    static constexpr std::string_view parts[] = {"order",
                                                 " ",
                                                 "filled at ",
                                                 "\n",
                                                 "\r",
                                                 "\t",
                                                 "\x1b[31m",
                                                 "\"",
                                                 "\\",
                                                 "=",
                                                 ",",
                                                 "{",
                                                 "}",
                                                 "ü",
                                                 "漢字",
                                                 "😀",
                                                 "\x7f",
                                                 "\xc2",
                                                 "\x85",
                                                 "\x9b",
                                                 "\xe2\x80",
                                                 "\xa8",
                                                 "\u2028",
                                                 "\u0085",
                                                 "\xed\xa0\x80",
                                                 "\xff",
                                                 "\xf0\x9f",
                                                 "0123456789abcdef",
                                                 "a",
                                                 "key=\"v\"",
                                                 "\xc3\xa9",
                                                 "\x01",
                                                 "\u00a0",
                                                 "\xf4\x90\x80\x80"};
    std::string text;
    for (std::size_t n = one_in(4) ? below(40) : below(6); n > 0; --n) {
      if (one_in(8)) {
        text += static_cast<char>(bits());
      } else {
        text += pick(parts);
      }
    }
    return text;
  }
  std::string plain_text() {
    std::string text(below(30), 'x');
    for (char& c : text) c = static_cast<char>(' ' + below(95));
    return text;
  }

 private:
  static std::uint64_t chosen_seed() {
    const char* const text = std::getenv("PENSTOCK_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  }
  static double from_bits(std::uint64_t bits) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  std::string note() const { return "PENSTOCK_SEED=" + std::to_string(seed_); }

  std::uint64_t seed_;
  std::mt19937_64 engine_;
  ::testing::ScopedTrace trace_;
};

// How many rounds a property test makes; PENSTOCK_ROUNDS multiplies them.
inline int rounds(int usual) {
  const char* const text = std::getenv("PENSTOCK_ROUNDS");
  return text != nullptr ? usual * std::atoi(text) : usual;
}

}  // namespace penstock::event
