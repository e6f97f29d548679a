// SPDX-License-Identifier: Apache-2.0
// No C++ library, and nothing that allocates: malloc() is here.
#include "kit_faults/faults.hpp"

#include <cerrno>
#include <ctime>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <unwind.h>

using penstock::kit::Image;
using penstock::kit::Network;

// glibc's own, under the names by which those who stand before it find it.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

constexpr long slow_ns = 20'000'000;
constexpr int frames_max = 16;  // of the C++ library, from malloc() to who called it

// Set before any thread of the plugin is there, by the thread that makes those.
Image plugin_code;
Image runtime_code;

// Written by the thread of the case, read by those of the plugin: relaxed, since nothing else is
// read for it.
auto network = static_cast<std::uint32_t>(Network::up);
std::uint64_t connection_count = 0;

// In the block that the thread has from its begin: to be looked at takes no memory.
[[gnu::tls_model("initial-exec")]] thread_local std::uint64_t failing = 0;
[[gnu::tls_model("initial-exec")]] thread_local std::uint64_t own = 0;
[[gnu::tls_model("initial-exec")]] thread_local std::uint64_t all = 0;
[[gnu::tls_model("initial-exec")]] thread_local bool is_counting = false;

bool lies_in(const Image& image, std::uintptr_t address) {
  return address >= image.begin && address < image.end;
}

struct Search {
  bool in_runtime = false;  // seen
  bool is_own = false;
  int frames = 0;
};

// From inside to outside: this file, the C++ library, and then who asked that.
_Unwind_Reason_Code look_at(_Unwind_Context* context, void* argument) {
  Search& search = *static_cast<Search*>(argument);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (lies_in(runtime_code, address)) {
    search.in_runtime = true;
  } else if (search.in_runtime) {
    search.is_own = lies_in(plugin_code, address);
    return _URC_END_OF_STACK;
  }
  return ++search.frames < frames_max ? _URC_NO_REASON : _URC_END_OF_STACK;
}

bool is_own(const void* caller) {
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  if (lies_in(plugin_code, address)) return true;
  if (!lies_in(runtime_code, address)) return false;
  is_counting = false;  // whatever the search does
  Search search;
  _Unwind_Backtrace(&look_at, &search);
  is_counting = true;
  return search.is_own;
}

// Whether the allocation that `caller` asks for fails.
bool fails(const void* caller) {
  ++all;
  if (!is_counting || !is_own(caller)) return false;
  if (++own != failing) return false;
  errno = ENOMEM;
  return true;
}

void watch(Image plugin, Image runtime) {
  plugin_code = plugin;
  runtime_code = runtime;
}

void fail_allocation(std::uint64_t number) {
  failing = number;
  own = 0;
  is_counting = true;
}

std::uint64_t own_allocations() { return own; }
std::uint64_t all_allocations() { return all; }

void set_network(Network now) {
  __atomic_store_n(&network, static_cast<std::uint32_t>(now), __ATOMIC_RELAXED);
}
Network network_now() { return static_cast<Network>(__atomic_load_n(&network, __ATOMIC_RELAXED)); }
std::uint64_t connections() { return __atomic_load_n(&connection_count, __ATOMIC_RELAXED); }

bool is_of_a_network(const sockaddr* address) {
  if (address == nullptr) return false;
  const sa_family_t family = address->sa_family;
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

bool sends_datagrams(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

// False, with errno, when it does not come to that.
bool may_connect(const sockaddr* address) {
  if (!is_of_a_network(address)) return true;
  __atomic_fetch_add(&connection_count, 1, __ATOMIC_RELAXED);
  const Network now = network_now();
  if (now == Network::down) {
    errno = ECONNREFUSED;
    return false;
  }
  const timespec pause{.tv_sec = 0, .tv_nsec = slow_ns};
  if (now == Network::slow) ::nanosleep(&pause, nullptr);
  return true;
}

bool may_send(int socket, const sockaddr* address) {
  if (address != nullptr) return may_connect(address);
  const Network now = network_now();
  if (now == Network::down && sends_datagrams(socket)) {
    errno = ECONNREFUSED;
    return false;
  }
  const timespec pause{.tv_sec = 0, .tv_nsec = slow_ns};
  if (now == Network::slow) ::nanosleep(&pause, nullptr);
  return true;
}

}  // namespace

#define SHOWN [[gnu::visibility("default")]]

extern "C" {

const penstock::kit::Faults penstock_kit_faults_v1 = {
    &watch, &fail_allocation, &own_allocations, &all_allocations, &set_network, &connections};

SHOWN void* malloc(std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

SHOWN void* calloc(std::size_t count, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

SHOWN void* realloc(void* memory, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}

SHOWN void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

SHOWN int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void* const made =
      fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}

SHOWN int connect(int socket, const sockaddr* address, socklen_t size) {
  if (!may_connect(address)) return -1;
  return static_cast<int>(::syscall(SYS_connect, socket, address, size));
}

SHOWN ssize_t send(int socket, const void* data, std::size_t size, int flags) {
  if (!may_send(socket, nullptr)) return -1;
  return ::syscall(SYS_sendto, socket, data, size, flags, nullptr, 0);
}

SHOWN ssize_t sendto(int socket, const void* data, std::size_t size, int flags,
                     const sockaddr* address, socklen_t address_size) {
  if (!may_send(socket, address)) return -1;
  return ::syscall(SYS_sendto, socket, data, size, flags, address, address_size);
}

SHOWN ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  if (!may_send(socket, static_cast<const sockaddr*>(message->msg_name))) return -1;
  return ::syscall(SYS_sendmsg, socket, message, flags);
}

SHOWN int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
  const auto* const address =
      count == 0 ? nullptr : static_cast<const sockaddr*>(messages[0].msg_hdr.msg_name);
  if (!may_send(socket, address)) return -1;
  return static_cast<int>(::syscall(SYS_sendmmsg, socket, messages, count, flags));
}
}
