// SPDX-License-Identifier: Apache-2.0
// store_yaml.hpp: the YAML files of a trust store: text, lists and mappings, and nothing clever.
//
// A mistake in such a file must not widen what is trusted. So what is not understood is an error:
// unknown and duplicate keys, anchors, aliases, tags, a second document, values of another kind.
//
// Threads  [any]
// Bound    yaml_bytes_max bytes, yaml_values_max values, yaml_depth_max collections within each
// other Errors   carry the file, the line and the column
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::signing {

inline constexpr std::size_t yaml_bytes_max = 262'144;
inline constexpr std::size_t yaml_depth_max = 8;
inline constexpr std::size_t yaml_values_max = 10'000;

struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };
  struct Member;

  Kind kind = Kind::null;
  int line = 0;
  int column = 0;
  std::string text{};           // scalar: as it is written, never a number
  std::vector<YamlNode> items;  // sequence
  std::vector<Member> members;  // mapping: unique keys, in the order of the file
};

struct YamlNode::Member {
  std::string key;
  int line = 0;
  int column = 0;
  YamlNode value;
};

// An empty document is a mapping without members.
Result<YamlNode> read_yaml(std::string_view text, const std::string& file);

// Reads mappings of one file, and collects what is wrong.
class YamlReader final {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  void add(const YamlNode& at, std::string message);
  bool ok() const noexcept { return errors_.empty(); }
  Errors take() { return std::move(errors_); }

  // Whether it is a mapping with none but these keys; otherwise reports.
  bool is_mapping(const YamlNode& node, std::string_view name,
                  std::span<const std::string_view> keys);
  // Null when it is not there.
  static const YamlNode* find(const YamlNode& mapping, std::string_view key);
  // The text of a scalar that is not empty; otherwise reports, and the answer is empty.
  std::string_view text(const YamlNode& node, std::string_view name);
  // Calls `take` with each item of the list at `key`; reports what is no list.
  void each(const YamlNode& mapping, std::string_view key,
            const std::function<void(const YamlNode&)>& take);

 private:
  std::string file_;
  Errors errors_;
};

}  // namespace penstock::signing
