// SPDX-License-Identifier: Apache-2.0
#include "kit/faults.hpp"

#include <dlfcn.h>
#include <sys/socket.h>

#include <link.h>

#include "kit/process_state.hpp"

namespace penstock::kit {
namespace {

struct Search {
  std::uintptr_t address;
  Image found;
};

bool lies_in(const dl_phdr_info& object, const ElfW(Phdr) & segment, std::uintptr_t address) {
  const std::uintptr_t begin = object.dlpi_addr + segment.p_vaddr;
  return segment.p_type == PT_LOAD && address >= begin && address < begin + segment.p_memsz;
}

int look_at(dl_phdr_info* object, std::size_t, void* argument) {
  Search& search = *static_cast<Search*>(argument);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (!lies_in(*object, segment, search.address)) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    search.found = {.begin = begin, .end = begin + segment.p_memsz};
    return 1;
  }
  return 0;
}

// The segment with the code at `address`; empty when there is none.
Image image_of(const void* address) {
  Search search{.address = reinterpret_cast<std::uintptr_t>(address), .found = {}};
  if (address != nullptr) ::dl_iterate_phdr(&look_at, &search);
  return search.found;
}

bool option(int socket, int name, int& value) {
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0;
}

}  // namespace

const Faults* find_faults() noexcept {
  return static_cast<const Faults*>(::dlsym(RTLD_DEFAULT, faults_name));
}

const Faults& faults_here() {
  const Faults* const found = find_faults();
  if (found != nullptr) return *found;
  if (is_sanitized()) throw Skip{"a sanitizer stands where the faults would be made"};
  throw Skip{"penstock-kit-faults.so is not beside penstock-plugin-host"};
}

void watch_plugin(Bench& bench, const Faults& faults) {
  if (bench.subject().builtin != nullptr) throw Skip{"it is built in: its code is the kit's"};
  const Image plugin = image_of(reinterpret_cast<const void*>(bench.entry()));
  faults.watch(plugin, image_of(::dlsym(RTLD_DEFAULT, "_Znwm")));  // operator new
}

void end_connections() {
  for (int fd = 0; fd <= highest_descriptor(); ++fd) {
    int type = 0;
    int listens = 0;
    if (!option(fd, SO_TYPE, type) || type == SOCK_DGRAM) continue;
    if (option(fd, SO_ACCEPTCONN, listens) && listens != 0) continue;
    ::shutdown(fd, SHUT_RDWR);
  }
}

}  // namespace penstock::kit
