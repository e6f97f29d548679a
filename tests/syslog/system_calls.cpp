// SPDX-License-Identifier: Apache-2.0
#include "system_calls.hpp"

#include <cerrno>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>

namespace penstock::syslog::testing {
namespace {

// The C library's function of this name.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

SystemCalls& SystemCalls::instance() {
  static SystemCalls calls;
  return calls;
}

void SystemCalls::resolve(std::string name, std::vector<std::string> addresses) {
  const std::lock_guard lock(mutex_);
  name_ = std::move(name);
  addresses_ = std::move(addresses);
}

std::vector<std::string> SystemCalls::addresses_of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return name == name_ ? addresses_ : std::vector<std::string>{};
}

void SystemCalls::fail_to_send(int error, int times) {
  const std::lock_guard lock(mutex_);
  error_ = error;
  failures_left_ = times;
}

int SystemCalls::take_failure() {
  const std::lock_guard lock(mutex_);
  if (failures_left_ == 0) return 0;
  --failures_left_;
  return error_;
}

}  // namespace penstock::syslog::testing

using penstock::syslog::testing::SystemCalls;

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Function = int(const char*, const char*, const addrinfo*, addrinfo**);
  auto* const ask = penstock::syslog::testing::next<Function>("getaddrinfo");
  const auto addresses = SystemCalls::instance().addresses_of(name == nullptr ? "" : name);
  if (addresses.empty()) return ask(name, service, hints, found);
  addrinfo** end = found;
  for (const std::string& address : addresses) {
    if (const int error = ask(address.c_str(), service, hints, end); error != 0) return error;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return 0;
}

extern "C" int sendmmsg(int descriptor, mmsghdr* messages, unsigned count, int flags) {
  using Function = int(int, mmsghdr*, unsigned, int);
  if (const int error = SystemCalls::instance().take_failure(); error != 0) {
    errno = error;
    return -1;
  }
  static auto* const send = penstock::syslog::testing::next<Function>("sendmmsg");
  return send(descriptor, messages, count, flags);
}
