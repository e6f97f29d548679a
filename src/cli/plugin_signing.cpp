// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_signing.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/file_text.hpp"
#include "cli/password.hpp"
#include "cli/shown.hpp"
#include "cli/talk.hpp"
#include "host/plugin_claim.hpp"
#include "signing/content_hash.hpp"
#include "signing/judgement.hpp"
#include "signing/lines.hpp"
#include "signing/safe_file.hpp"
#include "signing/signature.hpp"

namespace penstock::cli {
namespace {

constexpr mode_t secret_mode = 0600;
constexpr mode_t public_mode = 0644;

signing::Time now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

int fail(const Errors& errors) {
  show_errors(errors);
  return exit_not_all_delivered;
}

int print(const std::string& text) {
  return write_all(STDOUT_FILENO, text) ? exit_all_delivered : exit_not_all_delivered;
}

// Empty when there is none.
std::optional<std::string> read_signature(const std::string& plugin_file) {
  std::ifstream file(plugin_file + std::string(host::signature_ending), std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(signing::signing_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

struct Place {
  signing::Directory folder;
  std::string name;
};

Result<Place> open_place(const std::string& path) {
  const auto whole = whole_path(path);
  if (!whole) return whole.errors();
  const std::filesystem::path file(*whole);
  auto folder = signing::Directory::open(file.parent_path(), ::geteuid());
  if (!folder) return folder.errors();
  return Place{*std::move(folder), file.filename()};
}

// By hand, or anybody who looks over its shoulder could have it.
Result<signing::SecretBytes> new_password(const PluginArguments& arguments) {
  auto password = read_password(arguments.password_file, "Password of the new key: ");
  if (!password || !arguments.password_file.empty()) return password;
  const auto again = read_password({}, "The same again: ");
  if (!again) return again.errors();
  if (*again != *password) return Error{.message = "the two passwords differ"};
  return password;
}

Result<signing::SecretKey> unlock(const PluginArguments& arguments) {
  const auto place = open_place(arguments.key);
  if (!place) return place.errors();
  const auto text =
      place->folder.read(place->name, signing::signing_file_bytes_max, signing::FileKind::secret);
  if (!text) return text.errors();
  if (!*text) return Error{.message = "is not there", .file = arguments.key};
  const auto locked = signing::parse_secret_key(**text);
  if (!locked) return locked.errors();
  if (!locked->needs_password()) return locked->unlock({});
  const auto password =
      read_password(arguments.password_file, fmt::format("Password of {}: ", arguments.key));
  if (!password) return password.errors();
  return locked->unlock(signing::text_of(*password));
}

// Beside the plugin, wherever that is. Readers see the old file or the new one.
Status write_signature(const std::string& path, std::string_view text) {
  const auto failure = [&](const char* what) {
    return Error{.message = fmt::format("{}: {}", what, std::strerror(errno)), .file = path};
  };
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const int fd =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, public_mode);
  if (fd < 0) return failure("cannot be written");
  const bool written = write_all(fd, text) && ::fsync(fd) == 0;
  const bool closed = ::close(fd) == 0;
  if (written && closed && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const Error error = failure("cannot be written");
  ::unlink(temporary.c_str());
  return error;
}

Result<std::string> statement_of(const plugin::Plugin& plugin, std::uint64_t serial) {
  const signing::Claim claim = host::claim_of(plugin);
  const signing::Time time = now();
  return signing::format_statement(
      {.id = claim.id,
       .version = claim.version,
       .abi = claim.abi,
       .arch = claim.arch,
       .serial = serial != 0 ? serial : static_cast<std::uint64_t>(time.time_since_epoch().count()),
       .signed_at = time});
}

}  // namespace

Result<std::string> whole_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  const std::filesystem::path folder =
      error ? std::filesystem::path() : std::filesystem::canonical(absolute.parent_path(), error);
  if (error) return Error{.message = error.message(), .file = path};
  return (folder / absolute.filename()).string();
}

plugin::Checked<plugin::Plugin> read_plugin_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::canonical(path, error);
  const plugin::FileRules lenient{.base = whole.parent_path().string(), .user = {}};
  auto file = plugin::PluginFile::open(error ? path : whole.string(), lenient);
  if (!file) return file.refusal();
  return plugin::read_plugin(*std::move(file));
}

int verify_plugin(const PluginArguments& arguments) {
  const auto found = read_plugin_file(arguments.file);
  if (!found) {
    say(plugin::to_string(found.refusal()));
    return exit_not_all_delivered;
  }
  const auto trust = whole_path(arguments.trust);
  if (!trust) return fail(trust.errors());
  signing::TrustStore store;
  Status read = signing::load_trust_store({.directory = *trust}, ::geteuid(), store);
  if (!read) return fail(read.errors());
  const bool is_default = arguments.revoked == PluginArguments{}.revoked;
  const auto revoked = is_default ? Result(arguments.revoked) : whole_path(arguments.revoked);
  if (!revoked) return fail(revoked.errors());
  read = signing::load_trust_store({.revoked = *revoked, .may_be_absent = is_default}, ::geteuid(),
                                   store);
  if (!read) return fail(read.errors());
  const auto hash = signing::hash_content(found->file.fd());
  if (!hash) return fail(hash.errors());
  const signing::Claim claim = host::claim_of(*found);
  const std::optional<std::string> text = read_signature(arguments.file);
  signing::Evidence evidence{.claim = claim, .hash = *hash};
  if (text) evidence.signature = *text;
  const signing::Judgement judgement = signing::judge(evidence, store, now());
  if (const signing::Refusal* const refusal = signing::refusal_of(judgement)) {
    say(fmt::format("{}: {}: {}; {}", shown(arguments.file), signing::word(refusal->code),
                    refusal->reason, refusal->fix));
    return exit_not_all_delivered;
  }
  const signing::Trust& good = *signing::trust_of(judgement);
  return print(fmt::format("{}: {} {}, signed by key {} ({}), serial {}, {}\n",
                           shown(arguments.file), claim.id, claim.version, good.key.text(),
                           shown(good.label), good.statement.serial,
                           signing::format_utc(good.statement.signed_at)));
}

int make_keys(const PluginArguments& arguments) {
  const std::string secret_path = arguments.prefix + ".key";
  const std::string public_path = arguments.prefix + ".pub";
  const auto place = open_place(secret_path);
  if (!place) return fail(place.errors());
  const std::string public_name = std::filesystem::path(public_path).filename();
  for (const std::string& path : {secret_path, public_path}) {
    if (::access(path.c_str(), F_OK) != 0) continue;
    return fail({{.message = "is there already; take another name with --output", .file = path}});
  }
  signing::SecretBytes password;
  if (arguments.has_password) {
    auto given = new_password(arguments);
    if (!given) return fail(given.errors());
    password = *std::move(given);
  }
  const signing::SecretKey key = signing::generate_key();
  const auto text = signing::format_secret_key(key, signing::text_of(password));
  if (!text) return fail(text.errors());
  Status written = place->folder.create(place->name, signing::text_of(*text), secret_mode);
  if (!written) return fail(written.errors());
  written =
      place->folder.create(public_name, signing::format_public_key(key.public_key()), public_mode);
  if (!written) return fail(written.errors());
  return print(
      fmt::format("key {}\n  {}  secret: keep it, and keep it to yourself\n"
                  "  {}  public: for `penstock plugin trust add`\n",
                  key.public_key().id.text(), shown(secret_path), shown(public_path)));
}

int sign_plugin(const PluginArguments& arguments) {
  const auto found = read_plugin_file(arguments.file);
  if (!found) {
    say("not signed: " + plugin::to_string(found.refusal()));
    return exit_not_all_delivered;
  }
  const auto comment = statement_of(*found, arguments.serial);
  if (!comment) return fail(comment.errors());
  const auto key = unlock(arguments);
  if (!key) return fail(key.errors());
  const auto hash = signing::hash_content(found->file.fd());
  if (!hash) return fail(hash.errors());
  const auto signature = signing::sign(*key, hash->blake2b, *comment);
  if (!signature) return fail(signature.errors());
  const std::string path = arguments.file + std::string(host::signature_ending);
  const Status written = write_signature(path, signing::format_signature(*signature));
  if (!written) return fail(written.errors());
  return print(fmt::format("{}: by key {}: {}\n", shown(path), signature->key.text(), *comment));
}

}  // namespace penstock::cli
