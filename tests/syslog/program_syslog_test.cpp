// SPDX-License-Identifier: Apache-2.0
// program_syslog_test.cpp: the plugin in the real program, within it and in a process of its own.
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "integration/program_support.hpp"
#include "integration/safe_folder.hpp"
#include "support/wait.hpp"

namespace penstock::test {
namespace {

using syslog::testing::Daemon;

class SyslogProgram : public ProgramTest {
 protected:
  void SetUp() override {
    if (!Daemon::is_there(Daemon::Kind::rsyslog)) GTEST_SKIP() << "./dev setup gets rsyslog";
    safe_ = make_safe_folder();
    ASSERT_FALSE(safe_.empty()) << "set HOME to a folder that nobody else can write to";
    const std::filesystem::path file = safe_ / "syslog.penstock.so";
    std::filesystem::copy_file(PENSTOCK_PLUGINS "/syslog.penstock.so", file);
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
    daemon_ = std::make_unique<Daemon>(Daemon::Kind::rsyslog);
    ASSERT_NO_FATAL_FAILURE(daemon_->start());
  }
  void TearDown() override {
    std::error_code ignored;
    if (!safe_.empty()) std::filesystem::remove_all(safe_, ignored);
  }

  void expect_delivery(const std::string& server, const std::string& isolation) {
    SCOPED_TRACE(server + ", isolation: " + isolation);
    const std::size_t before = daemon_->output().size();
    const std::string certificates = ", ca_file: " + daemon_->file("ca.pem") +
                                     ", cert_file: " + daemon_->file("client.pem") +
                                     ", key_file: " + daemon_->file("client.key");
    configure("plugins: {directories: [" + safe_.string() + "], signature: off}\n" +
              "logging:\n  sinks:\n    - {name: out, type: syslog, required: true, servers: ['" +
              server + "'], isolation: " + isolation + ", app_name: app" +
              (server.starts_with("tls://") ? certificates : "") + "}\n");
    std::string input;
    for (int i = 0; i < 200; ++i) input += "line " + std::to_string(i) + "\n";
    write("input", input);
    Program program({.arguments = {"run", "-c", path("penstock.yml"), "--format", "text"},
                     .input_file = path("input"),
                     .output_file = path("out"),
                     .error_file = path("err")});
    const std::string pid = std::to_string(program.pid());
    EXPECT_EQ(program.wait(), 0) << read("err");
    const auto arrived = daemon_->wait_for(before + 200);
    std::set<std::string> texts;
    for (std::size_t i = before; i < arrived.size(); ++i) {
      texts.insert(arrived[i].at("msg"));
      EXPECT_EQ(arrived[i].at("procid"), pid);
    }
    EXPECT_EQ(texts.size(), 200U);
  }

  std::filesystem::path safe_{};
  std::unique_ptr<Daemon> daemon_{};
};

TEST_F(SyslogProgram, DeliversByEveryTransportInItsOwnProcessToo) {
  for (const char* isolation : {"none", "process"}) {
    for (const std::string& server :
         {daemon_->udp(), daemon_->counted(), daemon_->tls(), daemon_->local_datagram()}) {
      expect_delivery(server, isolation);
    }
  }
}

}  // namespace
}  // namespace penstock::test
