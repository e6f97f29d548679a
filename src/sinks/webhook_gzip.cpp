// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_gzip.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include <zlib.h>

namespace penstock::sinks {
namespace {

constexpr int with_gzip_header = 15 + 16;

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_gzip_header, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  z_stream stream{};
};

}  // namespace

std::string gzip(std::string_view bytes) {
  constexpr std::size_t step = std::numeric_limits<uInt>::max();
  Deflater deflater;
  z_stream& stream = deflater.stream;
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  std::size_t written = 0;
  int state = Z_OK;
  // zlib counts in 32 bits.
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      const std::size_t count = std::min(bytes.size(), step);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(count);
      bytes.remove_prefix(count);
    }
    const std::size_t room = std::min(out.size() - written, step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    state = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) throw std::bad_alloc();
    written += room - stream.avail_out;
  }
  out.resize(written);
  return out;
}

}  // namespace penstock::sinks
