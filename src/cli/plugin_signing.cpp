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
#include "host/plugin_signatures.hpp"
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

// The first one that holds counts; what is wrong with those before it is told, too.
int judge_each(const std::string& file, signing::Evidence evidence,
               const std::vector<host::SignatureText>& texts, const signing::TrustStore& store) {
  const auto refuse = [](const std::string& place, const signing::Refusal& refusal) {
    say(fmt::format("{}: {}: {}; {}", shown(place), signing::word(refusal.code), refusal.reason,
                    refusal.fix));
  };
  if (texts.empty()) {
    refuse(file, *signing::refusal_of(signing::judge(evidence, store, now())));
    return exit_not_all_delivered;
  }
  for (const host::SignatureText& each : texts) {
    evidence.signature = each.text;
    const signing::Judgement judgement = signing::judge(evidence, store, now());
    if (const signing::Refusal* const refusal = signing::refusal_of(judgement)) {
      refuse(texts.size() == 1 ? file : each.file, *refusal);
      continue;
    }
    const signing::Trust& good = *signing::trust_of(judgement);
    return print(fmt::format("{}: {} {}, signed by key {} ({}), serial {}, {}\n", shown(file),
                             evidence.claim.id, evidence.claim.version, good.key.text(),
                             shown(good.label), good.statement.serial,
                             signing::format_utc(good.statement.signed_at)));
  }
  return exit_not_all_delivered;
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

// What is not there is for the opening to say.
plugin::Checked<plugin::PluginFile> open_plugin_file(const std::string& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::canonical(path, error);
  if (error) whole = std::filesystem::absolute(path, error);
  const plugin::FileRules lenient{.base = whole.parent_path().string(), .user = {}};
  return plugin::PluginFile::open(whole.string(), lenient);
}

plugin::Checked<plugin::Plugin> read_plugin_file(const std::string& path) {
  auto file = open_plugin_file(path);
  if (!file) return file.refusal();
  return plugin::read_plugin(*std::move(file));
}

int verify_plugin(const PluginArguments& arguments) {
  const auto found = read_plugin_file(arguments.file);
  if (!found) {
    say(plugin::to_string(found.refusal()));
    return exit_not_all_delivered;
  }
  const auto no_store = [](std::vector<Error> errors) {
    errors.front().message +=
        "; say with --trust where the trusted keys are, or trust one: penstock plugin trust add";
    return fail(errors);
  };
  const auto trust = whole_path(arguments.trust);
  if (!trust) return no_store(trust.errors());
  signing::TrustStore store;
  Status read = signing::load_trust_store({.directory = *trust}, ::geteuid(), store);
  if (!read) return no_store(read.errors());
  const bool is_default = arguments.revoked == PluginArguments{}.revoked;
  const auto revoked = is_default ? Result(arguments.revoked) : whole_path(arguments.revoked);
  if (!revoked) return fail(revoked.errors());
  read = signing::load_trust_store({.revoked = *revoked, .may_be_absent = is_default}, ::geteuid(),
                                   store);
  if (!read) return fail(read.errors());
  const auto hash = signing::hash_content(found->file.fd());
  if (!hash) return fail(hash.errors());
  const signing::Claim claim = host::claim_of(*found);
  const auto texts = host::read_signatures_anywhere(arguments.file);
  if (!texts) return fail(texts.errors());
  return judge_each(arguments.file, {.claim = claim, .hash = *hash}, *texts, store);
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
