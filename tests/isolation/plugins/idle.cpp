// SPDX-License-Identifier: Apache-2.0
// idle.cpp: a process for tests that speak in its place.
#include <unistd.h>

int main() {
  for (;;) ::pause();
}
