// SPDX-License-Identifier: Apache-2.0
//
// service.cpp: an order service with four threads, as an example of the whole interface.
//
//   service CONFIGURATION.yml [ORDERS_PER_THREAD]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <penstock/penstock.hpp>

using namespace std::chrono_literals;
using penstock::field;

namespace {

constexpr const char* venues[] = {"XETR", "XLON", "XPAR", "XNYS"};

// One thread of the service. A logger is a cheap value: each thread has its own copies.
void trade(const penstock::Logger& log, std::uint64_t desk, std::uint64_t orders) {
  // What is the same for all events of a thread is captured once.
  const penstock::Logger book = log.with(field("desk", desk));
  // For one sink only; but the configuration has a trigger that brings what is tagged `security` to
  // the security log as well. Another trigger waits for events of the name `venue_down`.
  const penstock::Logger audit = book.to({"json_file"}).tag("security");
  const penstock::Logger venue_down = book.event("venue_down");

  for (std::uint64_t i = 0; i < orders; ++i) {
    const std::uint64_t order = desk * 1'000'000 + i;
    const double price = 100 + 0.25 * static_cast<double>(order % 400);
    // The format string is checked when this is compiled; the message is made later, by the sinks'
    // threads. Here only the arguments are copied: some nanoseconds, no lock, no system call.
    book.info("order {} filled at {:.2f}", order, price);
    book.debug("order {} has left the book", order);  // below the level: a load and a branch

    if (i == orders / 2) {
      // All that is logged through `request` belongs to this one request.
      const penstock::Logger request = book.with(field("request_id", order));
      request.warning("slow venue", field("venue", venues[desk]), field("ms", 12.5));
      request.info("answered after {} tries", 3);
    }
  }
  audit.warning("login of {} refused", "guest", field("source", "192.0.2.7"));
  if (desk == 3) venue_down.info("no heartbeat", field("venue", venues[desk]));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CONFIGURATION.yml [ORDERS_PER_THREAD]\n", argv[0]);
    return 2;
  }
  const std::uint64_t orders = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000;

  // The configuration is checked in full, and the sinks are opened, before anything runs.
  auto pipeline = penstock::Pipeline::from_yaml_file(argv[1]);
  if (!pipeline) {
    std::fputs(penstock::to_string(pipeline.errors()).c_str(), stderr);
    return 2;
  }
  const penstock::Logger log = pipeline->logger("orders.book");

  std::vector<std::thread> desks;
  for (std::uint64_t desk = 0; desk < 4; ++desk) {
    desks.emplace_back([&log, desk, orders] { trade(log, desk, orders); });
  }
  for (std::thread& desk : desks) desk.join();

  // Levels can change while the service runs: for one logger, and all below it.
  pipeline->set_level("orders", penstock::Level::error);
  log.info("this is below the level now, and goes nowhere");
  pipeline->set_level("orders", std::nullopt);
  log.info("and this is taken again");

  // Both wait, but not forever, and say what they could not do.
  if (!pipeline->flush(5s)) std::fputs("some sink is slow\n", stderr);
  const penstock::StopReport report = pipeline->stop(5s);
  for (const penstock::SinkStats& sink : report.stats.sinks) {
    std::printf("  %-12s %8lld delivered  %8lld filtered  %4lld dropped\n", sink.name.c_str(),
                static_cast<long long>(sink.delivered), static_cast<long long>(sink.filtered),
                static_cast<long long>(sink.dropped_total()));
  }
  return report.complete && report.stats.all_delivered() ? 0 : 1;
}
