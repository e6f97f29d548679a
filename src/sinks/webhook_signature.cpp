// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_signature.hpp"

#include <array>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace penstock::sinks {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t key_min = 24;
constexpr std::size_t key_max = 64;

struct FreeMac {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_base64(std::string_view text) {
  const std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // with a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> signing_key(std::string_view secret) {
  if (!secret.starts_with(prefix)) return std::nullopt;
  secret.remove_prefix(prefix.size());
  if (!is_base64(secret) || secret.size() > 2 * key_max) return std::nullopt;
  std::string key(secret.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()), bytes_of(secret),
                                   static_cast<int>(secret.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (secret.ends_with('=')) {
    ++padding;
    secret.remove_suffix(1);
  }
  key.resize(static_cast<std::size_t>(size) - padding);
  if (key.size() < key_min || key.size() > key_max) return std::nullopt;
  return key;
}

std::string signature(std::string_view key, std::string_view id, std::int64_t timestamp,
                      std::string_view body) {
  const std::string head = fmt::format("{}.{}.", id, timestamp);
  char digest_name[] = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string("digest", digest_name, 0), OSSL_PARAM_construct_end()};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  const bool done =
      context != nullptr &&
      EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters.data()) == 1 &&
      EVP_MAC_update(context.get(), bytes_of(head), head.size()) == 1 &&
      EVP_MAC_update(context.get(), bytes_of(body), body.size()) == 1 &&
      EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1;
  if (!done) throw std::runtime_error("OpenSSL cannot make a signature");
  return "v1," + base64({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace penstock::sinks
