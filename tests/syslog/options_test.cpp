// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "penstock/plugin/testing.hpp"

namespace penstock::syslog {
namespace {

using penstock::testing::FakeConfig;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SyslogServers, AreReadAsTheyAreWritten) {
  const Server tcp = parse_server("tcp://logs.example.com:601");
  EXPECT_EQ(tcp.transport, Transport::tcp);
  EXPECT_EQ(tcp.host, "logs.example.com");
  EXPECT_EQ(tcp.port, "601");
  EXPECT_EQ(parse_server("udp://h").port, "514");
  EXPECT_EQ(parse_server("tls://h").port, "6514");
  const Server six = parse_server("tls://[2001:db8::1]:7000");
  EXPECT_EQ(six.host, "2001:db8::1");
  EXPECT_EQ(six.port, "7000");
  EXPECT_EQ(parse_server("udp://[::1]").port, "514");
  EXPECT_EQ(parse_server("unix-datagram:///dev/log").path, "/dev/log");
  EXPECT_TRUE(parse_server("unix-stream:///run/x").is_stream());
}

TEST(SyslogServers, AreRefusedByName) {
  const std::vector<std::string> wrong = {"",
                                          "logs",
                                          "http://h",
                                          "tcp://",
                                          "tcp://h:",
                                          "tcp://h:0",
                                          "tcp://h:65536",
                                          "tcp://h:51x",
                                          "tcp://a:b:1",
                                          "tcp://[::1",
                                          "tcp://[]:1",
                                          "tcp://[::1]1",
                                          "tcp://user@h",
                                          "tcp://h/path",
                                          "tcp://a b",
                                          "tls://.example.com",
                                          "udp://h:-1",
                                          "tcp://h:099999",
                                          "unix-datagram://log",
                                          "unix-stream://",
                                          "unix-stream:///" + std::string(200, 'x')};
  for (const std::string& text : wrong) {
    try {
      parse_server(text);
      ADD_FAILURE() << text;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("servers: '" + text + "' ")) << text;
    }
  }
}

std::string refusal(FakeConfig& config) {
  try {
    read_options(config.config());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}
std::string refusal(std::initializer_list<FakeConfig::Option> options) {
  FakeConfig config(options);
  return refusal(config);
}

TEST(SyslogOptions, FramesByTheTransport) {
  const auto framing = [](const char* server) {
    const FakeConfig config({{"servers[0]", server}});
    return read_options(config.config()).format.framing;
  };
  EXPECT_EQ(framing("udp://h"), Framing::none);
  EXPECT_EQ(framing("unix-datagram:///dev/log"), Framing::none);
  EXPECT_EQ(framing("tcp://h"), Framing::octet_counting);
  EXPECT_EQ(framing("tls://h"), Framing::octet_counting);
  EXPECT_EQ(framing("unix-stream:///x"), Framing::lf);
}

TEST(SyslogOptions, RefusesWhatCannotWork) {
  EXPECT_THAT(refusal(std::initializer_list<FakeConfig::Option>{}), HasSubstr("there is none"));
  EXPECT_THAT(refusal({{"servers[0]", "udp://h"}, {"servers[1]", "tcp://h"}}),
              HasSubstr("'tcp://h' and 'udp://h' cannot stand for each other"));
  EXPECT_THAT(refusal({{"servers[0]", "tls://h"}, {"framing", "lf"}}), HasSubstr("RFC 5425"));
  EXPECT_THAT(refusal({{"servers[0]", "udp://h"}, {"framing", "lf"}}), HasSubstr("a datagram"));
  EXPECT_THAT(refusal({{"servers[0]", "tcp://h"}, {"servers[1]", "unix-stream:///x"}}),
              HasSubstr("say which"));
  EXPECT_THAT(refusal({{"servers[0]", "tls://h"}, {"cert_file", "/x"}}), HasSubstr("key_file"));
  EXPECT_THAT(refusal({{"servers[0]", "tls://h"}, {"key_file", "/x"}}), HasSubstr("cert_file"));
  EXPECT_THAT(refusal({{"servers[0]", "udp://h"}, {"facility", "local8"}}), HasSubstr("local8"));
  EXPECT_THAT(refusal({{"servers[0]", "tls://h"}, {"server_name", ".example.com"}}),
              HasSubstr("server_name: '.example.com'"));
  FakeConfig small({{"servers[0]", "udp://h"}});
  small.bytes("max_message", 1023);
  EXPECT_THAT(refusal(small), HasSubstr("1023"));
  FakeConfig slow({{"servers[0]", "tcp://h"}});
  slow.duration("dead_after", std::chrono::hours(25));
  EXPECT_THAT(refusal(slow), HasSubstr("dead_after"));
}

TEST(SyslogOptions, WhatWouldHaveNoEffectIsRefused) {
  constexpr std::string_view idle = ": has no effect";
  const std::vector<FakeConfig::Option> of_tls = {{"ca_file", "/x"},
                                                  {"cert_file", "/x"},
                                                  {"key_file", "/x"},
                                                  {"server_name", "x"},
                                                  {"tls_min", "1.3"}};
  for (const FakeConfig::Option& option : of_tls) {
    EXPECT_THAT(refusal({{"servers[0]", "tcp://h"}, option}), HasSubstr(idle));
    EXPECT_THAT(refusal({{"servers[0]", "tcp://h"}, {"servers[1]", "tls://h"}, option}),
                Not(HasSubstr(idle)));
  }
  FakeConfig locked({{"servers[0]", "tcp://h"}});
  locked.secret("key_password", "x");
  EXPECT_THAT(refusal(locked), HasSubstr("key_password: has no effect, since no server is tls://"));

  const FakeConfig::Option udp = {"servers[0]", "udp://h"};
  const FakeConfig::Option old = {"protocol", "rfc3164"};
  EXPECT_THAT(refusal({udp, old, {"msgid", "x"}}), HasSubstr("msgid: has no effect"));
  EXPECT_THAT(refusal({udp, old, {"sd_id", "x@1"}}), HasSubstr("sd_id: has no effect"));
  EXPECT_THAT(refusal({udp, old, {"bom", true}}), HasSubstr("bom: has no effect"));
  EXPECT_THAT(refusal({udp, {"payload", "format"}, {"message", "x"}}),
              HasSubstr("message: has no effect"));
  FakeConfig resends({udp});
  resends.bytes("resend", 0);
  EXPECT_THAT(refusal(resends), HasSubstr("resend: has no effect"));
  FakeConfig dead({udp});
  dead.duration("dead_after", std::chrono::seconds(7));
  EXPECT_THAT(refusal(dead), HasSubstr("dead_after: has no effect"));
  EXPECT_EQ(refusal({udp, {"sd_id", "fields@32473"}, {"tls_min", "1.2"}}), "");
}

TEST(SyslogOptions, SizesHaveARange) {
  FakeConfig much({{"servers[0]", "tcp://h"}});
  much.bytes("resend", 64 * 1024 * 1024 + 1);
  EXPECT_THAT(refusal(much), HasSubstr("resend: 67108865 bytes are not 0 .. 64MiB"));
  FakeConfig long_one({{"servers[0]", "tcp://h"}});
  long_one.bytes("max_message", 1024 * 1024);
  EXPECT_EQ(refusal(long_one), "");
  // What can never be sent is refused here, and not event by event.
  FakeConfig over_udp({{"servers[0]", "udp://h"}});
  over_udp.bytes("max_message", 65'508);
  EXPECT_THAT(refusal(over_udp), HasSubstr("max_message: 65508 bytes are not 1KiB .. 65507B"));
}

TEST(SyslogOptions, ThePidStandsInTemplates) {
  const FakeConfig config({{"servers[0]", "udp://h"}, {"procid", "a{pid}b{{pid}}"}});
  EXPECT_EQ(read_options(config.config()).format.procid,
            "a" + std::to_string(::getpid()) + "b{{pid}}");
}

}  // namespace
}  // namespace penstock::syslog
