// SPDX-License-Identifier: Apache-2.0
// version.hpp: which Penstock this is. The build reads the numbers from here.
#pragma once

#define PENSTOCK_VERSION_MAJOR 0
#define PENSTOCK_VERSION_MINOR 1
#define PENSTOCK_VERSION_PATCH 0
#define PENSTOCK_VERSION "0.1.0"
