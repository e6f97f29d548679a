// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_trust.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/plugin_signing.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "signing/content_hash.hpp"
#include "signing/lines.hpp"
#include "signing/revocation_edit.hpp"
#include "signing/safe_file.hpp"
#include "signing/trust_store.hpp"

namespace penstock::cli {
namespace {

constexpr mode_t file_mode = 0644;

int fail(const Errors& errors) {
  show_errors(errors);
  return exit_not_all_delivered;
}

int refuse_usage(const std::string& what) {
  say(what);
  return exit_usage;
}

int print(const std::string& text) {
  return write_all(STDOUT_FILENO, text) ? exit_all_delivered : exit_not_all_delivered;
}

Result<signing::PublicKey> read_public_key(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{.message = std::strerror(errno), .file = path};
  std::string text(signing::signing_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return signing::parse_public_key(text);
}

Result<signing::TrustStore> read_store(const std::string& directory) {
  signing::TrustStore store;
  const Status read = signing::load_trust_store({.directory = directory}, ::geteuid(), store);
  if (!read) return read.errors();
  return store;
}

std::string ids_text(const signing::Scope& scope) {
  std::string text;
  for (const signing::IdPattern& id : scope.ids) text += (text.empty() ? "" : ", ") + id.text();
  return text;
}

// The part of the file's name before its end.
std::string stem_of(const std::string& file) {
  return std::filesystem::path(file).filename().replace_extension();
}

// ">=1.0.0,<1.2.3"; empty when it is no range.
std::optional<signing::RevokedVersions> parse_range(const signing::IdPattern& id,
                                                    std::string_view range) {
  signing::RevokedVersions versions{.id = id};
  if (range == "all") return versions;
  while (!range.empty()) {
    const std::string_view part = range.substr(0, range.find(','));
    range.remove_prefix(std::min(range.size(), part.size() + 1));
    const bool is_from = part.starts_with(">=");
    if (!is_from && !part.starts_with('<')) return std::nullopt;
    auto& target = is_from ? versions.from : versions.before;
    if (target) return std::nullopt;
    target = signing::Version::parse(part.substr(is_from ? 2 : 1));
    if (!target) return std::nullopt;
  }
  if (!versions.from && !versions.before) return std::nullopt;
  return versions;
}

Result<signing::NewRevocation> revocation_of(const PluginArguments& arguments) {
  if (!arguments.key.empty()) {
    const auto id = signing::parse_key_id(arguments.key);
    if (!id) return Error{.message = "'" + arguments.key + "' is no key's id of 16 digits"};
    return signing::NewRevocation{.what = *id, .reason = arguments.reason};
  }
  if (!arguments.versions.empty()) {
    const auto id = signing::IdPattern::parse(arguments.versions[0]);
    if (!id) return Error{.message = "'" + arguments.versions[0] + "' is no plugin's id"};
    const auto versions = parse_range(*id, arguments.versions[1]);
    if (!versions) {
      return Error{.message = fmt::format("'{}' is no range; write all, '>=1.0.0', '<1.2.3' or "
                                          "'>=1.0.0,<1.2.3'",
                                          arguments.versions[1])};
    }
    return signing::NewRevocation{.what = *versions, .reason = arguments.reason};
  }
  const auto path = whole_path(arguments.file);
  if (!path) return path.errors();
  // It need not be a plugin that could be used.
  auto file = plugin::PluginFile::open(
      *path, {.base = std::filesystem::path(*path).parent_path().string(), .user = {}});
  if (!file) return Error{.message = plugin::to_string(file.refusal())};
  const auto hash = signing::hash_content(file->fd());
  if (!hash) return hash.errors();
  return signing::NewRevocation{.what = hash->sha256, .reason = arguments.reason};
}

}  // namespace

int add_trust(const PluginArguments& arguments) {
  const auto key = read_public_key(arguments.file);
  if (!key) return fail(key.errors());
  signing::Scope scope{.label = arguments.label};
  for (const std::string& text : arguments.ids) {
    const auto id = signing::IdPattern::parse(text);
    if (!id) {
      return refuse_usage(
          fmt::format("--ids: '{}' is no plugin's id and no pattern; write org.example.kafka, "
                      "org.example.* or *",
                      text));
    }
    scope.ids.push_back(*id);
  }
  if (scope.ids.empty()) scope.ids = signing::Scope::everything({}).ids;
  const auto yaml = signing::format_scope(scope);
  if (!yaml) return fail(yaml.errors());
  const auto path = whole_path(arguments.trust);
  if (!path) return fail(path.errors());
  const auto store = read_store(*path);
  if (!store) return fail(store.errors());
  if (const signing::TrustedKey* const known = store->find(key->id)) {
    return fail({{.message = fmt::format("is key {}, which is trusted already", key->id.text()),
                  .file = known->source}});
  }
  const auto folder = signing::Directory::open(*path, ::geteuid());
  if (!folder) return fail(folder.errors());
  const std::string name = key->id.text();
  // The scope first: without it the key would be good for everything.
  Status written = folder->create(name + ".yaml", *yaml, file_mode);
  if (written) written = folder->create(name + ".pub", signing::format_public_key(*key), file_mode);
  if (!written) {
    const Errors& errors = written.errors();
    // A scope alone would be a mistake in the store.
    if (::faccessat(folder->descriptor(), (name + ".pub").c_str(), F_OK, 0) != 0) {
      ::unlinkat(folder->descriptor(), (name + ".yaml").c_str(), 0);
    }
    return fail(errors);
  }
  return print(fmt::format(
      "key {} may sign {}\n", name,
      arguments.ids.empty() ? "every plugin; --ids would narrow that" : ids_text(scope)));
}

int list_trust(const PluginArguments& arguments) {
  const auto path = whole_path(arguments.trust);
  if (!path) return fail(path.errors());
  const auto store = read_store(*path);
  if (!store) return fail(store.errors());
  std::string text;
  for (const signing::TrustedKey& key : store->keys()) {
    text += fmt::format("{} {}\n  ids   {}\n  file  {}\n", key.key.id.text(),
                        shown(key.scope.label), ids_text(key.scope), shown(key.source));
    if (!key.scope.points.empty()) {
      text += fmt::format("  points {}\n", fmt::join(key.scope.points, ", "));
    }
    if (key.scope.not_before) {
      text += fmt::format("  from  {}\n", signing::format_utc(*key.scope.not_before));
    }
    if (key.scope.not_after) {
      text += fmt::format("  until {}\n", signing::format_utc(*key.scope.not_after));
    }
  }
  return print(text.empty() ? "no key is trusted\n" : text);
}

int remove_trust(const PluginArguments& arguments) {
  const auto id = signing::parse_key_id(arguments.key);
  if (!id) return refuse_usage(fmt::format("'{}' is no key's id of 16 digits", arguments.key));
  const auto path = whole_path(arguments.trust);
  if (!path) return fail(path.errors());
  const auto store = read_store(*path);
  if (!store) return fail(store.errors());
  const signing::TrustedKey* const key = store->find(*id);
  if (key == nullptr) {
    return fail({{.message = fmt::format("has no key {}", id->text()), .file = *path}});
  }
  const auto folder = signing::Directory::open(*path, ::geteuid());
  if (!folder) return fail(folder.errors());
  const std::string stem = stem_of(key->source);
  // The key first: without its scope it would be good for everything.
  for (const char* const ending : {".pub", ".yaml"}) {
    const std::string name = stem + ending;
    if (::unlinkat(folder->descriptor(), name.c_str(), 0) == 0 || errno == ENOENT) continue;
    return fail({{.message = fmt::format("cannot be removed: {}", std::strerror(errno)),
                  .file = folder->path_of(name)}});
  }
  ::fsync(folder->descriptor());
  return print(fmt::format("key {} is trusted no longer\n", id->text()));
}

int revoke(const PluginArguments& arguments) {
  const auto revocation = revocation_of(arguments);
  if (!revocation) return fail(revocation.errors());
  const auto path = whole_path(arguments.revoked);
  if (!path) return fail(path.errors());
  const Status written = signing::write_revocation(*path, ::geteuid(), *revocation);
  if (!written) return fail(written.errors());
  return print(
      fmt::format("{}: written; processes that run read it when they start again\n", shown(*path)));
}

}  // namespace penstock::cli
