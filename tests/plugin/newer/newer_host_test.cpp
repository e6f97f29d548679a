// SPDX-License-Identifier: Apache-2.0
// A host of the next minor version: this test, and what of src/plugin knows the structs, is
// compiled with a header in which each struct that may grow has grown. The plugins are built with
// today's.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "penstock/plugin/testing.hpp"
#include "plugin/catalog.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/shared_plugin.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

using namespace std::chrono_literals;
using penstock::testing::FakeContext;
using penstock::testing::OwnedBatch;

// As abi_layout.c has them.
constexpr std::uint32_t plugin_bytes_today = 56;
static_assert(sizeof(penstock_plugin) > plugin_bytes_today);
static_assert(sizeof(penstock_event) > 168);

class NewerHost : public ::testing::Test {
 protected:
  std::shared_ptr<SharedPlugin> listed(const std::string& name) const {
    auto file = PluginFile::open(folder_.add_fixture(name, "x.penstock.so"), folder_.rules());
    EXPECT_TRUE(file.ok());
    auto plugin = read_plugin(*std::move(file));
    EXPECT_TRUE(plugin.ok()) << to_string(plugin.refusal());
    return std::make_shared<SharedPlugin>(*std::move(plugin), PENSTOCK_PLUGIN_HOST_PROGRAM);
  }

  Folder folder_{};
};

TEST_F(NewerHost, DeliversThroughAPluginThatIsBuiltForAnOlderMinor) {
  const auto shared = listed("loadable");
  const auto loaded = shared->load();
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.refusal());
  EXPECT_EQ((*loaded)->abi_minor, PENSTOCK_ABI_MINOR - 1u);
  EXPECT_EQ((*loaded)->size, plugin_bytes_today);
  Value options = Value::Object{{"path", folder_.path("out")}};
  PluginSink sink(std::make_shared<PluginSinkProvider>(shared, "fixture", std::move(options)), 5s);
  FakeContext context;
  ASSERT_TRUE(sink.open(context).ok());
  OwnedBatch batch({{.message = "one"}, {.message = "two"}, {.message = "three"}});
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  EXPECT_TRUE(sink.flush().ok());
  sink.control(SinkControl::reopen);
  sink.close();
  std::ifstream out(folder_.path("out"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(out), {}), "one\ntwo\nthree\n");
}

TEST_F(NewerHost, StillRefusesWhatIsSmallerThanItEverWas) {
  for (const char* const fault : {"struct_too_small", "factory_too_small"}) {
    const auto loaded = listed(fault)->load();
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.refusal().code, "struct-size");
  }
}

TEST_F(NewerHost, TakesWhatNeedsItsMinorAndNotWhatNeedsALaterOne) {
  const std::string path = folder_.add_fixture("newer_minor", "x.penstock.so");
  const auto read_by = [&](std::uint32_t minor) {
    return read_plugin(*PluginFile::open(path, folder_.rules()), minor);
  };
  EXPECT_TRUE(read_by(9).ok());
  const auto refused = read_by(8);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.refusal().reason, "it needs interface 1.9, and this host has 1.8");
  EXPECT_EQ(refused.refusal().fix, "update the host, or build the plugin for an older interface");
}

}  // namespace
}  // namespace penstock::plugin::test
