// SPDX-License-Identifier: Apache-2.0
// Boost.Log, asynchronous: a text file behind a queue of 8192 events, waiting when it is full.
#if defined(PENSTOCK_BENCH_BOOST_LOG)

#include <boost/log/attributes/clock.hpp>
#include <boost/log/attributes/current_thread_id.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/block_on_overflow.hpp>
#include <boost/log/sinks/bounded_fifo_queue.hpp>
#include <boost/log/sinks/text_file_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/support/date_time.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/make_shared.hpp>

#include "peers/peer.hpp"
#include "support/latency.hpp"

namespace penstock::bench {
namespace {

namespace logging = boost::log;
namespace expressions = boost::log::expressions;
using Severity = logging::trivial::severity_level;
using Queue = logging::sinks::bounded_fifo_queue<8192, logging::sinks::block_on_overflow>;
using Sink = logging::sinks::asynchronous_sink<logging::sinks::text_file_backend, Queue>;
using Source = logging::sources::severity_channel_logger_mt<Severity, std::string>;

constexpr const char* this_file = "boost_log_peer.cpp";

#define PENSTOCK_BENCH_BOOST_LOG_INFO(source)   \
  BOOST_LOG_SEV(source, logging::trivial::info) \
      << logging::add_value("File", this_file) << logging::add_value("Line", __LINE__)

boost::shared_ptr<Sink> start(const std::string& path) {
  const auto core = logging::core::get();
  core->add_global_attribute("TimeStamp", logging::attributes::utc_clock());
  core->add_global_attribute("ThreadID", logging::attributes::current_thread_id());
  auto backend = boost::make_shared<logging::sinks::text_file_backend>();
  backend->set_file_name_pattern(path);
  backend->auto_flush(false);
  auto sink = boost::make_shared<Sink>(backend);
  sink->set_formatter(expressions::stream
                      << expressions::format_date_time<boost::posix_time::ptime>(
                             "TimeStamp", "%Y-%m-%dT%H:%M:%S.%fZ")
                      << " ["
                      << expressions::attr<logging::attributes::current_thread_id::value_type>(
                             "ThreadID")
                      << "] " << expressions::attr<Severity>("Severity") << ' '
                      << expressions::attr<std::string>("Channel") << ' '
                      << expressions::attr<std::string>("File") << ':'
                      << expressions::attr<int>("Line") << ' ' << expressions::smessage);
  core->add_sink(sink);
  return sink;
}

void stop(boost::shared_ptr<Sink>& sink) {
  logging::core::get()->remove_sink(sink);
  sink->stop();
  sink->flush();
  sink.reset();  // closes the file
}

Stopwatch::Spent deliver(const std::string& path, std::size_t threads, std::uint64_t events) {
  auto sink = start(path);
  Source source(logging::keywords::channel = "orders");
  const Stopwatch watch;
  log_from_threads(threads, events, [&](std::uint64_t k) {
    PENSTOCK_BENCH_BOOST_LOG_INFO(source) << "Logging iteration: " << k << ", message: " << k + 1
                                          << ", double: " << 1.1 * static_cast<double>(k);
  });
  stop(sink);
  return watch.spent();
}

class Caller final : public PeerCaller {
 public:
  explicit Caller(const std::string& path) : sink_(start(path)) {}
  ~Caller() override { stop(sink_); }
  Figures measure(std::size_t bursts) override {
    return measure_bursts(bursts, [this](std::uint64_t k, std::uint64_t i, double d) {
      PENSTOCK_BENCH_BOOST_LOG_INFO(source_)
          << "Logging iteration: " << k << ", message: " << i << ", double: " << d;
    });
  }

 private:
  boost::shared_ptr<Sink> sink_;
  Source source_{logging::keywords::channel = "orders"};
};

}  // namespace

Peer boost_log_peer() {
  return {.name = "BoostLog",
          .deliver = deliver,
          .caller = [](const std::string& path) { return std::make_unique<Caller>(path); },
          .events = 200'000};
}

}  // namespace penstock::bench

#endif
