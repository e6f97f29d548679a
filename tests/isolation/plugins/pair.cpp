// SPDX-License-Identifier: Apache-2.0
// pair.cpp: a process for tests, and another that it has started.
#include <unistd.h>

int main() {
  (void)::fork();
  const char byte = 'b';
  (void)!::write(4, &byte, 1);  // both are there
  for (;;) ::pause();
}
