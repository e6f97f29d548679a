// SPDX-License-Identifier: Apache-2.0
// host_cases.cpp: other hosts than this one: newer, of another major version, and one whose struct
// ends where version 1.0 ends.
#include <array>

#include "kit/bench.hpp"
#include "kit/case.hpp"
#include "kit/placed.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t newer_tail = 256;

const penstock_plugin* ask(Bench& bench, const penstock_host& host) {
  const penstock_plugin_entry entry = bench.entry();
  bench.at("the entry function");
  return entry(&host);
}

void works_with(Bench& bench, const penstock_host& host, const char* refused, const char* fix) {
  const penstock_plugin* const plugin = ask(bench, host);
  expect(plugin != nullptr, refused, fix);
  initialise(bench, *plugin, host);
}

void larger(Bench& bench) {
  const Layout layout{.tail = newer_tail, .filling = poison};
  penstock_host* const host = place(ordinary_host(), layout);
  host->size += newer_tail;
  works_with(bench, *host, "it refuses a host whose penstock_host is larger than the one it knows",
             "a struct may grow at its end: test `size` with >=, never with ==");
}

void newer(Bench& bench) {
  penstock_host host = ordinary_host();
  host.abi_minor = 99;
  works_with(bench, *new penstock_host(host), "it refuses a host of interface 1.99",
             "a newer minor version is compatible: look at abi_major alone");
}

void exact(Bench& bench) {
  works_with(bench, *place(ordinary_host(), Layout{.at_end = true}),
             "it refuses a host of interface 1.0",
             "read no member that lies beyond `size` of the struct");
}

void another_major(Bench& bench) {
  penstock_host host = ordinary_host();
  host.abi_major = PENSTOCK_ABI_MAJOR + 1;
  expect(ask(bench, *new penstock_host(host)) == nullptr,
         "it takes a host of another major version, whose structs are others",
         "answer null in the entry function unless abi_major is PENSTOCK_ABI_MAJOR");
}

void of_another_name(Bench& bench) {
  penstock_host host = ordinary_host();
  host.name = "";
  host.version = "";
  works_with(bench, *new penstock_host(host), "it refuses a host that is not called penstock",
             "do not look at the host's name: others may load plugins too");
}

constexpr std::array<Case, 5> table = {{
    {"abi.host-exact", "it reads nothing behind a host of interface 1.0", Case::Of::plugin, false,
     &exact},
    {"abi.host-larger", "it works with a host whose struct is larger", Case::Of::plugin, false,
     &larger},
    {"abi.host-newer", "it works with a host of a newer minor version", Case::Of::plugin, false,
     &newer},
    {"abi.host-other-major", "it refuses a host of another major version", Case::Of::plugin, false,
     &another_major},
    {"abi.host-name", "it works with a host of another name", Case::Of::plugin, false,
     &of_another_name},
}};

}  // namespace

std::span<const Case> host_cases() { return table; }

}  // namespace penstock::kit
