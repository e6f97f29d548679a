// SPDX-License-Identifier: Apache-2.0
// main.cpp: penstock-plugin-host, the process in which a plugin runs that is not trusted, or not
// yet. Penstock starts it; it is of no use to a person.
#include <cstdio>
#include <cstring>
#include <span>
#include <unistd.h>

#include "isolation/serve.hpp"
#include "kit/child.hpp"
#include "plugin/probe.hpp"

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--probe") == 0) {
    // Its exit handlers and static destructors are the plugin's: what it has said stands already.
    ::_exit(penstock::plugin::run_probe());
  }
  if (argc == 2 && std::strcmp(argv[1], "--isolate") == 0)
    ::_exit(penstock::isolation::run_isolated());
  if (argc > 2 && std::strcmp(argv[1], "--case") == 0) {
    const std::span<char* const> words(argv + 2, static_cast<std::size_t>(argc - 2));
    ::_exit(penstock::kit::run_case_child(words, nullptr));
  }
  std::fputs("penstock-plugin-host is started by Penstock, to run plugins apart from it\n", stderr);
  return 2;
}
