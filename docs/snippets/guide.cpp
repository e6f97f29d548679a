// SPDX-License-Identifier: Apache-2.0
//
// guide.cpp: the code of docs/LOGGING_GUIDE.md. It is a program that runs, too: `snippet_guide
// FOLDER`.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <penstock/penstock.hpp>
#include <penstock/sinks.hpp>
#include <penstock/testing.hpp>

using namespace std::chrono_literals;

// [user_type]
struct Money {
  std::int64_t cents;
};

template <>
struct fmt::formatter<Money> : fmt::formatter<double> {
  auto format(Money money, fmt::format_context& context) const {
    return fmt::formatter<double>::format(static_cast<double>(money.cents) / 100, context);
  }
};
// [/user_type]

struct Point {
  std::int32_t x;
  std::int32_t y;
};

template <>
struct fmt::formatter<Point> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(Point point, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "({}, {})", point.x, point.y);
  }
};
// [deferred_copy]
// Its bytes are copied into the event; the sink's thread formats them.
template <>
inline constexpr bool penstock::deferred_copy<Point> = true;
// [/deferred_copy]

namespace {

// [from_options]
penstock::Result<penstock::Pipeline> start(const std::string& folder) {
  penstock::SinkOptions console;
  console.name = "console";
  console.make = penstock::console_sink({.stream = penstock::ConsoleStream::standard_error});
  console.level = penstock::Level::warning;

  penstock::SinkOptions file;
  file.name = "app_log";
  file.make = penstock::file_sink({.path = folder + "/app.log", .backup_count = 3});
  file.when_full = penstock::WhenFull::drop_oldest;
  file.batch.linger = 20ms;

  penstock::PipelineOptions options;
  options.default_level = penstock::Level::debug;
  options.sinks = {console, file};
  return penstock::Pipeline::start(std::move(options));
}
// [/from_options]

void levels(penstock::Pipeline& pipeline) {
  // [levels]
  auto book = pipeline.logger("orders.book");
  pipeline.set_level("orders", penstock::Level::warning);  // and all below "orders."
  pipeline.set_level("orders.book", penstock::Level::debug);
  book.debug("taken: the longest name wins");
  pipeline.set_level("orders.book", std::nullopt);  // the rule is gone
  if (book.enabled(penstock::Level::debug)) book.debug("not reached: 'orders' says WARNING");
  // [/levels]
}

void messages(const penstock::Logger& log) {
  // [messages]
  log.info("order {} filled at {:.2f}", 7, 12.5);
  log.info("{0} of {1}, {0:>8}", 3, 4);
  log.error("cannot reach {}: {}", std::string("venue-3"), std::string_view("timed out"));
  log.info("no arguments, {{braces}}");
  log.info("paid {:.2f}", Money{1999});  // formatted here, by its formatter
  log.info("moved to {}", Point{3, 4});  // copied here, formatted later
  // [/messages]
}

void fields(const penstock::Logger& log, const std::string& key_from_outside) {
  // [fields]
  log.warning("slow venue", penstock::field("venue", "XETRA"), penstock::field("ms", 12.5),
              penstock::field("retries", 3), penstock::field("open", true));
  log.info("tick", penstock::field(penstock::text_key(key_from_outside), 1));
  // [/fields]
}

void context(const penstock::Logger& log, const penstock::TraceContext& trace) {
  // [context]
  const penstock::Logger request = log.with(penstock::field("request_id", 4711)).with(trace);
  request.info("begin");  // both carry request_id and the trace
  request.info("end");
  // [/context]
}

void routing(const penstock::Logger& log) {
  // [routing]
  const penstock::Logger audit = log.to({"audit_log"}).tag("security");  // kept: it allocates
  audit.info("login of {}", "alice");
  log.event("user_login_failed").info("for {}", "mallory");  // what triggers look for
  // [/routing]
}

void account(penstock::Pipeline& pipeline) {
  // [account]
  const penstock::PipelineStats stats = pipeline.stats();
  for (const penstock::SinkStats& sink : stats.sinks) {
    fmt::print(stderr, "{}: {} delivered, {} filtered, {} dropped, {} wait\n", sink.name,
               sink.delivered, sink.filtered, sink.dropped_total(), sink.in_queue + sink.in_flight);
  }
  // [/account]
}

void end(penstock::Pipeline& pipeline) {
  // [stop]
  if (!pipeline.flush(2s)) {
    // some sink is slow; everything goes on
  }
  const penstock::StopReport report = pipeline.stop(5s);
  if (!report.complete) fmt::print(stderr, "{}", "some events were not delivered in time\n");
  // [/stop]
}

void reopen(penstock::Pipeline& pipeline) {
  // [control]
  pipeline.control(penstock::SinkControl::reopen);             // every sink
  pipeline.control(penstock::SinkControl::rotate, "app_log");  // a new file, now
  // [/control]
}

void submit(penstock::Pipeline& pipeline, std::string_view line) {
  // [submit]
  const penstock::FieldView fields[] = {{"source", std::string_view("meter-7")},
                                        {"watts", std::int64_t{230}}};
  penstock::EventInput event;
  event.level = penstock::Level::info;
  event.message = line;  // as it is; not a format string
  event.fields = fields;
  if (!pipeline.submit(event)) {
    // the pipeline has been stopped, or there was no memory: counted
  }
  // [/submit]
}

// [own_sink]
class LineCounter final : public penstock::Sink {
 public:
  Needs needs() const noexcept override { return {.events = true, .encoded = false}; }
  penstock::Status open(penstock::SinkContext&) override { return {}; }
  penstock::WriteResult write(const penstock::Batch& batch) override {
    lines_ += batch.size();
    return penstock::WriteResult::ok();
  }

 private:
  std::size_t lines_ = 0;  // only this sink's thread is ever here
};
// [/own_sink]

// [testing]
bool fill_order(const penstock::Logger& log) {
  log.info("order {} filled", 7, penstock::field("venue", "XETRA"));
  return true;
}

bool test_fill_order() {
  penstock::testing::MemorySink seen;
  auto pipeline = penstock::Pipeline::start({.sinks = {seen.options("memory")}});
  if (!pipeline || !fill_order(pipeline->logger("orders"))) return false;
  pipeline->flush(1s);
  const auto events = seen.events();
  return events.size() == 1 && events[0].message == "order 7 filled" &&
         events[0].level == penstock::Level::info && events[0].logger == "orders" &&
         *events[0].field("venue") == penstock::testing::OwnedValue("XETRA");
}
// [/testing]

// [fork]
pid_t start_child(const std::string& folder) {
  const pid_t child = fork();
  if (child == 0) {
    // The parent's pipeline is inert here. A child that logs makes its own.
    auto own = start(folder + "/child");
    if (own) {
      own->logger("child").info("hello");
      own->stop(1s);
    }
    _exit(0);
  }
  return child;
}
// [/fork]

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  auto pipeline = start(folder);
  if (!pipeline) {
    std::fputs(penstock::to_string(pipeline.errors()).c_str(), stderr);
    return 2;
  }
  const penstock::Logger log = pipeline->logger("guide");
  messages(log);
  fields(log, "key");
  context(log, {});
  routing(log);
  submit(*pipeline, "a line");
  levels(*pipeline);
  reopen(*pipeline);
  waitpid(start_child(folder), nullptr, 0);
  end(*pipeline);
  account(*pipeline);

  penstock::SinkOptions counter;
  counter.name = "lines";
  counter.make = [] { return std::make_unique<LineCounter>(); };
  auto counting = penstock::Pipeline::start({.sinks = {counter}});
  if (!counting) return 2;
  counting->logger("guide").info("counted");
  return test_fill_order() && counting->stop(1s).stats.all_delivered() ? 0 : 1;
}
