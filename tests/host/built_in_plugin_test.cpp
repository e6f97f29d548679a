// SPDX-License-Identifier: Apache-2.0
// What is built in, through the structs of plugins.
#include "host/built_in_plugin.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.hpp"
#include "penstock/event_view.hpp"
#include "plugin/instance_config.hpp"
#include "plugin/plugin_sink.hpp"
#include "plugin/value.hpp"
#include "support/pipeline_test.hpp"
#include "support/sinks.hpp"

namespace penstock::host {
namespace {

using plugin::Member;
using ::testing::HasSubstr;
using TreeValue = plugin::Value;

class BuiltIn final : public plugin::SinkProvider {
 public:
  BuiltIn(std::string type, TreeValue::Object options)
      : type_(std::move(type)), config_(std::move(options)) {}
  Result<penstock_sink*> create() override {
    penstock_text error{};
    penstock_instance* const made = find_built_in(type_)
                                        ->get_factory(PENSTOCK_POINT_SINK)
                                        ->create(type_.c_str(), &config_.c(), &error);
    if (made == nullptr) return Error{.message = std::string(detail::text_of(error))};
    return reinterpret_cast<penstock_sink*>(made);
  }

 private:
  const std::string type_;
  const plugin::InstanceConfig config_;
};

std::string error_of(const std::string& type, TreeValue::Object options) {
  const auto made = BuiltIn(type, std::move(options)).create();
  if (!made) return made.errors().front().message;
  (*made)->instance.destroy((*made)->instance.self);
  return "";
}

TEST(BuiltInPlugin, IsThereForEveryTypeThatIsBuiltIn) {
  for (const config::SinkType& type : config::sink_types()) {
    const penstock_plugin* const plugin = find_built_in(type.name);
    ASSERT_NE(plugin, nullptr) << type.name;
    EXPECT_EQ(plugin->id, "org.penstock." + std::string(type.name));
    EXPECT_EQ(plugin->get_factory(PENSTOCK_POINT_SINK)->describe(0)->name, type.name);
    EXPECT_EQ(plugin->get_factory(PENSTOCK_POINT_SINK)->describe(1), nullptr);
    EXPECT_EQ(plugin->get_factory(PENSTOCK_POINT_PROCESSOR), nullptr);
  }
  EXPECT_EQ(find_built_in("kafka"), nullptr);
}

TEST(BuiltInPlugin, SaysWhatIsWrongWithItsOptionsAsTheConfigurationDoes) {
  EXPECT_EQ(error_of("null", {}), "");
  EXPECT_THAT(error_of("console", {{"stream", TreeValue("stdot")}}),
              HasSubstr("'stream' cannot be 'stdot' (did you mean 'stdout'?)"));
  EXPECT_THAT(error_of("file", {}), HasSubstr("missing key 'path'"));
  EXPECT_THAT(error_of("null", {{"path", TreeValue("x")}}), HasSubstr("unknown key 'path'"));
  EXPECT_THAT(error_of("webhook", {{"url", TreeValue("nowhere")}}), HasSubstr("url"));
}

class BuiltInPluginInAPipeline : public test::PipelineTest {};

TEST_F(BuiltInPluginInAPipeline, DeliversAsTheSinkItself) {
  std::string folder = (std::filesystem::temp_directory_path() / "penstock-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/log";
  auto provider = std::make_shared<BuiltIn>(
      "file", TreeValue::Object{{"path", TreeValue(path)},
                                {"max_bytes", TreeValue("1MiB")},
                                {"backup_count", TreeValue(std::int64_t{3})}});
  SinkOptions options = test::sink_options("file", "file", [provider] {
    return std::make_unique<plugin::PluginSink>(provider, std::chrono::seconds(10));
  });
  options.format = {.type = FormatType::text, .pattern = "{message}"};
  Pipeline& pipeline = start({options});
  const Logger log = pipeline.logger("log");
  for (int i = 0; i < 3; ++i) log.info("event {}", i);
  ASSERT_TRUE(pipeline.flush(test::patience));
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, "event 0\nevent 1\nevent 2\n");
  EXPECT_EQ(stats_of(pipeline, "file").delivered, 3);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace penstock::host
