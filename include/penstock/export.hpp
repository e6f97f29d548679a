// SPDX-License-Identifier: Apache-2.0
// export.hpp: marks what the shared library shows to its users.
//
// PENSTOCK_PLUGIN is defined where a plugin is compiled: it links no library of Penstock and shows
// nothing but its entry function, so there the headers have all that they need.
#pragma once

#if __cplusplus < 202002L
#error "Penstock needs C++20: compile with -std=c++20"
#endif

#if defined(PENSTOCK_STATIC) || defined(PENSTOCK_PLUGIN)
#define PENSTOCK_EXPORT
#else
#define PENSTOCK_EXPORT __attribute__((visibility("default")))
#endif
