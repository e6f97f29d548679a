// SPDX-License-Identifier: Apache-2.0
// socket_test.cpp: names that have several addresses.
#include "socket.hpp"

#include <chrono>
#include <string>
#include <sys/eventfd.h>

#include <gtest/gtest.h>

#include "receivers.hpp"
#include "system_calls.hpp"

namespace penstock::syslog::testing {
namespace {

using namespace std::chrono_literals;

// A name whose first address answers nothing, while its second one accepts.
class SyslogConnect : public ::testing::Test {
 protected:
  SyslogConnect() {
    go_silent(silent_.listener());
    SystemCalls::instance().resolve("logs.test", {"127.0.0.1", "127.0.0.2"});
  }

  Server server() const {
    return parse_server("tcp://logs.test:" + std::to_string(silent_.port()));
  }

  Acceptor silent_{[](Socket&) {}};
  Acceptor accepting_{[](Socket&) {}, {.port = silent_.port(), .address = "127.0.0.2"}};
};

TEST_F(SyslogConnect, AnAddressThatAnswersNothingLeavesTimeForTheNext) {
  const auto made = connect_to(server(), {.deadline = Clock::now() + 1s});
  EXPECT_TRUE(made) << made.errors().front().message;
}

TEST_F(SyslogConnect, AnInterruptedOneGoesToNoFurtherAddress) {
  const Socket interrupt(::eventfd(1, EFD_CLOEXEC));
  EXPECT_FALSE(
      connect_to(server(), {.deadline = Clock::now() + 30s, .interrupt = interrupt.get()}));
}

}  // namespace
}  // namespace penstock::syslog::testing
