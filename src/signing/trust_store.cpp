// SPDX-License-Identifier: Apache-2.0
#include "signing/trust_store.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "signing/lines.hpp"
#include "signing/safe_file.hpp"
#include "signing/store_yaml.hpp"

namespace penstock::signing {
namespace {

constexpr std::string_view key_ending = ".pub";
constexpr std::string_view scope_ending = ".yaml";

void append(Errors& all, const Errors& more) { all.insert(all.end(), more.begin(), more.end()); }

// Puts the file's name to errors that have none.
Errors named(Errors errors, const std::string& file) {
  for (Error& error : errors) {
    if (error.file.empty()) error.file = file;
  }
  return errors;
}

bool is_there(const std::string& path) {
  FileStatus status{};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

Result<TrustedKey> read_key(const Directory& directory, const std::string& name) {
  const std::string stem = name.substr(0, name.size() - key_ending.size());
  const auto text = directory.read(name, signing_file_bytes_max);
  if (!text) return text.errors();
  const auto key = parse_public_key(text->value_or(""));
  if (!key) return named(key.errors(), directory.path_of(name));
  TrustedKey trusted{.key = *key, .source = directory.path_of(name)};
  const std::string scope_name = stem + std::string(scope_ending);
  const auto yaml = directory.read(scope_name, yaml_bytes_max);
  if (!yaml) return yaml.errors();
  if (!*yaml) {
    trusted.scope = Scope::everything(stem);
    trusted.unlimited = true;
    return trusted;
  }
  auto scope = parse_scope(**yaml, directory.path_of(scope_name));
  if (!scope) return scope.errors();
  trusted.scope = std::move(*scope);
  if (trusted.scope.label.empty()) trusted.scope.label = stem;
  return trusted;
}

// A scope that belongs to no key is a mistake that may have left a key without one.
std::optional<Error> find_lost_scope(const Directory& directory, std::span<const std::string> names,
                                     const std::string& name) {
  if (name.ends_with(".yml")) {
    return Error{.message = "is not read; the scope of a key ends in .yaml",
                 .file = directory.path_of(name)};
  }
  if (!name.ends_with(scope_ending)) return std::nullopt;
  const std::string key =
      name.substr(0, name.size() - scope_ending.size()) + std::string(key_ending);
  if (std::find(names.begin(), names.end(), key) != names.end()) return std::nullopt;
  return Error{.message = fmt::format("belongs to no key: there is no {} beside it", key),
               .file = directory.path_of(name)};
}

Errors load_keys(const std::string& path, uid_t user, TrustStore& store) {
  const auto directory = Directory::open(path, user);
  if (!directory) return directory.errors();
  const auto names = directory->names();
  if (!names) return names.errors();
  Errors errors;
  for (const std::string& name : *names) {
    if (const auto lost = find_lost_scope(*directory, *names, name)) errors.push_back(*lost);
    if (!name.ends_with(key_ending)) continue;
    auto key = read_key(*directory, name);
    if (!key) {
      append(errors, key.errors());
    } else if (Status status = store.add(std::move(*key)); !status) {
      append(errors, status.errors());
    }
  }
  return errors;
}

Errors load_revocations(const std::string& path, uid_t user, TrustStore& store) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) {
    return {{.message = "must be an absolute path", .file = path}};
  }
  const auto directory = Directory::open(slash == 0 ? "/" : path.substr(0, slash), user);
  if (!directory) return directory.errors();
  const auto text = directory->read(path.substr(slash + 1), yaml_bytes_max);
  if (!text) return text.errors();
  if (!*text) return {{.message = "is not there", .file = path}};
  auto revocations = parse_revocations(**text, path);
  if (!revocations) return revocations.errors();
  store.set_revocations(std::move(*revocations));
  return {};
}

}  // namespace

Status TrustStore::add(TrustedKey key) {
  if (const TrustedKey* const other = find(key.key.id)) {
    return Error{.message = fmt::format("has the same key id as {}, {}; remove one of them",
                                        other->source, key.key.id.text()),
                 .file = key.source};
  }
  keys_.push_back(std::move(key));
  return {};
}

const TrustedKey* TrustStore::find(const KeyId& id) const noexcept {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const TrustedKey& key) { return key.key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

Status load_trust_store(const TrustPlaces& places, uid_t user, TrustStore& store) {
  const auto wanted = [&](const std::string& path) {
    return !path.empty() && (!places.may_be_absent || is_there(path));
  };
  Errors errors;
  if (wanted(places.directory)) append(errors, load_keys(places.directory, user, store));
  if (wanted(places.revoked)) append(errors, load_revocations(places.revoked, user, store));
  return errors;
}

}  // namespace penstock::signing
