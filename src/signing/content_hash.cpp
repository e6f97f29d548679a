// SPDX-License-Identifier: Apache-2.0
#include "signing/content_hash.hpp"

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace penstock::signing {
namespace {

constexpr std::size_t chunk_bytes = 64UL * 1024;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

class Hasher final {
 public:
  explicit Hasher(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
    expect(context_ != nullptr && EVP_DigestInit_ex(context_.get(), kind, nullptr) == 1);
  }
  void add(ByteView bytes) {
    expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  template <std::size_t N>
  Bytes<N> finish() {
    Bytes<N> result{};
    unsigned int size = 0;
    expect(EVP_DigestFinal_ex(context_.get(), result.data(), &size) == 1 && size == N);
    return result;
  }

 private:
  static void expect(bool done) {
    if (!done) throw std::runtime_error("OpenSSL cannot make a digest");
  }

  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

Error failure(std::string message) { return {.message = std::move(message)}; }

Error system_failure(const char* what) {
  return failure(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

ssize_t read_at(int fd, std::vector<unsigned char>& buffer, std::uint64_t offset) {
  ssize_t count = 0;
  do {
    count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  return count;
}

bool same_content(const struct ::stat& before, const struct ::stat& after) {
  return before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
}

}  // namespace

Result<ContentHash> hash_content(int fd, std::uint64_t bytes_max) {
  struct ::stat before {};
  struct ::stat after {};
  if (::fstat(fd, &before) != 0) return system_failure("cannot be looked at");
  if (!S_ISREG(before.st_mode)) return failure("is no regular file");
  Hasher blake2b(EVP_blake2b512());
  Hasher sha256(EVP_sha256());
  std::vector<unsigned char> buffer(chunk_bytes);
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t count = read_at(fd, buffer, total);
    if (count < 0) return system_failure("cannot be read");
    if (count == 0) break;
    const ByteView piece = ByteView(buffer).first(static_cast<std::size_t>(count));
    total += piece.size();
    if (total > bytes_max) return failure(fmt::format("is larger than {} bytes", bytes_max));
    blake2b.add(piece);
    sha256.add(piece);
  }
  if (::fstat(fd, &after) != 0) return system_failure("cannot be looked at");
  if (total != static_cast<std::uint64_t>(before.st_size) || !same_content(before, after)) {
    return failure("changed while it was read; try again when nobody writes to it");
  }
  return ContentHash{.blake2b = blake2b.finish<64>(), .sha256 = sha256.finish<32>()};
}

ContentHash hash_content(ByteView content) {
  return {.blake2b = blake2b_512(content), .sha256 = sha256(content)};
}

}  // namespace penstock::signing
