// SPDX-License-Identifier: Apache-2.0
// options.hpp: everything that can be set, as plain structs. The YAML keys have the same names.
// Each field: what it does, range, and what more of it costs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/level.hpp"
#include "penstock/processor.hpp"
#include "penstock/sink.hpp"

namespace penstock {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;
inline constexpr std::chrono::nanoseconds forever = std::chrono::nanoseconds::max();

// What happens when there is no room for a sink's next events.
enum class WhenFull : std::uint8_t {
  block,        // the producer waits, up to block_timeout; then the new events are dropped
  drop_newest,  // the new events are dropped
  drop_oldest,  // the oldest events that wait are dropped
};

struct QueueOptions {
  // Memory of the blocks that may wait for this sink. 64 KiB .. 64 GiB. Higher rides out longer
  // stalls of the sink.
  std::uint64_t max_bytes = 64 * MiB;
  // Share of max_bytes that only events of level WARNING and above may use. 0 .. 90 percent.
  std::uint32_t reserve_percent = 10;
};

// A batch closes at whichever comes first.
struct BatchOptions {
  std::uint32_t max_events = 8192;    // 1 .. 1'000'000
  std::uint64_t max_bytes = 1 * MiB;  // encoded size; 1 KiB .. 256 MiB
  // How long the first event of a batch may wait for others. 0 .. 60 s; 0 delivers at once, at the
  // price of a system call in the producer when the worker is asleep.
  std::chrono::nanoseconds linger = std::chrono::milliseconds{5};
};

// What a worker does when its sink cannot deliver.
struct RetryOptions {
  // Before each new try it waits for a random time up to a ceiling, which doubles from the first to
  // the second: exponential backoff with full jitter. A sink may know better (Retry-After).
  // 1 ms .. 1 h.
  std::chrono::nanoseconds min_backoff = std::chrono::milliseconds{100};
  std::chrono::nanoseconds max_backoff = std::chrono::seconds{30};
  // Events that have been tried for so long go to the dead-letter sink, or are dropped(expired).
  // 1 ms .. forever.
  std::chrono::nanoseconds expire_after = forever;
  // Failures in a row that open the circuit breaker. 1 .. 1000.
  std::uint32_t breaker_failures = 5;
  // Throws of write() in a row after which the sink is closed and opened again. 1 .. 1000.
  std::uint32_t error_budget = 10;
};

// How much a sink takes of what it wants. Held back are, in this order: what is not in the sample,
// duplicates, and what goes beyond the rate. All of it is counted as filtered, with the reason.
struct LimitOptions {
  // By the events' time stamps: what has waited in the queue is not held back for having waited.
  struct RateLimit {
    // Events per second; 0: any number. Up to 1'000'000'000.
    std::uint64_t events = 0;
    // How many may come at once; 0: as many as in a second. Up to 1'000'000'000.
    std::uint64_t events_burst = 0;
    // Bytes per second, as batch.max_bytes counts them; 0: any number. Up to 8 GiB.
    std::uint64_t bytes = 0;
    std::uint64_t bytes_burst = 0;  // 0: as many as in a second. Up to 8 GiB.
  } rate_limit{};
  // Of so many events in a row one is taken. 1 .. 1'000'000'000; 1: each.
  std::uint32_t sample = 1;
  // After an event, those of the same call site and message are held back for so long; the last of
  // them is delivered then, with their number in a field `repeated`. 0: never, or 1 ms .. 24 h.
  std::chrono::nanoseconds deduplicate{0};
  // Kinds of events that `deduplicate` knows at a time. 1 .. 1'000'000. More costs memory.
  std::uint32_t max_keys = 4096;
  // Events at or above it are never held back, nor do they count for the others' rate. Not set:
  // none is exempt.
  std::optional<Level> exempt = Level::warning;
};

enum class FormatType : std::uint8_t { text, json, logfmt };

// How a sink that writes bytes shows an event.
struct FormatOptions {
  FormatType type = FormatType::text;
  // For text: literal characters and the names {time} {level} {logger} {thread} {thread_name}
  // {file} {line} {function} {message} {fields} {tags} {event}. docs/configuration.md has them all.
  std::string pattern = "{time} {level} [{thread}] {file}:{line} {logger}: {message}{fields}";
};

struct ProcessorOptions {
  // What it is called, for messages.
  std::string type{};
  ProcessorFactory make{};
};

struct SinkOptions {
  // Letters, digits, underscore; unique in the pipeline.
  std::string name{};
  // Makes the sink: console_sink(..), file_sink(..), null_sink(), or your own.
  SinkFactory make{};
  // Events below it are filtered at this sink. Not set: PipelineOptions::default_level.
  std::optional<Level> level{};
  FormatOptions format{};
  WhenFull when_full = WhenFull::block;
  // How long a producer waits in all before it drops instead; `forever` never drops. 0 .. forever.
  std::chrono::nanoseconds block_timeout = std::chrono::seconds{30};
  QueueOptions queue{};
  BatchOptions batch{};
  RetryOptions retry{};
  // Batches whose answer may be pending at a time. With more than one, they may arrive in another
  // order, and a batch that has to be offered again after later ones. What is decoded for them
  // takes no more memory than queue.max_bytes, beside the queue itself. 1 .. 1000. When not set,
  // what the sink asks for, which is 1 unless it says otherwise.
  std::optional<std::uint32_t> max_in_flight{};
  // A call of the sink, or an answer that it owes, that takes longer makes it `stuck`, and is
  // reported. 1 ms .. forever.
  std::chrono::nanoseconds call_timeout = std::chrono::seconds{30};
  // The sink that gets the events that this one refuses, with what was wrong; not itself, nor one
  // that leads back here. Empty: they are dropped(rejected).
  std::string dead_letter{};
  // It takes what other sinks refuse, and nothing else: it is no destination of events or triggers.
  bool only_dead_letters = false;
  LimitOptions limits{};
  // See each event before the sink does, in this order, and may change or drop it. What the sink
  // refuses goes to its dead-letter sink as it was before, and passes the processors of that one.
  std::vector<ProcessorOptions> processors{};
  // CPUs that the sink's worker may run on; empty: all.
  std::vector<int> affinity{};
  // A sink that cannot be opened makes the start fail; otherwise it is left out and reported.
  bool required = false;
  // The word in `type:`, for messages.
  std::string type{};
  // What it writes to, if it has a name: of a file its path, of a console /dev/stdout or
  // /dev/stderr. For checks and messages; `make` knows it anyway.
  std::string path{};
};

// Loggers named `logger`, and those below it ("orders" covers "orders.book"), accept events at or
// above `level`. The longest match wins. An empty name is the root.
struct LevelRule {
  std::string logger{};
  Level level = Level::info;
};

// See docs/LOGGING_GUIDE.md, "Triggers". Exactly one of `event` and `tag` is set.
struct TriggerOptions {
  std::string event{};
  std::string tag{};
  // Event triggers: free text. Tag triggers: "route_to_sink".
  std::string action{};
  struct ExtraField {
    std::string key{};
    std::string text{};  // for Type::text
    Value value{};       // for all other types
  };
  struct Details {
    std::optional<std::string> message{};
    std::optional<Level> level{};
    std::vector<std::string> destinations{};  // event triggers; empty: all sinks
    std::string destination{};                // tag triggers
    std::vector<ExtraField> extra{};          // fields of the new event
    std::string event{};                      // its event name, when extra gives one
    std::vector<std::string> tags{};          // its tags, when extra gives some
  } details;
};

// What happens to an event that is larger than max_event_bytes.
enum class Oversize : std::uint8_t {
  truncate,  // its text is cut and says so
  refuse,    // counted as dropped(too_large)
};

struct PipelineOptions {
  // The level of sinks that have none of their own.
  Level default_level = Level::info;
  // Levels of loggers. Without a rule a logger accepts what at least one sink would take.
  std::vector<LevelRule> levels{};
  std::vector<SinkOptions> sinks{};
  std::vector<TriggerOptions> triggers{};
  // All queues together: 0, or 64 KiB .. 1 TiB. 0: the sum of the sinks' queue.max_bytes; when it
  // is smaller than that sum, each sink gets its share of it.
  std::uint64_t max_bytes = 0;
  // One event, encoded. 1 KiB .. 16 MiB.
  std::uint32_t max_event_bytes = 1 * MiB;
  Oversize oversize = Oversize::truncate;
  // Tell of troubles of the pipeline itself (a sink that is down or loses events, ..) as events of
  // the logger `penstock`, at the sinks that are well.
  bool own_events = true;
  // Sinks of the file that this build cannot make; they are listed in the stats.
  struct LeftOut {
    std::string name{};
    std::string reason{};
  };
  std::vector<LeftOut> left_out{};
};

// Every problem of the options, not the first only. Empty when there is none. [any]
PENSTOCK_EXPORT Errors validate(const PipelineOptions& options);

}  // namespace penstock
