// SPDX-License-Identifier: Apache-2.0
// webhook_gzip.hpp: a request's body, compressed.
#pragma once

#include <string>
#include <string_view>

namespace penstock::sinks {

// In the gzip format (RFC 1952), at zlib's default level. Throws std::bad_alloc.
std::string gzip(std::string_view bytes);

}  // namespace penstock::sinks
