// SPDX-License-Identifier: Apache-2.0
// tree.hpp: a YAML document as the readers see it: values, and where they stand.
//
// Bound    collections_depth_max deep, nodes_max nodes and text_bytes_max bytes of text, all of it
//          counted as often as aliases repeat it; so whoever walks a tree needs no limits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.hpp"

namespace penstock::config {

inline constexpr std::size_t collections_depth_max = 32;
inline constexpr std::size_t nodes_max = 100'000;
inline constexpr std::size_t text_bytes_max = 4'194'304;

struct TreeNode;
// Shared, because an alias is the same node in another place.
using TreePtr = std::shared_ptr<const TreeNode>;

// One key of a mapping. Keys of a mapping are unique.
struct Member {
  std::string key;
  Position at;
  TreePtr value;
  bool key_has_variables = false;
};

struct TreeNode {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  Position at;
  std::string text;            // scalar: with environment variables put in
  bool plain = false;          // scalar: written without quotes, so it may be a number or a bool
  bool written_null = false;   // null: by the word `null`, which is also a type of sinks
  bool broken = false;         // an error about it is reported already
  bool has_secrets = false;    // scalar: with references to secrets, which few keys can have
  bool has_variables = false;  // scalar: written with "${", which some keys cannot have
  std::vector<TreePtr> items;
  std::vector<Member> members;

  // Sizes of this node and all below it.
  std::size_t nodes = 1;
  std::size_t text_bytes = 0;
  std::size_t depth = 0;  // collections within each other
};

// A value with the name that messages use for it.
struct Entry {
  std::string_view name;
  Position name_at;
  const TreeNode* node = nullptr;
};

}  // namespace penstock::config
