// SPDX-License-Identifier: Apache-2.0
#include "plugin/sealed_copy.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <fmt/format.h>

namespace penstock::plugin {
namespace {

Refusal refuse(const PluginFile& file, std::string reason) {
  return {.plugin = {},
          .file = file.path(),
          .stage = Stage::load,
          .code = "copy",
          .reason = std::move(reason),
          .fix = "free memory, or install the file again"};
}

std::string file_name(const std::string& path) {
  constexpr std::size_t longest = 200;  // memfd_create() takes 249
  return path.substr(path.rfind('/') + 1).substr(0, longest);
}

}  // namespace

Checked<PluginFile> sealed_copy(const PluginFile& file) {
  Descriptor copy(::memfd_create(file_name(file.path()).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) {
    return refuse(file, fmt::format("no memory for a copy of it: {}", std::strerror(errno)));
  }
  off_t done = 0;
  while (static_cast<std::uint64_t>(done) < file.size()) {
    const ssize_t count =
        ::sendfile(copy.get(), file.fd(), &done, file.size() - static_cast<std::uint64_t>(done));
    if (count > 0 || (count == -1 && errno == EINTR)) continue;
    return refuse(file, count == 0 ? std::string("it got shorter while it was read")
                                   : fmt::format("cannot copy it: {}", std::strerror(errno)));
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
      -1) {
    return refuse(file, fmt::format("cannot seal its copy: {}", std::strerror(errno)));
  }
  return file.with_bytes_in(std::move(copy));
}

}  // namespace penstock::plugin
