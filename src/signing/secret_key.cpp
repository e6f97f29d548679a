// SPDX-License-Identifier: Apache-2.0
#include "signing/secret_key.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include "signing/blake2b.hpp"
#include "signing/lines.hpp"

namespace penstock::signing {
namespace {

constexpr TextKind kind = {.name = "the secret key",
                           .fix = "take it from your backup, or make a new pair"};
constexpr std::string_view comment = "minisign encrypted secret key";

struct Part {
  std::size_t at;
  std::size_t size;
};
constexpr Part signature_part = {0, 2};
constexpr Part kdf_part = {2, 2};
constexpr Part checksum_kind_part = {4, 2};
constexpr Part salt_part = {6, 32};
constexpr Part operations_part = {38, 8};
constexpr Part memory_part = {46, 8};
constexpr Part locked_part = {54, 104};
// within locked_part
constexpr Part id_part = {0, 8};
constexpr Part seed_part = {8, 32};
constexpr Part point_part = {40, 32};
constexpr Part checksum_part = {72, 32};

static_assert(locked_part.at + locked_part.size == LockedKey::packed_bytes);
static_assert(checksum_part.at + checksum_part.size == locked_part.size);

constexpr std::string_view no_kdf = {"\0\0", 2};

template <class Range>
auto part_of(Range& bytes, Part part) {
  return std::span(bytes).subspan(part.at, part.size);
}

bool holds(ByteView bytes, std::string_view word) {
  return std::equal(bytes.begin(), bytes.end(), word.begin(), word.end());
}

void put(std::span<unsigned char> target, std::string_view word) {
  std::copy(word.begin(), word.end(), target.begin());
}

std::uint64_t read_number(ByteView little_endian) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;) number = number << 8 | little_endian[i];
  return number;
}

void write_number(std::span<unsigned char> little_endian, std::uint64_t number) {
  for (unsigned char& byte : little_endian) {
    byte = static_cast<unsigned char>(number);
    number >>= 8;
  }
}

SecretBytes checksum_of(std::span<const unsigned char> unlocked) {
  SecretBytes message(2);
  put(message, "Ed");
  message.insert(message.end(), unlocked.begin(), unlocked.begin() + checksum_part.at);
  SecretBytes checksum(checksum_part.size);
  blake2b(message, checksum);
  return checksum;
}

// Locks and unlocks alike.
void apply_password(std::string_view password, ByteView salt, ScryptCost cost,
                    std::span<unsigned char> locked) {
  SecretBytes stream(locked.size());
  scrypt(password, salt, cost, stream);
  for (std::size_t i = 0; i < locked.size(); ++i) locked[i] ^= stream[i];
}

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; });
}

// minisign leaves the checksum of a key without a password zero.
bool checksum_holds(std::span<const unsigned char> unlocked, bool had_password) {
  const auto written = part_of(unlocked, checksum_part);
  if (!had_password && is_zero(written)) return true;
  return equal_in_constant_time(written, checksum_of(unlocked));
}

Result<SecretKey> take_key(std::span<const unsigned char> unlocked) {
  KeyId id;
  std::ranges::copy(part_of(unlocked, id_part), id.bytes.begin());
  SecretKey key(id, part_of(unlocked, seed_part).first<seed_part.size>());
  if (!equal_in_constant_time(part_of(unlocked, point_part), key.public_key().point)) {
    return text_error(kind, "has a public half that does not belong to it");
  }
  return key;
}

}  // namespace

SecretKey generate_key() {
  KeyId id;
  SecretBytes seed(seed_part.size);
  fill_random(id.bytes);
  fill_random(seed);
  return {id, SecretKey::Seed(seed)};
}

// How libsodium gets N, r and p from its two limits: r is 8; p is 1 when time is the scarcer of the
// two, and otherwise what is left of it. N is the power of two above half of what fits.
std::optional<ScryptCost> scrypt_cost(KdfLimits limits) noexcept {
  constexpr std::uint64_t r = 8;
  constexpr std::uint64_t operations_min = 32'768;
  constexpr std::uint64_t operations_max = 16 * KdfLimits{}.operations;
  constexpr std::uint64_t p_max = 64;  // it takes memory too
  if (limits.operations > operations_max || limits.memory > scrypt_memory_max) return std::nullopt;
  const std::uint64_t operations = std::max(limits.operations, operations_min);
  const bool time_is_scarce = operations < limits.memory / 32;
  const std::uint64_t fits = time_is_scarce ? operations / (4 * r) : limits.memory / (128 * r);
  const std::uint64_t n = std::max<std::uint64_t>(2, std::bit_floor(fits));
  const std::uint64_t p = time_is_scarce ? 1 : operations / 4 / n / r;
  if (p == 0 || p > p_max) return std::nullopt;
  return ScryptCost{.n = n, .r = r, .p = p};
}

Result<LockedKey> parse_secret_key(std::string_view text) {
  auto lines = read_lines(kind, text, 2);
  if (!lines) return lines.errors();
  const auto beginning = after_prefix(kind, lines->front(), 1, untrusted_prefix);
  if (!beginning) return beginning.errors();
  SecretBytes packed(LockedKey::packed_bytes);
  if (Status status = read_base64_line(kind, lines->back(), 2, packed); !status) {
    return status.errors();
  }
  if (!holds(part_of(packed, signature_part), "Ed")) return text_error(kind, "is not for Ed25519");
  const auto kdf = part_of(packed, kdf_part);
  if (!holds(kdf, "Sc") && !holds(kdf, no_kdf)) {
    return text_error(kind, "is locked in a way that is not known (not by scrypt)");
  }
  if (!holds(part_of(packed, checksum_kind_part), "B2")) {
    return text_error(kind, "has a checksum that is not known (not BLAKE2b)");
  }
  return LockedKey(std::move(packed));
}

bool LockedKey::needs_password() const noexcept { return holds(part_of(packed_, kdf_part), "Sc"); }

Result<SecretKey> LockedKey::unlock(std::string_view password) const {
  const auto locked = part_of(packed_, locked_part);
  SecretBytes unlocked(locked.begin(), locked.end());
  if (needs_password()) {
    const KdfLimits limits = {.operations = read_number(part_of(packed_, operations_part)),
                              .memory = read_number(part_of(packed_, memory_part))};
    const auto cost = scrypt_cost(limits);
    if (!cost) {
      return text_error(kind, fmt::format("wants {} operations and {} bytes of memory to be "
                                          "unlocked, which is out of range",
                                          limits.operations, limits.memory));
    }
    apply_password(password, part_of(packed_, salt_part), *cost, unlocked);
  }
  if (!checksum_holds(unlocked, needs_password())) {
    return needs_password() ? Error{.message = "the password does not fit the secret key"}
                            : text_error(kind, "does not fit its checksum");
  }
  return take_key(unlocked);
}

Result<SecretBytes> format_secret_key(const SecretKey& key, std::string_view password,
                                      KdfLimits limits) {
  SecretBytes packed(LockedKey::packed_bytes);
  put(part_of(packed, signature_part), "Ed");
  put(part_of(packed, checksum_kind_part), "B2");
  const auto locked = part_of(packed, locked_part);
  std::ranges::copy(key.public_key().id.bytes, part_of(locked, id_part).begin());
  std::ranges::copy(key.seed(), part_of(locked, seed_part).begin());
  std::ranges::copy(key.public_key().point, part_of(locked, point_part).begin());
  if (!password.empty()) {
    const auto cost = scrypt_cost(limits);
    if (!cost) return Error{.message = "the limits for scrypt are out of range"};
    put(part_of(packed, kdf_part), "Sc");
    fill_random(part_of(packed, salt_part));
    write_number(part_of(packed, operations_part), limits.operations);
    write_number(part_of(packed, memory_part), limits.memory);
    std::ranges::copy(checksum_of(locked), part_of(locked, checksum_part).begin());
    apply_password(password, part_of(packed, salt_part), *cost, locked);
  }
  SecretBytes text;
  text.reserve(512);
  const auto add = [&](std::string_view piece) {
    text.insert(text.end(), piece.begin(), piece.end());
  };
  add(untrusted_prefix);
  add(comment);
  add("\n");
  append_base64(packed, text);
  add("\n");
  return text;
}

}  // namespace penstock::signing
