// SPDX-License-Identifier: Apache-2.0
// Servers that hang, break off and babble, and stopping in the midst of it.
#include <arpa/inet.h>
#include <dirent.h>
#include <memory>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "webhook_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

using Kind = WriteResult::Kind;
using Manner = HttpReply::Manner;
using penstock::test::Clock;
using penstock::test::eventually;

class WebhookFaults : public WebhookTest {
 protected:
  static WebhookOptions hasty(const std::string& url) {
    WebhookOptions options = to(url);
    options.timeout = 100ms;
    return options;
  }

  HttpServer server_{};
};

// The thread of this process that has the name, as /proc/self/task/N.
std::string thread_named(const std::string& name) {
  std::string found;
  DIR* const tasks = ::opendir("/proc/self/task");
  while (const dirent* task = ::readdir(tasks)) {
    const std::string path = std::string("/proc/self/task/") + task->d_name;
    try {
      if (read_file(path + "/comm") == name + "\n") found = path;
    } catch (const std::exception&) {
      continue;  // it has ended meanwhile
    }
  }
  ::closedir(tasks);
  return found;
}

TEST_F(WebhookFaults, EndAHalfOpenConnectionByTimeoutAndTryAgain) {
  open(hasty(server_.url()));
  server_.script({{.manner = Manner::silent}});
  const auto before = Clock::now();
  const WriteResult result = write({"a"});
  EXPECT_EQ(result.kind(), Kind::retry);
  EXPECT_GE(Clock::now() - before, 100ms);
  EXPECT_NE(result.reason().find("timed out"), std::string::npos) << result.reason();
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
}

TEST_F(WebhookFaults, EndAConnectionThatIsNeverAcceptedByTimeout) {
  // A listener whose queue is full: the kernel answers no further SYN.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  WebhookOptions options = to(fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port)));
  options.connect_timeout = 100ms;
  open(options);
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  for (const int fd : fillers) ::close(fd);
  ::close(listener);
}

TEST_F(WebhookFaults, TakeAnAnswerThatComesByteByByte) {
  open(to(server_.url()));
  server_.script({{.status = 200, .body = "thank you", .manner = Manner::one_by_one},
                  {.status = 429, .headers = {"Retry-After: 5"}, .manner = Manner::one_by_one}});
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(write({"a"}).after(), 5s);
  EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(WebhookFaults, EndAnAnswerThatDribblesWithoutEnd) {
  open(hasty(server_.url()));
  server_.script(
      {{.status = 200, .manner = Manner::dribble}, {.status = 400, .manner = Manner::dribble}});
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_EQ(write({"a"}).kind(), Kind::reject);  // that much is known
}

TEST_F(WebhookFaults, TryAgainAfterAResetInTheMiddleOfTheBody) {
  open(to(server_.url()));
  server_.script({{.status = 200, .body = std::string(1000, 'x'), .manner = Manner::reset},
                  {.manner = Manner::close}});
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
}

TEST_F(WebhookFaults, ReadNoMoreThan64KiBOfAnAnswerAndBelieveItsStatus) {
  open(to(server_.url()));
  server_.script({{.status = 200, .body = std::string(64 * 1024, 'x')},
                  {.status = 200, .body = std::string(50'000'000, 'x')},
                  {.status = 503, .headers = {"Retry-After: 3"}, .body = std::string(70'000, 'x')},
                  {.status = 400, .body = std::string(70'000, 'x')}});
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  EXPECT_EQ(server_.connections(), 1U);  // the first answer fitted
  const WriteResult busy = write({"a"});
  EXPECT_EQ(busy.kind(), Kind::retry);
  EXPECT_EQ(busy.after(), 3s);
  EXPECT_EQ(write({"a"}).kind(), Kind::reject);
}

TEST_F(WebhookFaults, TryAgainWhenNobodyListensAndWhenThereIsNoSuchHost) {
  open(to(server_.url()));
  server_.stop();
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  open(to("http://no-such-host.invalid/"));
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
}

TEST_F(WebhookFaults, CloseIsQuickWhileARequestHangs) {
  open(to(server_.url()));
  server_.script({{.manner = Manner::silent}, {.manner = Manner::dribble}});
  const WebhookBatch a({"a"});
  const WebhookBatch b({"b"});
  EXPECT_EQ(sink_->write(a.batch()).kind(), Kind::pending);
  EXPECT_EQ(sink_->write(b.batch()).kind(), Kind::pending);
  ASSERT_TRUE(server_.wait_for_requests(2));
  const auto before = Clock::now();
  sink_->close();
  EXPECT_LT(Clock::now() - before, 100ms);
  // They come again: whoever waits for an answer has one.
  EXPECT_TRUE(context_.is_settled(a.token()));
  EXPECT_TRUE(context_.is_settled(b.token()));
  ASSERT_TRUE(sink_->open(context_).ok());
  EXPECT_EQ(write({"c"}).kind(), Kind::ok);
}

TEST_F(WebhookFaults, CloseIsQuickWhileAConnectionOrANameHangs) {
  open(to("http://no-such-host.invalid/"));
  const WebhookBatch a({"a"});
  EXPECT_EQ(sink_->write(a.batch()).kind(), Kind::pending);
  const auto before = Clock::now();
  sink_->close();
  EXPECT_LT(Clock::now() - before, 100ms);
  WebhookOptions options = to("https://192.0.2.1/");  // nobody is there
  open(options);
  const WebhookBatch b({"b"});
  EXPECT_EQ(sink_->write(b.batch()).kind(), Kind::pending);
  const auto again = Clock::now();
  sink_->close();
  EXPECT_LT(Clock::now() - again, 100ms);
}

TEST_F(WebhookFaults, CloseTakesBatchesThatWereNotBegunAsWell) {
  for (int i = 0; i < 50; ++i) {
    open(to(server_.url()));
    std::vector<std::unique_ptr<WebhookBatch>> batches;
    for (int j = 0; j < i; ++j) {
      batches.push_back(std::make_unique<WebhookBatch>(std::vector<std::string>{"a", "b"}));
      EXPECT_EQ(sink_->write(batches.back()->batch()).kind(), Kind::pending);
    }
    sink_->close();
    // here the batches' memory goes
  }
}

TEST_F(WebhookFaults, OutliveAContextThatThrows) {
  open(to(server_.url()));
  context_.failures = 1;
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  context_.fails_to_report = true;
  server_.script({{.status = 401}});
  EXPECT_EQ(write({"a"}).kind(), Kind::retry);
  const WebhookBatch wrong = WebhookBatch::of_lines({"no JSON"});
  EXPECT_EQ(write(wrong).kind(), Kind::retry);
  context_.failures = 2;  // no answer at all
  const WebhookBatch lost({"a"});
  EXPECT_EQ(sink_->write(lost.batch()).kind(), Kind::pending);
  EXPECT_TRUE(eventually([&] { return context_.failures == 0; }));
  EXPECT_EQ(write({"b"}).kind(), Kind::ok);
}

TEST_F(WebhookFaults, HaveOneThreadWithANameAndNoSignals) {
  open(to(server_.url()));
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  const std::string thread = thread_named("ps:a_long_si:io");
  ASSERT_FALSE(thread.empty());
  const std::string status = read_file(thread + "/status");
  const std::size_t at = status.find("SigBlk:\t");
  const std::uint64_t blocked = std::stoull(status.substr(at + 8, 16), nullptr, 16);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGALRM, SIGUSR1}) {
    EXPECT_NE(blocked & (std::uint64_t{1} << (signal - 1)), 0U) << signal;
  }
  sink_->close();
  EXPECT_TRUE(thread_named("ps:a_long_si:io").empty());
}

TEST_F(WebhookFaults, RaiseNoSigpipeInAnyThread) {
  static volatile sig_atomic_t raised = 0;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { raised = 1; };
  ::sigaction(SIGPIPE, &action, &before);
  open(to(server_.url()));
  const std::vector<std::string> much(20'000, std::string(100, 'x'));
  server_.otherwise([](const HttpRequest&) { return HttpReply{.manner = Manner::close}; });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(write(much).kind(), Kind::retry);
  server_.otherwise({});
  EXPECT_EQ(write({"a"}).kind(), Kind::ok);
  server_.stop();
  sink_->close();
  ::sigaction(SIGPIPE, &before, nullptr);
  EXPECT_EQ(raised, 0);
}

}  // namespace
}  // namespace penstock::sinks::testing
