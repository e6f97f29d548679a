// SPDX-License-Identifier: Apache-2.0
// version.hpp: versions of plugins, as Semantic Versioning 2.0.0 has them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::plugin {

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> pre_release{};  // "rc", "1" of 1.2.3-rc.1
  std::string build{};                     // "ab.12" of 1.2.3+ab.12; does not count in comparisons

  // 1.2.3, 1.2.3-rc.1, 1.2.3+build; nothing else. [any]
  static std::optional<Version> parse(std::string_view text);
  std::string to_string() const;
};

// Precedence by rule 11: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta < 1.0.0. [any]
std::weak_ordering compare(const Version& a, const Version& b);

}  // namespace penstock::plugin
