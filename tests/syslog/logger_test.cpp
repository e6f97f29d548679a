// SPDX-License-Identifier: Apache-2.0
// logger_test.cpp: the same message, as logger(1) of util-linux writes it and as this plugin does.
#include <cstdlib>
#include <regex>
#include <string>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/wait.hpp"
#include "syslog_fixture.hpp"

namespace penstock::syslog::testing {
namespace {

using penstock::test::eventually;
using penstock::testing::FakeContext;
using penstock::testing::OwnedBatch;

class SyslogLogger : public SyslogPipeline {
 protected:
  void SetUp() override {
    if (std::system("logger --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no logger";
  }

  // What a connection brings from its beginning to its end.
  std::string all_of(const std::function<void(const std::string& port)>& send) {
    std::string text;
    penstock::test::Signal is_over;
    Acceptor receiver([&](Socket& socket) {
      char buffer[4096];
      for (ssize_t size; (size = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(size));
      }
      is_over.set();
    });
    send(std::to_string(receiver.port()));
    EXPECT_TRUE(is_over.wait());
    return text;
  }
  std::string of_logger(const std::string& arguments) {
    return all_of([&](const std::string& port) {
      const std::string command = "logger --server 127.0.0.1 --tcp --port " + port +
                                  " --tag app --id=4242 --priority local3.warning " + arguments;
      EXPECT_EQ(std::system(command.c_str()), 0) << command;
    });
  }
  std::string of_ours(const std::string& protocol, const std::string& framing) {
    const char* const sd_id = protocol == "rfc5424" ? "ex@32473" : "fields@32473";
    return all_of([&](const std::string& port) {
      const FakeConfig& config = options({{"servers[0]", "tcp://127.0.0.1:" + port},
                                          {"protocol", protocol},
                                          {"framing", framing},
                                          {"facility", "local3"},
                                          {"app_name", "app"},
                                          {"procid", "4242"},
                                          {"sd_id", sd_id}});
      SyslogSink sink(config.config());
      FakeContext context;
      ASSERT_TRUE(sink.open(context).ok());
      const OwnedBatch batch({{.level = Level::warning,
                               .message = "a \"message\" of [both]",
                               .event = "login",
                               .fields = {{"a", "b"}, {"c", "d e"}}}});
      EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::pending);
      EXPECT_TRUE(context.wait_for(1, 20s));
      sink.close();
    });
  }
  // The length and the time, which logger writes with a zone.
  static std::string without_time(const std::string& text) {
    const std::string timeless = std::regex_replace(
        text, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}(Z|[+-][0-9]{2}:[0-9]{2})"), "T");
    return std::regex_replace(
        std::regex_replace(timeless, std::regex(">[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} "), ">T "),
        std::regex("^[0-9]+ "), "N ");
  }
  static constexpr const char* rfc5424 =
      "--rfc5424=notq --msgid login --sd-id ex@32473 --sd-param 'a=\"b\"' --sd-param 'c=\"d e\"' ";
  static constexpr const char* message = "'a \"message\" of [both]'";
};

TEST_F(SyslogLogger, ItsMessagesOfRfc5424AreOurs) {
  EXPECT_EQ(without_time(of_ours("rfc5424", "octet_counting")),
            without_time(of_logger(std::string(rfc5424) + "--octet-count " + message)));
  EXPECT_EQ(without_time(of_ours("rfc5424", "lf")),
            without_time(of_logger(std::string(rfc5424) + message)));
}

TEST_F(SyslogLogger, ItsMessagesOfRfc3164AreOurs) {
  EXPECT_EQ(without_time(of_ours("rfc3164", "octet_counting")),
            without_time(of_logger(std::string("--rfc3164 --octet-count ") + message)));
  EXPECT_EQ(without_time(of_ours("rfc3164", "lf")),
            without_time(of_logger(std::string("--rfc3164 ") + message)));
}

}  // namespace
}  // namespace penstock::syslog::testing
