// SPDX-License-Identifier: Apache-2.0
// validate(): the rules for options that did not come from a file. Its ranges are those of files.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/cpus.hpp"
#include "config/dead_letter_routes.hpp"
#include "config/limits.hpp"
#include "config/names.hpp"
#include "config/trigger_rules.hpp"
#include "config/units.hpp"
#include "config/words.hpp"
#include "event/encoder.hpp"
#include "penstock/options.hpp"

namespace penstock {
namespace {

using config::format_duration;
using config::format_size;
using config::in_quotes;
namespace limits = config::limits;

std::string format_count(std::uint64_t count) { return fmt::format("{}", count); }

class Validator final {
 public:
  explicit Validator(const PipelineOptions& options) : options_(options) {}

  Errors check() {
    check_pipeline();
    collect_names();
    for (const SinkOptions& sink : options_.sinks) check_sink(sink);
    for (std::size_t i = 0; i < options_.triggers.size(); ++i) check_trigger(i);
    for (const config::TriggerCycle& cycle : config::find_cycles(options_.triggers)) {
      add("triggers[{}]: triggers set each other off for ever: {}", cycle.trigger, cycle.chain);
    }
    return std::move(errors_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    errors_.push_back(
        {.message = config::one_line(fmt::format(format, std::forward<Args>(args)...))});
  }

  template <class T>
  void check_range(const std::string& name, T value, const config::Range<T>& range,
                   std::string (*format)(T)) {
    if (range.contains(value)) return;
    add("{} is {}; the range is {}{} .. {}", name, format(value), range.zero_too ? "0, or " : "",
        format(range.min), format(range.max));
  }

  // An enum without gaps that begins at 0. A cast can make it hold any number.
  template <class Enum>
  void check_enum(const std::string& name, Enum value, Enum last) {
    const auto number = static_cast<unsigned>(value);
    if (number <= static_cast<unsigned>(last)) return;
    add("{} is {}, which is none of its values (0 .. {})", name, number,
        static_cast<unsigned>(last));
  }

  void check_pipeline() {
    check_range("max_bytes", options_.max_bytes, limits::pipeline_max_bytes, format_size);
    check_range<std::uint64_t>("max_event_bytes", options_.max_event_bytes, limits::max_event_bytes,
                               format_size);
    check_enum("default_level", options_.default_level, Level::critical);
    check_enum("oversize", options_.oversize, Oversize::refuse);
    check_count();
    if (options_.sinks.size() > limits::sinks_max) {
      add("{}", config::too_many_sinks(options_.sinks.size()));
    }
    check_levels();
  }

  void check_count() {
    if (options_.sinks.empty() && options_.left_out.empty()) add("there must be at least one sink");
    if (!options_.sinks.empty()) return;
    for (const PipelineOptions::LeftOut& sink : options_.left_out) {
      add("no sink is left to run: {} is left out: {}", in_quotes(sink.name), sink.reason);
    }
  }

  void check_levels() {
    std::set<std::string_view> loggers;
    for (const LevelRule& rule : options_.levels) {
      if (!loggers.insert(rule.logger).second) {
        add("levels: logger {} has two levels", in_quotes(rule.logger));
      }
      if (!config::is_logger_name(rule.logger)) {
        add("levels: logger {}: a part between dots cannot be empty", in_quotes(rule.logger));
      }
      check_enum(fmt::format("levels: logger {}", in_quotes(rule.logger)), rule.level,
                 Level::critical);
    }
  }

  void collect_names() {
    for (const SinkOptions& sink : options_.sinks) add_name(sink.name);
    for (const PipelineOptions::LeftOut& sink : options_.left_out) add_name(sink.name);
  }

  void add_name(std::string_view name) {
    if (!config::is_sink_name(name)) {
      add("sink name {} can hold letters, digits and underscores only", in_quotes(name));
    }
    if (!names_.insert(name).second) add("duplicate sink name {}", in_quotes(name));
  }

  void check_sink(const SinkOptions& sink) {
    const std::string at = fmt::format("sink {}: ", in_quotes(sink.name));
    if (!sink.make) add("{}'make' is not set", at);
    check_range(at + "queue.max_bytes", sink.queue.max_bytes, limits::queue_max_bytes, format_size);
    check_range<std::uint64_t>(at + "queue.reserve_percent", sink.queue.reserve_percent,
                               limits::queue_reserve, format_count);
    check_range<std::uint64_t>(at + "batch.max_events", sink.batch.max_events,
                               limits::batch_max_events, format_count);
    check_range(at + "batch.max_bytes", sink.batch.max_bytes, limits::batch_max_bytes, format_size);
    check_range(at + "batch.linger", sink.batch.linger, limits::batch_linger, format_duration);
    check_range(at + "block_timeout", sink.block_timeout, limits::block_timeout, format_duration);
    check_retry(at + "retry.", sink.retry);
    if (sink.max_in_flight) {
      check_range<std::uint64_t>(at + "max_in_flight", *sink.max_in_flight, limits::max_in_flight,
                                 format_count);
    }
    check_range(at + "call_timeout", sink.call_timeout, limits::call_timeout, format_duration);
    check_dead_letter(at, sink);
    check_limits(at + "limits.", sink.limits);
    check_processors(at, sink.processors);
    check_affinity(at, sink.affinity);
    if (sink.level) check_enum(at + "level", *sink.level, Level::critical);
    check_enum(at + "when_full", sink.when_full, WhenFull::drop_oldest);
    check_enum(at + "format.type", sink.format.type, FormatType::logfmt);
    if (sink.format.type != FormatType::text) return;
    for (const Error& error : event::check_pattern(sink.format.pattern)) {
      add("{}{}", at, error.message);
    }
  }

  void check_retry(const std::string& at, const RetryOptions& retry) {
    check_range(at + "min_backoff", retry.min_backoff, limits::backoff, format_duration);
    check_range(at + "max_backoff", retry.max_backoff, limits::backoff, format_duration);
    check_range(at + "expire_after", retry.expire_after, limits::expire_after, format_duration);
    check_range<std::uint64_t>(at + "breaker_failures", retry.breaker_failures,
                               limits::breaker_failures, format_count);
    check_range<std::uint64_t>(at + "error_budget", retry.error_budget, limits::error_budget,
                               format_count);
    if (retry.min_backoff > retry.max_backoff) {
      add("{}min_backoff ({}) is longer than max_backoff ({})", at,
          format_duration(retry.min_backoff), format_duration(retry.max_backoff));
    }
  }

  void check_dead_letter(const std::string& at, const SinkOptions& sink) {
    if (sink.dead_letter.empty()) return;
    check_destination(at + "dead_letter ", sink.dead_letter);
    if (config::dead_letters_return(options_.sinks, sink.name)) {
      add("{}dead_letter {} leads back to the sink itself", at, in_quotes(sink.dead_letter));
    }
  }

  void check_limits(const std::string& at, const LimitOptions& options) {
    const LimitOptions::RateLimit& rate = options.rate_limit;
    check_rate(at + "rate_limit.events", rate.events, rate.events_burst, limits::rate_events,
               format_count);
    check_rate(at + "rate_limit.bytes", rate.bytes, rate.bytes_burst, limits::rate_bytes,
               format_size);
    check_range<std::uint64_t>(at + "sample", options.sample, limits::sample, format_count);
    check_range(at + "deduplicate", options.deduplicate, limits::deduplicate, format_duration);
    check_range<std::uint64_t>(at + "max_keys", options.max_keys, limits::max_keys, format_count);
    if (options.exempt) check_enum(at + "exempt", *options.exempt, Level::critical);
  }

  void check_processors(const std::string& at, const std::vector<ProcessorOptions>& processors) {
    if (processors.size() > limits::processors_max) {
      add("{}{}", at, config::too_many_processors(processors.size()));
    }
    for (std::size_t i = 0; i < processors.size(); ++i) {
      if (!processors[i].make) add("{}processors[{}]: 'make' is not set", at, i);
    }
  }

  // 0 is "no limit" of a rate, and "as many as in a second" of a burst.
  void check_rate(const std::string& name, std::uint64_t rate, std::uint64_t burst,
                  config::Range<std::uint64_t> range, std::string (*format)(std::uint64_t)) {
    range.zero_too = true;
    check_range(name, rate, range, format);
    check_range(name + "_burst", burst, range, format);
    if (rate == 0 && burst != 0)
      add("{}_burst is {}, and its rate is not set", name, format(burst));
  }

  void check_affinity(const std::string& at, const std::vector<int>& cpus) {
    for (const int cpu : cpus) {
      if (cpu < 0 || !limits::cpu.contains(static_cast<std::uint64_t>(cpu))) {
        add("{}affinity has CPU {}; the range is {} .. {}", at, cpu, limits::cpu.min,
            limits::cpu.max);
        continue;
      }
      const std::string problem = config::cpu_problem(static_cast<std::uint64_t>(cpu));
      if (!problem.empty()) add("{}affinity {}", at, problem);
    }
  }

  void check_trigger(std::size_t index) {
    const TriggerOptions& trigger = options_.triggers[index];
    const std::string at = fmt::format("triggers[{}]: ", index);
    if (trigger.event.empty() == trigger.tag.empty()) {
      add("{}must have exactly one of 'event' and 'tag', not {}", at,
          trigger.event.empty() ? "neither" : "both");
      return;
    }
    const TriggerOptions::Details& details = trigger.details;
    if (details.level) check_enum(at + "level", *details.level, Level::critical);
    if (!trigger.event.empty()) {
      for (const std::string& name : details.destinations) check_trigger_destination(at, name);
      for (const TriggerOptions::ExtraField& field : details.extra) {
        if (field.key.empty()) add("{}a field of 'extra' needs a key", at);
      }
      return;
    }
    if (trigger.action != config::route_to_sink) {
      add("{}the action of a tag trigger is '{}', not {}", at, config::route_to_sink,
          in_quotes(trigger.action));
    }
    check_trigger_destination(at, details.destination);
  }

  void check_trigger_destination(const std::string& at, std::string_view name) {
    check_destination(at, name);
    if (config::takes_dead_letters_only(options_.sinks, name)) {
      add("{}names the sink {}, which takes dead letters only", at, in_quotes(name));
    }
  }

  void check_destination(const std::string& at, std::string_view name) {
    if (names_.contains(name)) return;
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    add("{}names the unknown sink {}{}", at, in_quotes(name), config::did_you_mean(name, known));
  }

  const PipelineOptions& options_;
  std::set<std::string_view> names_;
  Errors errors_;
};

}  // namespace

Errors validate(const PipelineOptions& options) { return Validator(options).check(); }

}  // namespace penstock
