// SPDX-License-Identifier: Apache-2.0
// webhook_address.hpp: which addresses are not on the public internet.
//
// An address is judged by its bytes, as it goes to connect(): no spelling of it, and no name that
// leads to it, makes a difference.
#pragma once

#include <string>
#include <sys/socket.h>

namespace penstock::sinks {

// False for whatever may lead into a private network: private, shared, loopback, link-local,
// multicast, unspecified, reserved and documentation addresses, those of metadata services, IPv6
// addresses that carry an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP), and
// families other than IPv4 and IPv6. `size` is that of `address`. [any]
bool is_public(const sockaddr* address, socklen_t size) noexcept;

// "127.0.0.1", "::1"; the family when it is another.
std::string address_text(const sockaddr* address, socklen_t size);

}  // namespace penstock::sinks
