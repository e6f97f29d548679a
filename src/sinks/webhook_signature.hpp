// SPDX-License-Identifier: Apache-2.0
// webhook_signature.hpp: signatures after the Standard Webhooks convention, and base64.
//
// Threads  functions [any]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::sinks {

std::string base64(std::string_view bytes);

// The key in "whsec_" and the base64 of 24 .. 64 bytes; empty when it is not of that form.
std::optional<std::string> signing_key(std::string_view secret);

// "v1," and the base64 of HMAC-SHA256(key, "id.timestamp.body"). Fails by std::runtime_error, when
// OpenSSL does.
std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp,
                      std::string_view body);

}  // namespace penstock::sinks
