// SPDX-License-Identifier: Apache-2.0
// Which addresses a webhook goes to, whatever they are written like.
#include "sinks/webhook_address.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

bool is_public_text(const char* text) {
  sockaddr_in6 ip6{};
  ip6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text, &ip6.sin6_addr) == 1) {
    return is_public(reinterpret_cast<const sockaddr*>(&ip6), sizeof ip6);
  }
  sockaddr_in ip4{};
  ip4.sin_family = AF_INET;
  EXPECT_EQ(::inet_pton(AF_INET, text, &ip4.sin_addr), 1) << text;
  return is_public(reinterpret_cast<const sockaddr*>(&ip4), sizeof ip4);
}

TEST(WebhookAddress, IsNotPublicInAnySpecialBlockOrAtItsEdges) {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.100.100.200",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "168.63.129.16",
                           "169.254.0.0",
                           "169.254.169.254",
                           "169.254.170.2",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.0.192",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::127.0.0.1",
                           "::8.8.8.8",
                           "::ffff:127.0.0.1",
                           "::ffff:8.8.8.8",
                           "::ffff:0:127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b::808:808",
                           "64:ff9b:1::7f00:1",
                           "100::1",
                           "2001::1",
                           "2001:0:4136::1",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:c0a8:1::1",
                           "2002:808:808::1",
                           "3fff::1",
                           "5f00::1",
                           "fc00::1",
                           "fd00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ff0e::1",
                           "2a00::5efe:7f00:1",
                           "2a00::200:5efe:a00:1",
                           "4000::1",
                           "1fff::1"}) {
    EXPECT_FALSE(is_public_text(text)) << text;
  }
}

TEST(WebhookAddress, IsPublicNextToTheSpecialBlocks) {
  for (const char* text :
       {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",      "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "168.63.129.15", "168.63.129.17",   "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",  "172.32.0.0",    "191.255.255.255", "192.0.1.0",
        "192.0.3.0",       "192.167.0.0",     "192.169.0.0",   "198.17.0.0",      "198.20.0.0",
        "198.51.99.255",   "203.0.112.255",   "203.0.114.0",   "223.255.255.255", "8.8.8.8",
        "2001:200::1",     "2001:4860::8888", "2001:db9::1",   "2003::1",         "2606:4700::1111",
        "2a00:1450::200e", "3ffe::1"}) {
    EXPECT_TRUE(is_public_text(text)) << text;
  }
}

TEST(WebhookAddress, IsNotPublicWhenItIsOfAnotherKindOrCutShort) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public(reinterpret_cast<const sockaddr*>(&local), sizeof local));
  sockaddr_in ip4{};
  ip4.sin_family = AF_INET;
  ip4.sin_addr.s_addr = htonl(0x08080808);
  EXPECT_TRUE(is_public(reinterpret_cast<const sockaddr*>(&ip4), sizeof ip4));
  EXPECT_FALSE(is_public(reinterpret_cast<const sockaddr*>(&ip4), sizeof ip4 - 1));
}

// The server listens on 127.0.0.1, so whatever gets past the check arrives there.
class WebhookSpelling : public WebhookTest {
 protected:
  WriteResult post(const std::string& url) {
    WebhookOptions options;
    options.url = url;
    options.allow_plain_http = true;
    options.connect_timeout = 5s;
    options.timeout = 5s;
    sink_ = webhook_sink(options)();
    const Status status = sink_->open(context_);
    if (!status.ok()) return WriteResult::fatal(status.errors().front().message);
    WriteResult result = write({"a"});
    sink_->close();
    sink_ = nullptr;
    return result;
  }
};

TEST_F(WebhookSpelling, OfAPrivateAddressMakesNoDifference) {
  const HttpServer server;
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "127.0.1",
                           "0",
                           "0.0.0.0",
                           "00",
                           "2130706433",
                           "017700000001",
                           "0x7f000001",
                           "0x7F.0.0.1",
                           "0x7f.1",
                           "0177.0.0.1",
                           "0177.0.0.01",
                           "127.0.0.1.",
                           "127.255.255.254",
                           "localhost",
                           "LOCALHOST",
                           "localhost.",
                           "LocalHost.",
                           "sub.localhost",
                           "[::1]",
                           "[::]",
                           "[0:0:0:0:0:0:0:1]",
                           "[::0001]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[::7f00:1]",
                           "[64:ff9b::7f00:1]",
                           "[64:ff9b:1::7f00:1]",
                           "[2002:7f00:1::]",
                           "[2001::1]",
                           "[fe80::1]",
                           "[fe80::1%25lo]",
                           "[fd00::1]",
                           "[fc00::1]",
                           "[fec0::1]",
                           "[ff02::1]",
                           "[fd00:ec2::254]",
                           "169.254.169.254",
                           "2852039166",
                           "0xA9FEA9FE",
                           "0251.0376.0251.0376",
                           "10.0.0.1",
                           "10.1",
                           "192.168.1.1",
                           "172.16.0.1",
                           "100.64.0.1",
                           "100.100.100.200",
                           "192.0.0.192",
                           "168.63.129.16",
                           "224.0.0.1",
                           "255.255.255.255",
                           "240.0.0.1",
                           "198.18.0.1",
                           "192.0.2.1",
                           "%31%32%37.0.0.1",
                           "127%2e0%2e0%2e1",
                           "\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1"}) {
    const WriteResult result = post(server.url("/hook", host));
    EXPECT_NE(result.kind(), WriteResult::Kind::ok) << host;
    // Either it is an address, which is refused; or no name and no URL at all.
    const bool known = result.reason().find(
                           "is not a public address, and 'allow_private' is not "
                           "set") != std::string::npos ||
                       result.reason().find("Could not resolve host") != std::string::npos ||
                       result.reason().find("not ASCII") != std::string::npos ||
                       result.reason().find("is no URL") != std::string::npos ||
                       result.reason().find("bad/illegal format") != std::string::npos;
    EXPECT_TRUE(known) << host << ": " << result.reason();
  }
  EXPECT_EQ(server.connections(), 0U);
}

// Of this machine, as its resolver knows them; what they are differs from machine to machine.
TEST_F(WebhookSpelling, NamesAreJudgedByWhatTheyLeadTo) {
  const HttpServer server;
  char own_name[256] = {};
  ::gethostname(own_name, sizeof own_name - 1);
  for (const std::string& name : {std::string("localhost"), std::string("ip6-localhost"),
                                  std::string("ip6-loopback"), std::string(own_name)}) {
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, nullptr, &found) != 0) continue;
    bool any_public = false;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      any_public = any_public || is_public(one->ai_addr, one->ai_addrlen);
    }
    ::freeaddrinfo(found);
    if (any_public) continue;
    const WriteResult result = post(server.url("/hook", name));
    EXPECT_EQ(result.kind(), WriteResult::Kind::retry) << name;
    EXPECT_NE(result.reason().find("is not a public address"), std::string::npos)
        << result.reason();
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(WebhookSpelling, RefusalIsTriedAgainAndReported) {
  const HttpServer server;
  const WriteResult result = post(server.url());
  EXPECT_EQ(result.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(context_.problem(), fmt::format("http://127.0.0.1:{}: 127.0.0.1 is not a public "
                                            "address, and 'allow_private' is not set",
                                            server.port()));
}

TEST_F(WebhookSpelling, HidesNoPrivateAddressBehindAProxy) {
  const HttpServer proxy;
  WebhookOptions options;
  options.allow_plain_http = true;
  options.proxy = proxy.url("");
  for (const char* host : {"127.0.0.1", "0x7f.1", "[::1]", "localhost", "a.LocalHost.", "10.0.0.1.",
                           "169.254.169.254"}) {
    options.url = "http://" + std::string(host) + "/hook";
    const Errors errors = validate(options);
    ASSERT_EQ(errors.size(), 1U) << host;
    EXPECT_NE(errors[0].message.find("which is not public"), std::string::npos);
  }
}

TEST_F(WebhookSpelling, AllowPrivateLetsPlainHttpToPrivateAddressesOnly) {
  const HttpServer server;
  open(to(server.url("/hook", "localhost")));
  EXPECT_EQ(write({"a"}).kind(), WriteResult::Kind::ok);
  WebhookOptions options = to("http://8.8.8.8:1/");
  open(options);
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), WriteResult::Kind::retry);
  EXPECT_EQ(result.reason(),
            "http://8.8.8.8:1: 8.8.8.8 is a public address, and 'allow_plain_http' is not set");
}

}  // namespace
}  // namespace penstock::sinks::testing
