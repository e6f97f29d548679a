// SPDX-License-Identifier: Apache-2.0
#include "signing/revocation_edit.hpp"

#include <cerrno>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>

#include <fmt/format.h>

#include "signing/lines.hpp"
#include "signing/safe_file.hpp"
#include "signing/store_yaml.hpp"

namespace penstock::signing {
namespace {

constexpr mode_t file_mode = 0644;

// In YAML's single quotes, where a quote alone is special.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c;
    if (c == '\'') result += c;
  }
  return result + "'";
}

struct Item {
  std::string_view section;
  std::string text;  // a mapping in { }
};

Item item_of(const NewRevocation& revocation) {
  const std::string reason =
      revocation.reason.empty() ? std::string() : ", reason: " + quoted(revocation.reason);
  if (const auto* const key = std::get_if<KeyId>(&revocation.what)) {
    return {"keys", fmt::format("{{id: {}{}}}", quoted(key->text()), reason)};
  }
  if (const auto* const hash = std::get_if<Sha256>(&revocation.what)) {
    return {"files", fmt::format("{{id: 'sha256:{}'{}}}", to_hex(*hash), reason)};
  }
  const auto& versions = std::get<RevokedVersions>(revocation.what);
  std::string text = "{id: " + quoted(versions.id.text());
  if (versions.from) text += ", from: " + quoted(versions.from->text());
  if (versions.before) text += ", before: " + quoted(versions.before->text());
  return {"versions", text + reason + "}"};
}

std::string_view line_at(std::string_view text, std::size_t place) {
  return text.substr(place, text.find('\n', place) - place);
}

bool is_blank(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \r");
  return first == std::string_view::npos || line[first] == '#';
}

// Where the lines below "keys:" begin; npos: there is no such line.
std::size_t find_section(std::string_view yaml, std::string_view section) {
  const std::string heading = std::string(section) + ":";
  for (std::size_t place = 0; place < yaml.size();) {
    const std::string_view line = line_at(yaml, place);
    const std::size_t next = place + line.size() + 1;
    if (line.starts_with(heading) && is_blank(line.substr(heading.size()))) return next;
    place = next;
  }
  return std::string_view::npos;
}

// As far to the right as the items that are there.
std::string indentation(std::string_view yaml, std::size_t place) {
  while (place < yaml.size()) {
    const std::string_view line = line_at(yaml, place);
    if (!is_blank(line)) {
      const std::size_t width = line.find_first_not_of(' ');
      return line[width] == '-' ? std::string(width, ' ') : "  ";
    }
    place += line.size() + 1;
  }
  return "  ";
}

std::size_t count(const Revocations& all) {
  return all.keys.size() + all.sha256.size() + all.blake2b.size() + all.versions.size() +
         all.minimum_serials.size();
}

bool holds(const Revocations& all, const NewRevocation& revocation) {
  if (const auto* const key = std::get_if<KeyId>(&revocation.what)) {
    return all.keys.contains(*key);
  }
  if (const auto* const hash = std::get_if<Sha256>(&revocation.what)) {
    return all.sha256.contains(*hash);
  }
  return false;  // a range more does no harm
}

Error failure(std::string message, const std::string& file) {
  return {.message = std::move(message), .file = file};
}

}  // namespace

Result<std::string> add_revocation(std::string_view yaml, const std::string& file,
                                   const NewRevocation& revocation) {
  if (!is_comment(revocation.reason)) {
    return Error{.message = "the reason must be one line, without control characters"};
  }
  const auto before = parse_revocations(yaml, file);
  if (!before) return before.errors();
  if (holds(*before, revocation)) return failure("it is revoked already", file);
  const Item item = item_of(revocation);
  std::string text(yaml);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  const std::size_t place = find_section(text, item.section);
  if (place == std::string::npos) {
    text += fmt::format("{}:\n  - {}\n", item.section, item.text);
  } else {
    text.insert(place, fmt::format("{}- {}\n", indentation(text, place), item.text));
  }
  // Files can be written in ways that this knows nothing of.
  const auto after = parse_revocations(text, file);
  if (!after || count(*after) != count(*before) + 1 || text.size() > yaml_bytes_max) {
    return failure(fmt::format("is written in a way that cannot be added to; add to '{}' yourself: "
                               "{}",
                               item.section, item.text),
                   file);
  }
  return text;
}

Status write_revocation(const std::string& path, uid_t user, const NewRevocation& revocation) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return failure("must be an absolute path", path);
  const std::string name = path.substr(slash + 1);
  const auto folder = Directory::open(slash == 0 ? "/" : path.substr(0, slash), user);
  if (!folder) return folder.errors();
  int locked = ::flock(folder->descriptor(), LOCK_EX);
  while (locked != 0 && errno == EINTR) locked = ::flock(folder->descriptor(), LOCK_EX);
  if (locked != 0) {
    return failure("cannot be locked: " + std::generic_category().message(errno), folder->path());
  }
  const auto text = folder->read(name, yaml_bytes_max);
  if (!text) return text.errors();
  const auto changed = add_revocation(text->value_or(""), path, revocation);
  if (!changed) return changed.errors();
  return folder->replace(name, *changed, file_mode);
}

}  // namespace penstock::signing
