// SPDX-License-Identifier: Apache-2.0
// secret.cpp: finds the references in a secret, and looks them up.
#include "penstock/secret.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace penstock {
namespace {

constexpr std::size_t bytes_max = 65'536;
constexpr std::string_view env_open = "${env:";
constexpr std::string_view file_open = "${file:";

// A piece of the text: as it stands, or where to look.
struct Piece {
  enum class Kind { text, env, file };
  Kind kind;
  std::string_view what;
};

struct Pieces {
  std::vector<Piece> pieces{};
  std::string problem{};
};

Pieces split(std::string_view text) {
  Pieces found;
  while (!text.empty()) {
    const std::size_t env = text.find(env_open);
    const std::size_t file = text.find(file_open);
    const std::size_t open = env < file ? env : file;
    if (open == std::string_view::npos) break;
    const std::string_view opening = env < file ? env_open : file_open;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      found.problem = fmt::format("{} has no closing }}", opening);
      return found;
    }
    const std::size_t begin = open + opening.size();
    const std::string_view what = text.substr(begin, close - begin);
    if (what.empty()) {
      found.problem = fmt::format("{}}} names nothing", opening);
      return found;
    }
    if (open > 0) found.pieces.push_back({Piece::Kind::text, text.substr(0, open)});
    found.pieces.push_back({env < file ? Piece::Kind::env : Piece::Kind::file, what});
    text.remove_prefix(close + 1);
  }
  if (!text.empty()) found.pieces.push_back({Piece::Kind::text, text});
  return found;
}

Error failure(std::string message) { return Error{.message = std::move(message)}; }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ != -1) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Result<std::string> content_of(const std::string& path) {
  const auto cannot = [&](const std::string& why) {
    return failure(fmt::format("cannot read the secret in '{}': {}", path, why));
  };
  // Not blocking: a FIFO would hold the sink up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() == -1) return cannot(std::generic_category().message(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) == -1) return cannot(std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) return cannot("it is not a regular file");
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count == -1 && errno == EINTR) continue;
    if (count == -1) return cannot(std::generic_category().message(errno));
    if (count == 0) break;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max) return cannot("it is longer than 64 KiB");
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return cannot("it is empty");
  return text;
}

Result<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return failure(fmt::format("environment variable '{}' is not set", name));
  if (*value == '\0') return failure(fmt::format("environment variable '{}' is empty", name));
  return std::string(value);
}

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
  }
  return false;
}

}  // namespace

bool Secret::has_references() const {
  return !literal_ &&
         (text_.find(env_open) != std::string::npos || text_.find(file_open) != std::string::npos);
}

std::string Secret::problem() const { return literal_ ? std::string() : split(text_).problem; }

Result<std::string> Secret::reveal() const {
  Pieces found;
  if (literal_) {
    found.pieces.push_back({Piece::Kind::text, text_});
  } else {
    found = split(text_);
  }
  if (!found.problem.empty()) return failure(found.problem);
  std::string text;
  for (const Piece& piece : found.pieces) {
    const std::string what(piece.what);
    if (piece.kind == Piece::Kind::text) {
      text += what;
      continue;
    }
    Result<std::string> part = piece.kind == Piece::Kind::env ? variable(what) : content_of(what);
    if (!part) return part.errors();
    text += *part;
  }
  if (text.size() > bytes_max) return failure("a secret is longer than 64 KiB");
  if (has_control_character(text)) return failure("a secret holds a control character");
  if (!text.empty() && text.find_first_not_of(' ') == std::string::npos) {
    return failure("a secret is only blanks");  // libcurl would leave such a header out
  }
  return text;
}

}  // namespace penstock
