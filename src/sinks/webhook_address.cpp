// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>

#include <fmt/format.h>

namespace penstock::sinks {
namespace {

struct Block4 {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t ip4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's special-purpose registry, and one host.
constexpr Block4 not_public4[] = {
    {ip4(0, 0, 0, 0), 8},         // "this network"
    {ip4(10, 0, 0, 0), 8},        // private
    {ip4(100, 64, 0, 0), 10},     // shared by carriers
    {ip4(127, 0, 0, 0), 8},       // loopback
    {ip4(168, 63, 129, 16), 32},  // Azure's services for its machines
    {ip4(169, 254, 0, 0), 16},    // link-local; metadata services
    {ip4(172, 16, 0, 0), 12},     // private
    {ip4(192, 0, 0, 0), 24},      // protocol assignments
    {ip4(192, 0, 2, 0), 24},      // documentation
    {ip4(192, 88, 99, 0), 24},    // 6to4 relays
    {ip4(192, 168, 0, 0), 16},    // private
    {ip4(198, 18, 0, 0), 15},     // benchmarks
    {ip4(198, 51, 100, 0), 24},   // documentation
    {ip4(203, 0, 113, 0), 24},    // documentation
    {ip4(224, 0, 0, 0), 4},       // multicast
    {ip4(240, 0, 0, 0), 4},       // reserved; broadcast
};

bool is_public4(std::uint32_t address) noexcept {
  return std::none_of(std::begin(not_public4), std::end(not_public4), [&](const Block4& block) {
    return ((address ^ block.first) >> (32 - block.bits)) == 0;
  });
}

using Bytes6 = std::array<std::uint8_t, 16>;

// The first 32 bits are enough for all that is left out below.
bool is_public6(const Bytes6& bytes) noexcept {
  const std::uint32_t high = ip4(bytes[0], bytes[1], bytes[2], bytes[3]);
  // Only 2000::/3 is public at all. This leaves out ::, ::1, IPv4-compatible and -mapped addresses,
  // NAT64 (64:ff9b::/96, 64:ff9b:1::/48), fc00::/7, fe80::/10, fec0::/10, ff00::/8.
  if (high >> 29 != 1) return false;
  if (high >> 9 == 0x20010000u >> 9) return false;    // 2001::/23: Teredo, ORCHID, benchmarks
  if (high == 0x20010db8u) return false;              // documentation
  if (high >> 16 == 0x2002u) return false;            // 6to4
  if (high >> 12 == 0x3fff0000u >> 12) return false;  // documentation
  // ISATAP: an IPv4 address behind ..:0:5efe or ..:200:5efe
  const bool isatap =
      (bytes[8] & 0xFC) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
  return !isatap;
}

}  // namespace

bool is_public(const sockaddr* address, socklen_t size) noexcept {
  if (size >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, address, sizeof ip);
    return is_public4(ntohl(ip.sin_addr.s_addr));
  }
  if (size >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    sockaddr_in6 ip{};
    std::memcpy(&ip, address, sizeof ip);
    Bytes6 bytes{};
    std::memcpy(bytes.data(), &ip.sin6_addr, bytes.size());
    return is_public6(bytes);
  }
  return false;
}

std::string address_text(const sockaddr* address, socklen_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (size >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, address, sizeof ip);
    return ::inet_ntop(AF_INET, &ip.sin_addr, text.data(), text.size());
  }
  if (size >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    sockaddr_in6 ip{};
    std::memcpy(&ip, address, sizeof ip);
    return ::inet_ntop(AF_INET6, &ip.sin6_addr, text.data(), text.size());
  }
  return fmt::format("an address of family {}", address->sa_family);
}

}  // namespace penstock::sinks
