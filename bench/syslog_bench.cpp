// SPDX-License-Identifier: Apache-2.0
// What does the plugin syslog cost beside the system calls? The sink, which formats each event,
// against a loop that sends the same bytes, which it has ready, with the same calls: one sendmsg()
// for a batch of 1,000 messages, or sendmmsg() of 500. The receiver reads and throws away.
#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/plugin/testing.hpp"
#include "support/comparison.hpp"
#include "support/cpu.hpp"
#include "syslog_sink.hpp"

namespace {

using namespace penstock;
using namespace penstock::syslog;
using bench::Figures;
using penstock::testing::FakeConfig;
using penstock::testing::OwnedBatch;
using penstock::testing::OwnedEvent;

constexpr int usual_rounds = 15;
constexpr std::size_t events_in_a_batch = 1000;
constexpr std::size_t batches = 500;
constexpr std::size_t most_in_a_call = 500;

// Reads what comes at one address, in a thread.
class Receiver {
 public:
  explicit Receiver(int type) : socket_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)), type_(type) {
    constexpr int buffer = 4 << 20;
    if (type == SOCK_DGRAM) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
      throw std::runtime_error("no port");
    }
    if (type == SOCK_STREAM) ::listen(socket_.get(), 4);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { read_all(); });
  }
  ~Receiver() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const {
    return (type_ == SOCK_STREAM ? "tcp://127.0.0.1:" : "udp://127.0.0.1:") + port_;
  }

 private:
  void read_all() const {
    std::vector<char> buffer(256 * 1024);
    if (type_ == SOCK_DGRAM) {
      while (::recv(socket_.get(), buffer.data(), buffer.size(), 0) > 0) {
      }
      return;
    }
    for (;;) {
      const Socket peer(::accept(socket_.get(), nullptr, nullptr));
      if (!peer) return;
      while (::recv(peer.get(), buffer.data(), buffer.size(), 0) > 0) {
      }
    }
  }

  Socket socket_;
  int type_;
  std::string port_{};
  std::thread thread_{};
};

std::vector<OwnedEvent> some_events() {
  std::vector<OwnedEvent> events;
  for (std::size_t i = 0; i < events_in_a_batch; ++i) {
    events.push_back({.time_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(i) * 1000,
                      .logger = "orders.book",
                      .message = std::string(100, 'x') + std::to_string(i),
                      .event = "accepted",
                      .fields = {{"venue", "XETR"}, {"quantity", std::int64_t{100}}}});
  }
  return events;
}

// Counts answers.
class Context final : public SinkContext {
 public:
  std::string_view sink_name() const noexcept override { return "bench"; }
  std::int64_t now_ns() const noexcept override { return 0; }
  std::uint32_t max_in_flight() const noexcept override { return 16; }
  void settle(std::uint64_t, WriteResult result) override {
    const std::lock_guard lock(mutex_);
    if (result.kind() != WriteResult::Kind::ok) problem_ = "not ok: " + result.reason();
    ++answers_;
    changed_.notify_one();
  }
  // Until no more than `most` of `offers` have no answer.
  void wait(std::size_t offers, std::size_t most) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return offers - answers_ <= most; });
    if (!problem_.empty()) throw std::runtime_error(problem_);
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t answers_ = 0;
  std::string problem_{};
};

Figures figures(const bench::Stopwatch& watch) {
  const auto spent = watch.spent();
  constexpr auto count = static_cast<double>(events_in_a_batch * batches);
  return {{"ns_per_event", spent.wall_ns / count},
          {"events_per_second", count / spent.wall_ns * 1e9},
          {"cpu_ns_per_event", spent.cpu_ns / count}};
}

Figures by_sink(int type) {
  const Receiver receiver(type);
  const FakeConfig config({{"servers[0]", receiver.url()}, {"hostname", "alpha"}});
  SyslogSink sink(config.config());
  Context context;
  if (!sink.open(context).ok()) throw std::runtime_error("it does not open");
  OwnedBatch batch(some_events());
  std::size_t pending = 0;
  const bench::Stopwatch watch;
  for (std::size_t i = 0; i < batches; ++i) {
    batch.parts().id = batch.parts().token = i + 1;
    const WriteResult result = sink.write(batch.view());
    if (result.kind() == WriteResult::Kind::ok) continue;
    if (result.kind() != WriteResult::Kind::pending) throw std::runtime_error(result.reason());
    context.wait(++pending, 15);
  }
  context.wait(pending, 0);
  Figures result = figures(watch);
  sink.close();
  return result;
}

void send_stream(const Socket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    iovec piece{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    const ssize_t sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      wait_for(socket.get(), POLLOUT, {.deadline = Clock::now() + std::chrono::seconds(30)});
    } else {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
}

void send_datagrams(const Socket& socket, const Encoded& encoded) {
  std::array<mmsghdr, most_in_a_call> messages{};
  std::array<iovec, most_in_a_call> texts{};
  for (std::size_t from = 0; from < encoded.frames.size();) {
    const std::size_t count = std::min(most_in_a_call, encoded.frames.size() - from);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view text = encoded.text(from + i);
      texts[i] = {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
      messages[i].msg_hdr.msg_iov = &texts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(socket.get(), messages.data(), static_cast<unsigned>(count),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      from += static_cast<std::size_t>(sent);
    } else {
      wait_for(socket.get(), POLLOUT, {.deadline = Clock::now() + std::chrono::seconds(30)});
    }
  }
}

Figures bare(int type) {
  const Receiver receiver(type);
  Format format;
  format.framing = type == SOCK_STREAM ? Framing::octet_counting : Framing::none;
  format.hostname = "alpha";
  format.procid = "12345";
  Formatter formatter(format);
  Encoded encoded;
  const OwnedBatch batch(some_events());
  for (const EventView& event : batch.view().events()) formatter.add(encoded, event);
  auto socket = connect_to(parse_server(receiver.url()),
                           {.deadline = Clock::now() + std::chrono::seconds(5)});
  if (!socket) throw std::runtime_error("it does not connect");
  const bench::Stopwatch watch;
  for (std::size_t i = 0; i < batches; ++i) {
    if (type == SOCK_STREAM) {
      send_stream(*socket, encoded.bytes.view());
    } else {
      send_datagrams(*socket, encoded);
    }
  }
  return figures(watch);
}

// What the formatting alone takes.
Figures formatting() {
  Format format;
  format.hostname = "alpha";
  format.procid = "12345";
  Formatter formatter(format);
  Encoded encoded;
  const OwnedBatch batch(some_events());
  const bench::Stopwatch watch;
  for (std::size_t i = 0; i < batches; ++i) {
    encoded.clear();
    for (const EventView& event : batch.view().events()) formatter.add(encoded, event);
    benchmark::DoNotOptimize(encoded.bytes.data());
  }
  return figures(watch);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Comparison syslog(usual_rounds);
  for (const auto& [name, type] : {std::pair{"tcp", SOCK_STREAM}, std::pair{"udp", SOCK_DGRAM}}) {
    const std::string floor = std::string("BM_Syslog_Bare/transport/") + name;
    syslog.add({.name = floor, .measure = [type = type] { return bare(type); }});
    syslog.add({.name = std::string("BM_Syslog_Sink/transport/") + name,
                .measure = [type = type] { return by_sink(type); },
                .baseline = floor,
                .ratios = {"ns_per_event", "cpu_ns_per_event"}});
  }
  syslog.add({.name = "BM_Syslog_Format", .measure = formatting});
  syslog.register_all();
  return bench::run_benchmarks(argc, argv);
}
