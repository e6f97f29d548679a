// SPDX-License-Identifier: Apache-2.0
// export.hpp: marks what the shared library shows to its users.
#pragma once

#if __cplusplus < 202002L
#error "Penstock needs C++20: compile with -std=c++20"
#endif

#if defined(PENSTOCK_STATIC)
#define PENSTOCK_EXPORT
#else
#define PENSTOCK_EXPORT __attribute__((visibility("default")))
#endif
