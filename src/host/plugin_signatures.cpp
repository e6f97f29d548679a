// SPDX-License-Identifier: Apache-2.0
#include "host/plugin_signatures.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "signing/lines.hpp"
#include "signing/safe_file.hpp"

namespace penstock::host {
namespace {

namespace fs = std::filesystem;
using Read = std::function<Result<std::optional<std::string>>(const std::string& name)>;

// Adds those of the folder that are signatures.
Status add_all(const std::string& folder, const std::vector<std::string>& names, const Read& read,
               std::vector<SignatureText>& texts) {
  for (const std::string& name : names) {
    if (name.size() <= signature_ending.size() || !name.ends_with(signature_ending)) continue;
    if (texts.size() == signatures_max) {
      return Error{
          .message = fmt::format("has more signatures than {}; remove some", signatures_max),
          .file = folder};
    }
    auto text = read(name);
    if (!text) return text.errors();
    if (*text)
      texts.push_back({.file = fmt::format("{}/{}", folder, name), .text = **std::move(text)});
  }
  return {};
}

Result<std::optional<std::string>> read_anywhere(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::optional<std::string>();
  std::string text(signing::signing_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return std::optional(std::move(text));
}

}  // namespace

Result<std::vector<SignatureText>> read_signatures(const std::string& plugin_file) {
  const std::size_t slash = plugin_file.rfind('/');
  const auto beside =
      signing::Directory::open(slash == 0 ? "/" : plugin_file.substr(0, slash), ::geteuid());
  if (!beside) return beside.errors();
  std::vector<SignatureText> texts;
  const std::string first = plugin_file + std::string(signature_ending);
  auto text = beside->read(first.substr(slash + 1), signing::signing_file_bytes_max);
  if (!text) return text.errors();
  if (*text) texts.push_back({.file = first, .text = **std::move(text)});

  const std::string more = plugin_file + std::string(signatures_folder_ending);
  signing::FileStatus status{};
  if (::fstatat(beside->descriptor(), more.substr(slash + 1).c_str(), &status,
                AT_SYMLINK_NOFOLLOW) != 0 &&
      errno == ENOENT) {
    return texts;
  }
  const auto folder = signing::Directory::open(more, ::geteuid());
  if (!folder) return folder.errors();
  const auto names = folder->names();
  if (!names) return names.errors();
  const auto read = [&](const std::string& name) {
    return folder->read(name, signing::signing_file_bytes_max);
  };
  const Status added = add_all(more, *names, read, texts);
  if (!added) return added.errors();
  return texts;
}

Result<std::vector<SignatureText>> read_signatures_anywhere(const std::string& plugin_file) {
  std::vector<SignatureText> texts;
  const std::string first = plugin_file + std::string(signature_ending);
  const auto text = read_anywhere(first);
  if (text && *text) texts.push_back({.file = first, .text = **text});
  const std::string more = plugin_file + std::string(signatures_folder_ending);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(more, error); !error && each != fs::directory_iterator();
       each.increment(error)) {
    names.push_back(each->path().filename());
  }
  std::sort(names.begin(), names.end());
  const auto read = [&](const std::string& name) { return read_anywhere(more + "/" + name); };
  const Status added = add_all(more, names, read, texts);
  if (!added) return added.errors();
  return texts;
}

}  // namespace penstock::host
