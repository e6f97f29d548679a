// SPDX-License-Identifier: Apache-2.0
// What `penstock plugin new` writes; that it builds and works is the installation's test.
#include "cli/plugin_new.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/manifest.hpp"

namespace penstock::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class NewPluginTest : public ::testing::Test {
 protected:
  NewPluginTest() {
    std::string path = ::testing::TempDir() + "penstock-new-XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
  }
  ~NewPluginTest() override { std::filesystem::remove_all(folder_); }

  // The exit status; what was said is in `error_`.
  int make(const std::string& name, const std::string& id = {}, const std::string& below = "p") {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    const int status =
        new_plugin({.name = name, .id = id, .directory = (folder_ / below).string()});
    output_ = ::testing::internal::GetCapturedStdout();
    error_ = ::testing::internal::GetCapturedStderr();
    return status;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t files(const std::string& below) const {
    const std::filesystem::directory_iterator all(folder_ / below);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::filesystem::path folder_{};
  std::string output_{};
  std::string error_{};
};

TEST_F(NewPluginTest, WritesAllFilesWithItsNamesInThem) {
  ASSERT_EQ(make("kafka-lite", "org.acme.kafka"), exit_all_delivered) << error_;
  EXPECT_EQ(files("p"), plugin_template.size());
  for (const TemplateFile& file : plugin_template) {
    EXPECT_THAT(read("p/" + std::string(file.name)), AllOf(Not(HasSubstr("@")), Not("")))
        << file.name;
    EXPECT_THAT(output_, HasSubstr(file.name));
  }
  EXPECT_THAT(read("p/sink.hpp"), HasSubstr("class KafkaLiteSink final"));
  EXPECT_THAT(read("p/CMakeLists.txt"), HasSubstr("penstock_add_plugin(kafka-lite "));
  EXPECT_THAT(output_, HasSubstr("cmake --workflow --preset test"));
}

TEST_F(NewPluginTest, ItsManifestIsOneThatPenstockTakes) {
  ASSERT_EQ(make("syslog_2"), exit_all_delivered) << error_;
  const auto manifest = plugin::parse_manifest(read("p/manifest.json"));
  ASSERT_TRUE(manifest.ok()) << plugin::to_string(manifest.refusal());
  EXPECT_EQ(manifest->id, "org.example.syslog-2");
  EXPECT_EQ(manifest->provides.front().name, "syslog_2");
}

TEST_F(NewPluginTest, WritesIntoAFolderThatIsThereAndEmptyAndIntoNoOther) {
  std::filesystem::create_directory(folder_ / "p");
  EXPECT_EQ(make("kafka"), exit_all_delivered) << error_;
  const std::string before = read("p/manifest.json");
  EXPECT_EQ(make("other"), exit_not_all_delivered);
  EXPECT_THAT(error_, AllOf(HasSubstr("is not empty"), HasSubstr("--directory")));
  EXPECT_EQ(read("p/manifest.json"), before);
}

TEST_F(NewPluginTest, LeavesNothingWhereItCannotWrite) {
  std::ofstream(folder_ / "file") << "text";
  EXPECT_EQ(make("kafka", {}, "file/p"), exit_not_all_delivered);
  EXPECT_THAT(error_, HasSubstr("file/p"));
  EXPECT_EQ(read("file"), "text");
}

TEST_F(NewPluginTest, RefusesABadIdWithOneThatWouldDo) {
  EXPECT_EQ(make("kafka", "Kafka"), exit_usage);
  EXPECT_THAT(error_, AllOf(HasSubstr("'Kafka'"), HasSubstr("--id org.example.kafka")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "p"));
}

TEST(NewPluginName, ThatNoPluginCanHaveIsRefusedWithTheRuleAndOneThatWouldDo) {
  EXPECT_EQ(name_fault("kafka"), "");
  EXPECT_THAT(name_fault("Kafka Sink"),
              AllOf(HasSubstr("a lower-case letter"), HasSubstr("'kafka-sink' would do")));
  EXPECT_THAT(name_fault("2 fast!"), HasSubstr("'fast' would do"));
  EXPECT_THAT(name_fault("../x"), HasSubstr("'x' would do"));
  EXPECT_THAT(name_fault("../.."), Not(HasSubstr("would do")));
  EXPECT_THAT(name_fault("file"), AllOf(HasSubstr("built in"), HasSubstr("'my-file'")));
  EXPECT_THAT(name_fault("test"), AllOf(HasSubstr("CMake"), HasSubstr("'my-test'")));
  EXPECT_THAT(name_fault(std::string(65, 'a')), HasSubstr("64 at most"));
}

}  // namespace
}  // namespace penstock::cli
