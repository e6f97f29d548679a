// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_types.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/words.hpp"

namespace penstock::config {

std::string no_plugin_provides(std::string_view kind, std::string_view type) {
  return fmt::format(
      "no plugin provides the {} type {}; `penstock plugin list` shows those that are there, and "
      "why others are not used",
      kind, in_quotes(type));
}

std::vector<const Member*> own_members(const TreeNode& mapping,
                                       std::initializer_list<const KeyTable*> common) {
  std::vector<const Member*> own;
  for (const Member& member : mapping.members) {
    const bool is_common = std::any_of(common.begin(), common.end(), [&](const KeyTable* table) {
      return has_key(*table, member.key);
    });
    if (!is_common) own.push_back(&member);
  }
  return own;
}

}  // namespace penstock::config
