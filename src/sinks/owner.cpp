// SPDX-License-Identifier: Apache-2.0
#include "sinks/owner.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <string>
#include <vector>

namespace penstock::sinks {
namespace {

// Calls one of the get*nam_r functions with a buffer that is large enough.
template <class Entry, class Lookup>
std::optional<Entry> look_up(const std::string& name, std::vector<char>& buffer, Lookup lookup) {
  constexpr std::size_t buffer_bytes_max = 1 << 20;
  buffer.resize(1024);
  for (;;) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = lookup(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < buffer_bytes_max) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    if (found == nullptr) return std::nullopt;
    return entry;
  }
}

// -1 means "keep" to fchown, so it is not an id.
std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id == UINT32_MAX) return {};
  return id;
}

std::optional<uid_t> find_user(const std::string& name) {
  std::vector<char> buffer;
  if (const auto entry = look_up<passwd>(name, buffer, ::getpwnam_r)) return entry->pw_uid;
  return parse_id(name);
}

std::optional<gid_t> find_group(const std::string& name) {
  std::vector<char> buffer;
  if (const auto entry = look_up<group>(name, buffer, ::getgrnam_r)) return entry->gr_gid;
  return parse_id(name);
}

Error owner_error(std::string_view text, const std::string& what) {
  return Error{.message = "owner '" + std::string(text) + "': " + what};
}

}  // namespace

Result<Owner> find_owner(std::string_view text) {
  Owner owner;
  const std::size_t colon = text.find(':');
  const std::string user(text.substr(0, colon));
  if (!user.empty()) {
    const auto id = find_user(user);
    if (!id) return owner_error(text, "unknown user '" + user + "'");
    owner.user = *id;
  }
  if (colon != std::string_view::npos) {
    const std::string group(text.substr(colon + 1));
    const auto id = find_group(group);
    if (!id) return owner_error(text, "unknown group '" + group + "'");
    owner.group = *id;
  }
  return owner;
}

}  // namespace penstock::sinks
