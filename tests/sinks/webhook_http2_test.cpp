// SPDX-License-Identifier: Apache-2.0
// A webhook and nghttpd, a server that somebody else wrote and that speaks HTTP/2 only.
#include <arpa/inet.h>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <set>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;
using penstock::test::eventually;

std::string find_nghttpd() {
  for (const char* path : {"/usr/sbin/nghttpd", "/usr/bin/nghttpd", "/usr/local/bin/nghttpd",
                           "/usr/local/sbin/nghttpd"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// One that nobody has just now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

bool is_listening(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(fd);
  return result == 0;
}

class WebhookHttp2 : public WebhookTest {
 protected:
  void SetUp() override {
    const std::string program = find_nghttpd();
    if (program.empty()) GTEST_SKIP() << "there is no nghttpd (Debian: nghttp2-server)";
    const Identity authority = make_authority();
    const Identity good = make_identity(&authority, "localhost");
    write_file(folder_ / "ca.pem", authority.pem());
    write_file(folder_ / "server.pem", good.pem());
    write_file(folder_ / "server.key", good.key_pem());
    write_file(folder_ / "hook", "thank you");
    port_ = free_port();
    start(program);
    ASSERT_TRUE(eventually([&] { return is_listening(port_); })) << log();
  }

  void TearDown() override {
    WebhookTest::TearDown();
    if (server_ == -1) return;
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }

  void start(const std::string& program) {
    const std::string port = std::to_string(port_);
    const std::string key = folder_ / "server.key";
    const std::string certificate = folder_ / "server.pem";
    const std::string log = folder_ / "log";
    const char* const arguments[] = {
        program.c_str(),        "-v",         "-a",        "127.0.0.1",         "-d",
        folder_.path().c_str(), port.c_str(), key.c_str(), certificate.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    EXPECT_EQ(::posix_spawn(&server_, program.c_str(), &actions, nullptr,
                            const_cast<char**>(arguments), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
  }

  WebhookOptions to_server(const std::string& path = "/hook") {
    WebhookOptions options = to(fmt::format("https://localhost:{}{}", port_, path));
    options.ca_file = folder_ / "ca.pem";
    return options;
  }

  // What it has said of itself and of each frame.
  std::string log() const { return read_file(folder_ / "log"); }
  static std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  const TemporaryDirectory folder_{};
  std::uint16_t port_ = 0;
  pid_t server_ = -1;
};

TEST_F(WebhookHttp2, IsSpokenWhereItIsOffered) {
  open(to_server());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(write({"a", "b"}).kind(), Kind::ok);
  ASSERT_TRUE(eventually([&] { return count(log(), ":method: POST") == 5; })) << log();
  EXPECT_EQ(count(log(), "The negotiated protocol: h2\n"), 1U) << log();
  EXPECT_EQ(count(log(), "webhook-id: msg_"), 5U);
}

TEST_F(WebhookHttp2, SharesOneConnectionFromTheFirstRequestOn) {
  open(to_server());
  std::vector<std::unique_ptr<WebhookBatch>> batches;
  for (int i = 0; i < 8; ++i) {
    batches.push_back(std::make_unique<WebhookBatch>(std::vector<std::string>{"a"}));
    EXPECT_EQ(sink_->write(batches.back()->batch()).kind(), Kind::pending);
  }
  for (const auto& batch : batches) EXPECT_EQ(context_.wait(batch->token()).kind(), Kind::ok);
  ASSERT_TRUE(eventually([&] { return count(log(), ":method: POST") == 8; })) << log();
  EXPECT_EQ(count(log(), "The negotiated protocol: h2\n"), 1U) << log();
}

TEST_F(WebhookHttp2, HasTheSameAnswers) {
  open(to_server("/no-such-file"));
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::reject);
  EXPECT_EQ(result.reason(), fmt::format("https://localhost:{} answered 404", port_));
}

TEST_F(WebhookHttp2, LosesNothingWhenTheServerGoesAwayAndComesBack) {
  open(to_server());
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
  EXPECT_EQ(write({"b"}).kind(), Kind::retry);
  start(find_nghttpd());
  ASSERT_TRUE(eventually([&] { return is_listening(port_); })) << log();
  EXPECT_EQ(write({"b"}).kind(), Kind::ok);
}

}  // namespace
}  // namespace penstock::sinks::testing
