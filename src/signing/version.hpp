// SPDX-License-Identifier: Apache-2.0
// version.hpp: versions after Semantic Versioning 2.0, and their order.
//
// Threads  [any]
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::signing {

class Version final {
 public:
  static constexpr std::size_t bytes_max = 128;

  // "1.2.3", "1.2.3-rc.1", "1.2.3+build"; empty when it is none.
  static std::optional<Version> parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }

  // By precedence: what follows a '+' does not count.
  friend std::weak_ordering operator<=>(const Version& a, const Version& b) noexcept;
  friend bool operator==(const Version& a, const Version& b) noexcept {
    return std::is_eq(a <=> b);
  }

  Version() = default;  // 0.0.0

 private:
  std::string text_ = "0.0.0";
  std::array<std::uint64_t, 3> numbers_{};
  std::vector<std::string> prerelease_;
};

}  // namespace penstock::signing
