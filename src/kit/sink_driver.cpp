// SPDX-License-Identifier: Apache-2.0
#include "kit/sink_driver.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "penstock/event_view.hpp"
#include "plugin/abi_sizes.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

using plugin::one_line;

double seconds_of(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

constexpr const char* build_with_headers = "build it with Penstock's own headers";

std::int64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t now_ns(void*) { return clock_ns(CLOCK_REALTIME); }
void settle(void* ctx, std::uint64_t token, const penstock_answer* answer) {
  static_cast<Settlements*>(ctx)->add(token, answer);
}
void report(void*, penstock_text) {}
void measure(void*, penstock_text, double) {}

}  // namespace

std::int64_t deadline_in(std::chrono::milliseconds time) noexcept {
  return clock_ns(CLOCK_MONOTONIC) + std::chrono::nanoseconds(time).count();
}

penstock_instance* try_create(Bench& bench, const std::string& name, const penstock_config& config,
                              std::string& why, const std::string& circumstance) {
  const penstock_factory& factory = bench.factory();
  bench.at(fmt::format("create({}){}", plugin::in_quotes(name), circumstance));
  penstock_text error{};
  penstock_instance* const made = factory.create(name.c_str(), &config, &error);
  why = one_line(detail::text_of(error));
  return made;
}

std::string flaw_of_instance(const penstock_instance& instance) {
  if (instance.size < plugin::sink_bytes_min) {
    return fmt::format("its sink says that it has {} bytes; penstock_sink has {}", instance.size,
                       plugin::sink_bytes_min);
  }
  const auto& sink = reinterpret_cast<const penstock_sink&>(instance);
  if (instance.destroy == nullptr || sink.open == nullptr || sink.write == nullptr ||
      sink.flush == nullptr || sink.control == nullptr || sink.close == nullptr) {
    return "its sink lacks one of destroy, open, write, flush, control and close";
  }
  constexpr std::uint32_t known = PENSTOCK_NEEDS_EVENTS | PENSTOCK_NEEDS_ENCODED;
  if ((sink.needs & ~known) != 0) {
    return fmt::format("its `needs` is {}, which has unknown bits", sink.needs);
  }
  return {};
}

SinkDriver::SinkDriver(Bench& bench, const Layout& layout)
    : SinkDriver(bench, layout, bench.full_options()) {}

SinkDriver::SinkDriver(Bench& bench, const Making& making)
    : SinkDriver(bench, {}, bench.full_options(), making) {}

SinkDriver::SinkDriver(Bench& bench, const Layout& layout, plugin::Value options,
                       const Making& making)
    : bench_(bench), layout_(layout), host_(std::make_unique<HostSide>(std::move(options))) {
  penstock_config given = host_->config.c();
  given.size += static_cast<std::uint32_t>(layout_.tail);
  if (making.alter != nullptr) making.alter(given);
  placed_config_ = place(given, layout_);
  std::string why;
  penstock_instance* const made = try_create(bench_, bench_.component().name, *placed_config_, why);
  if (made == nullptr && making.refused != nullptr) {
    *making.refused = why;
    return;
  }
  if (made == nullptr) {
    throw Failure{fmt::format("create() failed: {}", why.empty() ? "it gave no reason" : why),
                  "say in the manifest's config_schema what it requires; give it here: --options"};
  }
  const std::string flaw = flaw_of_instance(*made);
  if (!flaw.empty()) throw Failure{flaw, build_with_headers};
  sink_ = reinterpret_cast<penstock_sink*>(made);
  if (making.by_oldest_host) host_bytes_ = plugin::sink_host_bytes_min;
  host_->c.size = static_cast<std::uint32_t>(host_bytes_ + layout_.tail);
  host_->c.max_in_flight = in_flight_max();
  host_->c.ctx = &host_->settlements;
  host_->c.sink_name = detail::c_text("kit");
  host_->c.now_ns = &now_ns;
  host_->c.settle = &settle;
  host_->c.report = &report;
  host_->c.measure = &measure;
  host_layout_ = making.by_oldest_host ? Layout{.at_end = true} : layout_;
  placed_host_ = static_cast<penstock_sink_host*>(place(host_bytes_, host_layout_));
  std::memcpy(static_cast<void*>(placed_host_), &host_->c, host_bytes_);
}

SinkDriver::~SinkDriver() {
  if (sink_ == nullptr) {
    if (placed_host_ != nullptr) unplace(placed_host_, host_bytes_, host_layout_);
    unplace(placed_config_, sizeof *placed_config_, layout_);
    return;
  }
  static_cast<void>(host_.release());
  static_cast<void>(memories_.release());
}

std::uint32_t SinkDriver::in_flight_max() const noexcept {
  return std::clamp(sink_->max_in_flight, 1u, 64u);
}

bool SinkDriver::try_open(std::string& why) {
  bench_.at("open()");
  penstock_text error{};
  const std::int32_t code =
      sink_->open(sink_->instance.self, placed_host_, deadline_in(bench_.call_time()), &error);
  why = code == PENSTOCK_OK ? std::string() : one_line(detail::text_of(error));
  return code == PENSTOCK_OK;
}

void SinkDriver::open() {
  std::string why;
  if (!try_open(why)) throw Skip{"it could not be opened: " + why};
}

// The struct of the batch is there during the call alone.
Answer SinkDriver::offer(BatchMemory& memory, const Offer& how) {
  penstock_batch batch = memory.batch(sink_->needs);
  batch.size += static_cast<std::uint32_t>(layout_.tail);
  batch.id = how.id == 0 ? next_id_++ : how.id;
  batch.token = next_token_++;
  batch.attempt = how.attempt;
  batch.offset = how.offset;
  const std::uint64_t token = batch.token;
  host_->settlements.expect(token, memory.count());
  penstock_answer answer{};
  answer.size = static_cast<std::uint32_t>(sizeof answer + layout_.tail);
  const bool plain = layout_.tail == 0 && !layout_.at_end;
  Layout zeroed = layout_;
  zeroed.filling = 0;
  penstock_batch* const given = plain ? &batch : place(batch, layout_);
  penstock_answer* const filled = plain ? &answer : place(answer, zeroed);
  bench_.at(fmt::format("write() of {} events", memory.count()));
  sink_->write(sink_->instance.self, given, filled);
  Answer result = read_answer(*filled, memory.count(), false);
  if (filled->size != sizeof answer + layout_.tail) {
    result.flaw = fmt::format("it changed `size` of the answer to {}", filled->size);
  }
  const auto* const tail = reinterpret_cast<const unsigned char*>(filled + 1);
  if (!plain && std::any_of(tail, tail + layout_.tail, [](unsigned char c) { return c != 0; })) {
    result.flaw = "it wrote behind the end of the answer that it knows";
  }
  std::memset(static_cast<void*>(given), poison, sizeof batch);
  if (result.flaw.empty()) return result;
  throw Failure{fmt::format("write() of {} events: {}", memory.count(), result.flaw),
                "fill in the answer as penstock/plugin/abi.h says"};
}

Answer SinkDriver::wait(std::uint64_t token) {
  bench_.at("waiting for settle()");
  Answer answer;
  if (!host_->settlements.wait(token, bench_.call_time(), answer)) {
    throw Failure{fmt::format("a batch was left pending, and settle() was not called for it "
                              "within {} s",
                              seconds_of(bench_.call_time())),
                  "settle each pending batch once, whatever becomes of it"};
  }
  if (answer.flaw.empty()) return answer;
  throw Failure{"settle(): " + answer.flaw, "fill in the answer as penstock/plugin/abi.h says"};
}

Answer SinkDriver::write(BatchMemory& memory, const Offer& how) {
  const Answer answer = offer(memory, how);
  return answer.pending() ? wait(last_token()) : answer;
}

Answer SinkDriver::write(std::string_view message) {
  BatchMemory& memory = memories_->emplace_back(1);
  memory.add(message);
  return write(memory);
}

void SinkDriver::deliver(BatchMemory& memory) {
  constexpr int attempts_max = 4;
  Answer answer;
  Offer how{.id = next_id_++};
  for (int i = 0; i < attempts_max; ++i, ++how.attempt) {
    answer = write(memory, how);
    if (answer.ok()) return;
    if (answer.status != PENSTOCK_WRITE_RETRY) break;
    // Not before the time that it names, but the case has to end.
    const std::int64_t pause = std::min<std::int64_t>(answer.after_ns, 50'000'000);
    const timespec wait{.tv_sec = 0, .tv_nsec = pause};
    ::nanosleep(&wait, nullptr);
  }
  throw Skip{fmt::format("never delivered: {}, {}", status_name(answer.status), answer.reason)};
}

bool SinkDriver::flush() { return flush_within(bench_.call_time()); }

bool SinkDriver::flush_within(std::chrono::milliseconds time) {
  bench_.at("flush()");
  penstock_text error{};
  const std::int32_t code = sink_->flush(sink_->instance.self, deadline_in(time), &error);
  if (code == PENSTOCK_OK) return true;
  expect(!one_line(detail::text_of(error)).empty(), "flush() failed and gave no reason",
         "fill in `error`: it is what the user gets to see");
  return false;
}

void SinkDriver::control(std::uint32_t request) {
  bench_.at(fmt::format("control({})", request));
  sink_->control(sink_->instance.self, request);
}

void SinkDriver::close() { close_within(bench_.call_time()); }

void SinkDriver::close_within(std::chrono::milliseconds time) {
  bench_.at("close()");
  sink_->close(sink_->instance.self, deadline_in(time));
}

void SinkDriver::destroy() {
  bench_.at("destroy()");
  sink_->instance.destroy(sink_->instance.self);
  sink_ = nullptr;
}

void SinkDriver::finish() {
  close();
  destroy();
}

}  // namespace penstock::kit
