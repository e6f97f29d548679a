// SPDX-License-Identifier: Apache-2.0
// The layout holds in C++ as in C: that this compiles is the test. Texts can be compared only here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
#include "abi_layout.c"
#pragma GCC diagnostic pop

#include <string_view>

#include <gtest/gtest.h>

namespace penstock::plugin::test {
namespace {

using std::string_view_literals::operator""sv;

static_assert(PENSTOCK_NOTE_OWNER == "Penstock"sv);
static_assert(PENSTOCK_POINT_SINK == "penstock.sink/1"sv);
static_assert(PENSTOCK_POINT_PROCESSOR == "penstock.processor/1"sv);
static_assert(PENSTOCK_POINT_ENCODER == "penstock.encoder/1"sv);
static_assert(PENSTOCK_POINT_SOURCE == "penstock.source/1"sv);
static_assert(PENSTOCK_POINT_ACTION == "penstock.action/1"sv);
static_assert(PENSTOCK_POINT_ENDPOINT == "penstock.endpoint/1"sv);
static_assert(PENSTOCK_POINT_AUTH == "penstock.auth/1"sv);
static_assert(PENSTOCK_PLUGIN_ENTRY_NAME == "penstock_plugin_entry_v1"sv);

// Of the same file, compiled as C.
extern "C" int penstock_test_abi_is_c11(void);

TEST(PluginAbi, IsTheSameInCAndInCpp) { EXPECT_EQ(penstock_test_abi_is_c11(), 1); }

}  // namespace
}  // namespace penstock::plugin::test
