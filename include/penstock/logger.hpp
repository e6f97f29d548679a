// SPDX-License-Identifier: Apache-2.0
// logger.hpp: what a service calls to log.
//
// Threads  Everything here may be called from any thread, also from static constructors and
//          destructors, before start and after stop: then it is counted and nothing else happens
//          (detached_calls() without a pipeline, refused_after_stop in its stats after the end).
//          Not from signal handlers.
// Waits    Only when a sink with `when_full: block` has no room, for its block_timeout at most.
// Errors   Log calls do not throw, but what copying an argument throws.
// Cost     About the time it takes to read the clock. Below the level: one load and a branch.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "penstock/call_site.hpp"
#include "penstock/detail/producer.hpp"
#include "penstock/detail/record.hpp"
#include "penstock/export.hpp"
#include "penstock/field.hpp"
#include "penstock/level.hpp"
#include "penstock/sink.hpp"

namespace penstock {

class Pipeline;

namespace detail {

// What with(), to(), tag() and event() add to each event of a logger; encoded once.
struct Context {
  std::string items{};        // context items, see record.hpp
  std::uint32_t unknown = 0;  // destinations that no sink has
};

PENSTOCK_EXPORT LoggerState& detached_logger() noexcept;

// An event names destinations that no sink has.
PENSTOCK_EXPORT void count_unknown_destinations(LoggerState& logger, std::uint32_t names) noexcept;

template <class T>
FieldView field_view(const Field<Key, T>& field) noexcept {
  return {field.key.text(), Value(field.value)};
}
template <class T>
FieldView field_view(const Field<TextKey, T>& field) noexcept {
  return {field.key.text, Value(field.value)};
}

// A tuple of a reference to the argument if it is (not) a field, else an empty tuple.
template <bool want_field, class T>
auto part_if(const T& arg) noexcept {
  if constexpr (is_field<T> == want_field) {
    return std::tuple<const T&>(arg);
  } else {
    return std::tuple<>();
  }
}

// Another object in each translation unit. clang numbers the lambdas of default template arguments
// from one in each unit, with external linkage: without this beside them, the calls of two units
// would share a record (CallSiteTest.CallsOfTwoUnitsAreNotMixedUp).
constexpr char this_unit = 0;

}  // namespace detail

// A name to log under, with what every event of it carries. A cheap value: copy it, keep it.
class Logger {
 public:
  // Belongs to no pipeline: its calls are counted, by detached_calls(), and nothing else.
  Logger() noexcept : Logger(detail::detached_logger()) {}

  // Each of these logs one event at its level. The format string is checked at compile time, in
  // fmt's syntax; fields may stand among the arguments, in any place.
  //   log.info("order {} filled at {}", id, price, field("venue", venue));
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void trace(detail::FormatString<std::type_identity_t<Args>...> format,
                                    Args&&... args) const {
    emit<Level::trace, Site, Unit>(format, args...);
  }
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void debug(detail::FormatString<std::type_identity_t<Args>...> format,
                                    Args&&... args) const {
    emit<Level::debug, Site, Unit>(format, args...);
  }
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void info(detail::FormatString<std::type_identity_t<Args>...> format,
                                   Args&&... args) const {
    emit<Level::info, Site, Unit>(format, args...);
  }
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void warning(detail::FormatString<std::type_identity_t<Args>...> format,
                                      Args&&... args) const {
    emit<Level::warning, Site, Unit>(format, args...);
  }
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void error(detail::FormatString<std::type_identity_t<Args>...> format,
                                    Args&&... args) const {
    emit<Level::error, Site, Unit>(format, args...);
  }
  template <auto Site = [] {}, const char* Unit = &detail::this_unit, class... Args>
  [[gnu::always_inline]] void critical(detail::FormatString<std::type_identity_t<Args>...> format,
                                       Args&&... args) const {
    emit<Level::critical, Site, Unit>(format, args...);
  }

#if defined(__GNUC__) && !defined(__clang__)
  // In templates gcc (12 and later) does not find the functions above for calls whose arguments do
  // not depend on a template parameter: it does not substitute the lambda. It finds these, which
  // are worse for all other calls. They look their call site up: about 3 ns more.
  template <class... Args>
  void trace(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::trace>(format, args...);
  }
  template <class... Args>
  void debug(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::debug>(format, args...);
  }
  template <class... Args>
  void info(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::info>(format, args...);
  }
  template <class... Args>
  void warning(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::warning>(format, args...);
  }
  template <class... Args>
  void error(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::error>(format, args...);
  }
  template <class... Args>
  void critical(detail::FormatString<std::type_identity_t<Args>...> format, Args&&... args) const
      volatile {
    const_cast<const Logger*>(this)->emit_shared<Level::critical>(format, args...);
  }
#endif

  // Would an event of this level be taken?
  bool enabled(Level level) const noexcept {
    // [S5] relaxed: nothing rides on it.
    return static_cast<std::uint8_t>(level) >= level_->load(std::memory_order_relaxed);
  }

  // The same logger, whose events go to these sinks only. Names that no sink has are counted, at
  // each event, and reported once. This and the functions below allocate: keep the result for
  // reuse.
  PENSTOCK_EXPORT Logger to(std::initializer_list<std::string_view> destinations) const;
  PENSTOCK_EXPORT Logger to(std::span<const std::string_view> destinations) const;
  PENSTOCK_EXPORT Logger tag(std::string_view tag) const;
  PENSTOCK_EXPORT Logger event(std::string_view name) const;
  PENSTOCK_EXPORT Logger with(const TraceContext& trace) const;
  // Fields that each event carries; their values are captured now.
  template <class... Fields>
  requires(sizeof...(Fields) > 0 && (detail::is_field<Fields> && ...)) Logger
      with(const Fields&... fields)
  const {
    const FieldView views[] = {detail::field_view(fields)...};
    return with_fields(views);
  }
  PENSTOCK_EXPORT Logger with_fields(std::span<const FieldView> fields) const;

  PENSTOCK_EXPORT std::string_view name() const noexcept;

 private:
  friend class Pipeline;
  explicit Logger(detail::LoggerState& state) noexcept : state_(&state), level_(&state.level) {}

  // This logger with what `add` writes into its context.
  template <class Add>
  Logger extended(Add add) const;

  template <Level level, auto Site, const char* Unit, class... Args>
  [[gnu::always_inline]] void emit(detail::FormatString<Args...> format,
                                   const auto&... args) const {
    if (static_cast<std::uint8_t>(level) < level_->load(std::memory_order_relaxed)) return;  // [S5]
    static constinit detail::CallSite site{};
    // [S1] acquire: whoever filled the site did so before this event refers to it.
    if (site.format.load(std::memory_order_acquire) == nullptr) [[unlikely]] {
      detail::register_call_site(site, format.text(), format.size(), format.place(),
                                 detail::arg_list<Args...>());
    }
    write_to<level, Args...>(site, format, args...);
  }

  // The same for calls that have no Site.
  template <Level level, class... Args>
  [[gnu::noinline]] void emit_shared(detail::FormatString<Args...> format,
                                     const auto&... args) const {
    if (static_cast<std::uint8_t>(level) < level_->load(std::memory_order_relaxed)) return;  // [S5]
    detail::CallSite* site = detail::find_call_site(format.text(), format.size(), format.place(),
                                                    detail::arg_list<Args...>());
    if (site != nullptr) {
      write_to<level, Args...>(*site, format, args...);
    } else if (detail::ProducerFront* producer = detail::attach_producer(*state_)) {
      detail::count_no_memory(*producer);
    }
  }

  template <Level level, class... Args>
  [[gnu::always_inline]] void write_to(detail::CallSite& site, detail::FormatString<Args...> format,
                                       const auto&... args) const {
    if constexpr ((detail::encodes_in_place<Args> && ...)) {
      write<level>(site, 0, detail::prepare(args)...);
    } else {
      write_formatted<level>(site, format.text(), args...);
    }
  }

  // Some argument has no encoding of its own: the message is formatted here.
  template <Level level>
  [[gnu::noinline]] void write_formatted(detail::CallSite& site, const char* format,
                                         const auto&... args) const {
    std::string text;
    try {
      text = std::apply(
          [&](const auto&... kept) { return fmt::vformat(format, fmt::make_format_args(kept...)); },
          std::tuple_cat(detail::part_if<false>(args)...));
    } catch (...) {
      text = detail::format_failure_text();
    }
    std::apply(
        [&](const auto&... field) {
          write<level>(site, detail::flag_formatted, std::string_view(text), field...);
        },
        std::tuple_cat(detail::part_if<true>(args)...));
  }

  // The hot path. No allocation, no system call, no lock, no walk over sinks, no formatting.
  template <Level level, class... Prepared>
  [[gnu::always_inline]] void write(detail::CallSite& site, std::uint64_t flags,
                                    const Prepared&... args) const {
    using namespace detail;
    const std::size_t arg_bytes = (std::size_t{0} + ... + encoded_size(args));
    std::size_t bytes = record_header_bytes + arg_bytes;
    if (context_) [[unlikely]] {
      bytes += 4 + context_->items.size();
      flags |= flag_has_context;
      if (context_->unknown != 0) count_unknown_destinations(*state_, context_->unknown);
    }
    bytes = (bytes + 7) & ~std::size_t{7};

    const ThreadProducer& cached = thread_producers[state_->slot];
    ProducerFront* producer = cached.producer;
    // [S6] relaxed: see LoggerState.
    if (cached.pipeline_id != state_->pipeline_id.load(std::memory_order_relaxed)) [[unlikely]] {
      producer = attach_producer(*state_);
      if (producer == nullptr) return;
    }
    const std::size_t used = producer->state & committed_bytes_mask;
    // [S16] relaxed: see ProducerFront.
    if (bytes > producer->capacity - used ||
        bytes > producer->limit.load(std::memory_order_relaxed)) [[unlikely]] {
      const Room room = make_room(*producer, bytes, level);
      if (room != Room::ready) {
        if (room == Room::too_large) write_aside<level>(*producer, site, flags, bytes, args...);
        return;
      }
    }
    std::byte* to = producer->base + (producer->state & committed_bytes_mask);
    fill(to, level, site, flags, bytes, args...);
    prefetch_for_write(to + 512);
    prefetch_for_write(to + 576);
    producer->state += committed_one_event + bytes;
    auto& committed =
        *reinterpret_cast<std::atomic<std::uint64_t>*>(producer->base - block_committed_offset);
    committed.store(producer->state, std::memory_order_release);  // [S3] publishes the record
    if constexpr (level >= Level::warning) {
      producer->has_urgent = true;
      if (producer->refused) [[unlikely]]
        use_reserve(*producer, bytes);
    }
    // [S4] The compiler, too, keeps the store of `committed` before this look; for the processor
    // the worker's membarrier does.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // [S4] relaxed: see ProducerFront.
    if (producer->attention.load(std::memory_order_relaxed) != 0) [[unlikely]] {
      tell_workers(*producer);
    }
  }

  // Writes one record. Each scalar goes straight to its place: a header built on the stack and
  // copied costs three times as much.
  template <class... Prepared>
  [[gnu::always_inline]] void fill(std::byte* to, Level level, detail::CallSite& site,
                                   std::uint64_t flags, std::size_t bytes,
                                   const Prepared&... args) const {
    using namespace detail;
    store64(to, ticks());
    store64(to + 8, reinterpret_cast<std::uintptr_t>(&site));
    store64(to + 16, state_->word | flags | static_cast<std::uint64_t>(level) << 32 | bytes);
    to += record_header_bytes;
    if (context_) [[unlikely]]
      to = encode(to, std::string_view(context_->items));
    ((to = encode(to, args)), ...);
  }

  template <Level level, class... Prepared>
  [[gnu::noinline, gnu::cold]] void write_aside(detail::ProducerFront& producer,
                                                detail::CallSite& site, std::uint64_t flags,
                                                std::size_t bytes, Prepared... args) const {
    std::byte* memory = detail::allocate_aside(bytes);
    if (memory == nullptr) return detail::count_no_memory(producer);
    fill(memory, level, site, flags, bytes, args...);
    detail::submit_too_large(*state_, producer, memory, bytes);
    detail::free_aside(memory);
  }

  detail::LoggerState* state_;
  const std::atomic<std::uint8_t>* level_;
  std::shared_ptr<const detail::Context> context_;
};

// Calls of loggers that belong to no pipeline (default-constructed), in this process. [any]
PENSTOCK_EXPORT std::int64_t detached_calls() noexcept;

}  // namespace penstock
