// SPDX-License-Identifier: Apache-2.0
#include "signing/revocations.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signing/scan.hpp"
#include "signing/statement.hpp"
#include "signing/store_yaml.hpp"

namespace penstock::signing {
namespace {

constexpr std::array<std::string_view, 4> root_keys = {"keys", "files", "versions",
                                                       "minimum_serials"};
constexpr std::array<std::string_view, 2> item_keys = {"id", "reason"};
constexpr std::array<std::string_view, 4> version_keys = {"id", "from", "before", "reason"};

std::string read_reason(const YamlNode& mapping, YamlReader& reader) {
  const YamlNode* const node = YamlReader::find(mapping, "reason");
  return node == nullptr ? std::string() : std::string(reader.text(*node, "reason"));
}

// An item that is text, or {id, reason}.
struct Item {
  std::string_view id;
  std::string reason;
};

Item read_item(const YamlNode& node, std::string_view name, YamlReader& reader) {
  if (node.kind != YamlNode::Kind::mapping) return {reader.text(node, name), {}};
  if (!reader.is_mapping(node, name, item_keys)) return {};
  const YamlNode* const id = YamlReader::find(node, "id");
  if (id == nullptr) {
    reader.add(node, fmt::format("an item of '{}' lacks its 'id'", name));
    return {};
  }
  return {reader.text(*id, "id"), read_reason(node, reader)};
}

void read_key(const YamlNode& node, YamlReader& reader, Revocations& revocations) {
  Item item = read_item(node, "keys", reader);
  if (item.id.empty()) return;
  if (const auto id = parse_key_id(item.id)) {
    revocations.keys[*id] = std::move(item.reason);
  } else {
    reader.add(node, fmt::format("'{}' is no key's id of 16 hexadecimal digits", item.id));
  }
}

// The digits after "sha256:" and its like; whether they are there, and all of them.
template <std::size_t N>
bool read_hash(std::string_view text, std::string_view kind, Bytes<N>& hash) {
  return text.starts_with(kind) && from_hex(text.substr(kind.size()), hash);
}

void read_file(const YamlNode& node, YamlReader& reader, Revocations& revocations) {
  Item item = read_item(node, "files", reader);
  if (item.id.empty()) return;
  Sha256 sha256{};
  Blake2b512 blake2b{};
  if (read_hash(item.id, "sha256:", sha256)) {
    revocations.sha256[sha256] = std::move(item.reason);
  } else if (read_hash(item.id, "blake2b:", blake2b)) {
    revocations.blake2b[blake2b] = std::move(item.reason);
  } else {
    reader.add(node, "a file is sha256: and 64 hexadecimal digits, or blake2b: and 128");
  }
}

std::optional<Version> read_version(const YamlNode& mapping, std::string_view key,
                                    YamlReader& reader) {
  const YamlNode* const node = YamlReader::find(mapping, key);
  if (node == nullptr) return std::nullopt;
  const std::string_view text = reader.text(*node, key);
  auto version = Version::parse(text);
  if (!version && !text.empty()) {
    reader.add(*node, fmt::format("'{}' must be a version such as 1.2.3", key));
  }
  return version;
}

void read_versions(const YamlNode& node, YamlReader& reader, Revocations& revocations) {
  if (!reader.is_mapping(node, "an item of 'versions'", version_keys)) return;
  const YamlNode* const id = YamlReader::find(node, "id");
  const auto pattern = id == nullptr ? std::nullopt : IdPattern::parse(id->text);
  if (!pattern) {
    reader.add(node, "an item of 'versions' needs an 'id' such as org.example.kafka");
    return;
  }
  RevokedVersions versions{.id = *pattern,
                           .from = read_version(node, "from", reader),
                           .before = read_version(node, "before", reader),
                           .reason = read_reason(node, reader)};
  if (versions.from && versions.before && !(*versions.from < *versions.before)) {
    reader.add(node, "there is no version between 'from' and 'before'");
  }
  revocations.versions.push_back(std::move(versions));
}

void read_serials(const YamlNode& root, YamlReader& reader, Revocations& revocations) {
  const YamlNode* const serials = YamlReader::find(root, "minimum_serials");
  if (serials == nullptr) return;
  if (serials->kind != YamlNode::Kind::mapping) {
    reader.add(*serials, "'minimum_serials' must be a mapping of plugins' ids to numbers");
    return;
  }
  for (const YamlNode::Member& member : serials->members) {
    const auto serial = scan_number(member.value.text, Statement::serial_max);
    if (!is_plugin_id(member.key)) {
      reader.add(member.value, fmt::format("'{}' is no plugin's id", member.key));
    } else if (!serial || *serial == 0) {
      reader.add(member.value,
                 fmt::format("the serial of '{}' must be a number from 1", member.key));
    } else {
      revocations.minimum_serials[member.key] = *serial;
    }
  }
}

template <class Map, class Key>
const std::string* find_reason(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

bool RevokedVersions::contains(std::string_view plugin, std::string_view version) const {
  if (!id.matches(plugin)) return false;
  if (!from && !before) return true;
  const auto parsed = Version::parse(version);
  return !parsed || ((!from || *parsed >= *from) && (!before || *parsed < *before));
}

const std::string* Revocations::of_key(const KeyId& id) const { return find_reason(keys, id); }

const std::string* Revocations::of_file(const ContentHash& hash) const {
  const std::string* const reason = find_reason(sha256, hash.sha256);
  return reason != nullptr ? reason : find_reason(blake2b, hash.blake2b);
}

const std::string* Revocations::of_version(std::string_view plugin,
                                           std::string_view version) const {
  const auto found = std::find_if(
      versions.begin(), versions.end(),
      [&](const RevokedVersions& revoked) { return revoked.contains(plugin, version); });
  return found == versions.end() ? nullptr : &found->reason;
}

std::uint64_t Revocations::minimum_serial(std::string_view plugin) const {
  const auto found = minimum_serials.find(plugin);
  return found == minimum_serials.end() ? 0 : found->second;
}

Result<Revocations> parse_revocations(std::string_view yaml, const std::string& file) {
  const auto root = read_yaml(yaml, file);
  if (!root) return root.errors();
  YamlReader reader(file);
  Revocations revocations;
  if (reader.is_mapping(*root, "the list of what is revoked", root_keys)) {
    const auto each = [&](std::string_view key, auto read) {
      reader.each(*root, key, [&](const YamlNode& item) { read(item, reader, revocations); });
    };
    each("keys", read_key);
    each("files", read_file);
    each("versions", read_versions);
    read_serials(*root, reader, revocations);
  }
  if (!reader.ok()) return reader.take();
  return revocations;
}

}  // namespace penstock::signing
