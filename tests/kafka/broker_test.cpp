// SPDX-License-Identifier: Apache-2.0
// The program, the plugin as it is shipped, and a real broker of Apache Kafka that is killed; what
// is there afterwards is read by kcat.
#include "broker.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "../integration/program_support.hpp"
#include "../integration/safe_folder.hpp"
#include "support/run.hpp"

namespace kafka::test {
namespace {

using penstock::test::eventually;
using penstock::test::Program;

constexpr int partitions = 4;

// The plugin lies where it may be loaded from.
class KafkaProgramTest : public penstock::test::ProgramTest {
 protected:
  void SetUp() override {
    plugins_ = penstock::test::make_safe_folder();
    ASSERT_FALSE(plugins_.empty()) << "$HOME must be such that nobody else can write to it";
    std::filesystem::copy_file(PENSTOCK_PLUGINS "/kafka.penstock.so",
                               plugins_ / "kafka.penstock.so");
    std::filesystem::permissions(plugins_ / "kafka.penstock.so",
                                 static_cast<std::filesystem::perms>(0644));
  }
  ~KafkaProgramTest() override {
    std::error_code error;
    if (!plugins_.empty()) std::filesystem::remove_all(plugins_, error);
  }
  Program::Options with_plugin(const std::string& input, const std::string& patience) const {
    return {.arguments = {"run", "-c", path("penstock.yml"), "--plugin-dir", plugins_, "--report",
                          path("report.json"), "--stop-timeout", patience},
            .input_file = input,
            .output_file = path("out"),
            .error_file = path("error")};
  }

  std::filesystem::path plugins_{};
};

TEST_F(KafkaProgramTest, TheExampleWorksWithAMockInThePlaceOfBrokers) {
  std::ifstream file(PENSTOCK_EXAMPLES "/kafka.yml");
  std::string text(std::istreambuf_iterator<char>(file), {});
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace("brokers: [localhost:9092]", "mock: {brokers: 1}");
  replace("path: refused.log", "path: " + path("refused.log"));
  write("penstock.yml", text);
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "line " + std::to_string(i) + "\n";
  Program program(with_plugin(write("input", lines), "20s"));
  EXPECT_EQ(program.wait(), 0) << read("error");
  EXPECT_EQ(report()["sinks"]["stream"]["delivered"], 1000);
}

class KafkaBrokerTest : public KafkaProgramTest {
 protected:
  void SetUp() override {
    if (Broker::jars().empty()) {
      GTEST_SKIP() << "there is no Kafka, or no Java: ./dev setup --kafka";
    }
    if (std::system("kcat -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no kcat";
    KafkaProgramTest::SetUp();
    broker_ = std::make_unique<Broker>();
    ASSERT_TRUE(broker_->start()) << broker_->log();
    ASSERT_TRUE(broker_->make_topic("t", partitions)) << broker_->log();
  }

  // Lines 0 .. count - 1, each an event with its number and one of 100 keys.
  std::string make_input(int count) const {
    std::ofstream file(path("input"));
    for (int i = 0; i < count; ++i) {
      file << R"({"level":"INFO","logger":"load","message":")" << i << R"(","account":)" << i % 100
           << R"(,"text":"order filled at the usual venue, nothing to be seen here"})" << '\n';
    }
    return path("input");
  }
  Program::Options run(const std::string& sink, const std::string& input) const {
    configure("logging:\n  sinks:\n    - {name: out, type: kafka, brokers: ['" +
              broker_->address() + "'], topic: t, key: '{field.account}', format: json" + sink +
              "}\n");
    return with_plugin(input, "90s");
  }
  // By kcat: partition and number of each message.
  void expect_each_once_in_order(int count) const {
    const std::string command = "kcat -C -b " + broker_->address() +
                                " -t t -o beginning -e -q -f '%p %s\\n' >" + path("seen");
    ASSERT_EQ(std::system(command.c_str()), 0);
    constexpr std::string_view before_number = R"("message":")";
    std::vector<std::uint8_t> seen(static_cast<std::size_t>(count), 0);
    std::array<int, partitions> last{-1, -1, -1, -1};
    std::ifstream file(path("seen"));
    int lines = 0;
    int disordered = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      const auto partition = static_cast<std::size_t>(line.at(0) - '0');
      const int number = std::atoi(line.c_str() + line.find(before_number) + before_number.size());
      ++seen.at(static_cast<std::size_t>(number));
      disordered += number <= last.at(partition) ? 1 : 0;
      last.at(partition) = number;
    }
    EXPECT_EQ(lines, count) << "lost, or there twice";
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), count);
    EXPECT_EQ(disordered, 0);
  }

  std::unique_ptr<Broker> broker_{};
};

TEST_F(KafkaBrokerTest, ABrokerThatIsKilledInMidStreamCostsNothing) {
  constexpr int count = 1'000'000;
  Program program(run("", make_input(count)));
  ASSERT_TRUE(eventually([&] { return broker_->messages("t", partitions) > count / 4; }));
  broker_->kill();
  EXPECT_FALSE(program.has_ended()) << "it was too late to kill the broker";
  ASSERT_TRUE(broker_->start()) << broker_->log();
  EXPECT_EQ(program.wait(std::chrono::seconds(120)), 0) << read("error");
  expect_each_once_in_order(count);
  EXPECT_EQ(report()["sinks"]["out"]["delivered"], count);
}

// By TLS and with a password that is read from a file; not with another authority or password.
TEST_F(KafkaBrokerTest, WhoIsWhoIsKnownOrNothingIsSent) {
  write("password", "right");
  write("wrong", "wrong");
  const auto guarded = [&](const std::string& authority, const std::string& password) {
    auto options = run("", make_input(100));
    configure("logging:\n  sinks:\n    - name: out\n      type: kafka\n      topic: t\n" +
              ("      format: json\n      brokers: ['" + broker_->guarded_address() + "']\n") +
              "      tls: {ca: " + authority + "}\n      sasl: {mechanism: PLAIN, " +
              "username: penstock, password: '${file:" + path(password) + "}'}\n");
    const bool is_right = authority == broker_->authority() && password == "password";
    if (!is_right) options.arguments.back() = "3s";
    Program program(options);
    return program.wait();
  };
  EXPECT_EQ(guarded(broker_->authority(), "password"), 0) << read("error");
  expect_each_once_in_order(100);
  EXPECT_NE(guarded(broker_->authority(), "wrong"), 0);
  EXPECT_THAT(report()["sinks"]["out"]["last_error"].dump(), ::testing::HasSubstr("uthenticat"));
  EXPECT_NE(guarded("/etc/ssl/certs/ca-certificates.crt", "password"), 0);
  EXPECT_THAT(report()["sinks"]["out"]["last_error"].dump(), ::testing::HasSubstr("certificate"));
  expect_each_once_in_order(100);
}

TEST_F(KafkaBrokerTest, APluginInAProcessOfItsOwnDeliversAsWell) {
  constexpr int count = 50'000;
  Program program(run(", isolation: process, statistics_interval: 100ms", make_input(count)));
  EXPECT_EQ(program.wait(), 0) << read("error");
  expect_each_once_in_order(count);
  EXPECT_GT(report()["sinks"]["out"]["figures"].size(), 0u) << read("report.json");
}

}  // namespace
}  // namespace kafka::test
