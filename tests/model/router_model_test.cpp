// SPDX-License-Identifier: Apache-2.0
// The router against the rules, written down as plainly as possible.
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/router.hpp"
#include "support/run.hpp"

namespace penstock::pipeline {
namespace {

using Words = std::vector<std::string>;

struct Call {
  Level level = Level::info;
  bool has_destinations = false;
  Words destinations{};
  std::string event{};
  Words tags{};
};

struct Outcome {
  bool take = false;
  std::string message{};  // of the trigger; empty when there was none
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// docs/LOGGING_GUIDE.md, "Routing", word for word.
Outcome reference(const PipelineOptions& options, const std::string& sink, Level sink_level,
                  Call call) {
  Outcome outcome;
  for (bool fired = true; fired;) {
    fired = false;
    for (const TriggerOptions& trigger : options.triggers) {
      if (trigger.event.empty() || trigger.event != call.event) continue;
      const auto& details = trigger.details;
      outcome.message = details.message.value_or("Triggered by event: " + trigger.event);
      call = {.level = details.level.value_or(Level::info),
              .has_destinations = !details.destinations.empty(),
              .destinations = details.destinations,
              .event = details.event,
              .tags = details.tags};
      fired = true;
      break;
    }
  }
  std::set<std::string> reached(call.destinations.begin(), call.destinations.end());
  bool reaches = !call.has_destinations || reached.contains(sink);
  for (const TriggerOptions& trigger : options.triggers) {
    for (const std::string& tag : call.tags) {
      if (!trigger.tag.empty() && trigger.tag == tag) {
        reaches = reaches || trigger.details.destination == sink;
      }
    }
  }
  outcome.take = reaches && call.level >= sink_level;
  return outcome;
}

class RouterModel : public ::testing::Test {
 protected:
  template <class T>
  const T& any_of(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  Words some_of(const Words& from, std::size_t most) {
    Words some;
    for (std::size_t n = random_() % (most + 1); n > 0; --n) some.push_back(any_of(from));
    return some;
  }
  Level any_level() { return static_cast<Level>(random_() % level_count); }

  TriggerOptions any_trigger() {
    TriggerOptions trigger;
    if (random_() % 2 == 0) {
      trigger.tag = any_of(tags_);
      trigger.action = "route_to_sink";
      trigger.details.destination = any_of(sinks_);
      return trigger;
    }
    // A chain leads to a later name: no cycles.
    const std::size_t name = random_() % events_.size();
    trigger.event = events_[name];
    if (random_() % 2 == 0) trigger.details.message = test::numbered("m", random_() % 1000);
    if (random_() % 2 == 0) trigger.details.level = any_level();
    trigger.details.destinations = some_of(sinks_, 2);
    trigger.details.tags = some_of(tags_, 2);
    if (random_() % 2 == 0 && name + 1 < events_.size()) {
      trigger.details.event = events_[name + 1 + random_() % (events_.size() - name - 1)];
    }
    return trigger;
  }

  Call any_call() {
    Call call{.level = any_level()};
    call.has_destinations = random_() % 2 == 0;
    if (call.has_destinations) {
      call.destinations = some_of(sinks_, 3);
      if (random_() % 4 == 0) call.destinations.push_back("nowhere");
    }
    if (random_() % 2 == 0) call.event = any_of(events_);
    call.tags = some_of(tags_, 3);
    return call;
  }

  static event::ContextView view_of(const Router& router, const Call& call) {
    event::ContextView view;
    view.has_destinations = call.has_destinations;
    for (const std::string& sink : call.destinations) view.destinations |= router.bit_of(sink);
    view.event = call.event;
    view.tags = {call.tags.begin(), call.tags.end()};
    return view;
  }

  std::mt19937_64 random_ = test::random_stream();
  const Words sinks_ = {"a", "b", "c", "d"};
  const Words events_ = {"e0", "e1", "e2", "e3", "e4"};
  const Words tags_ = {"t0", "t1", "t2"};
};

TEST_F(RouterModel, DecidesAsTheRulesSay) {
  for (std::uint64_t round = 0; round < test::repeats(300); ++round) {
    PipelineOptions options;
    for (std::size_t n = random_() % 8; n > 0; --n) options.triggers.push_back(any_trigger());
    const Router router(options, sinks_);
    for (int i = 0; i < 60; ++i) {
      const Call call = any_call();
      const event::ContextView view = view_of(router, call);
      for (const std::string& sink : sinks_) {
        const Level level = any_level();
        const auto decision = router.route(router.bit_of(sink), level, call.level, view);
        const Outcome outcome{decision.take, decision.replacement != nullptr
                                                 ? decision.replacement->message
                                                 : std::string()};
        ASSERT_EQ(outcome, reference(options, sink, level, call))
            << "round " << round << ", sink " << sink << ", event '" << call.event << "'";
      }
    }
  }
}

TEST_F(RouterModel, OptionsWithACycleDoNotHangIt) {
  PipelineOptions options;
  const std::string names[] = {"a", "b"};
  for (int i = 0; i < 2; ++i) {
    TriggerOptions trigger;
    trigger.event = names[i];
    trigger.details.event = names[1 - i];
    options.triggers.push_back(trigger);
  }
  const Router router(options, sinks_);
  event::ContextView view;
  view.event = "a";
  EXPECT_TRUE(router.route(1, Level::trace, Level::info, view).take);
}

TEST_F(RouterModel, SixtySinksHaveABitEach) {
  Words names;
  for (int i = 0; i < 60; ++i) names.push_back(test::numbered("s", i));
  const Router router({}, names);
  std::uint64_t all = 0;
  for (const std::string& name : names) {
    EXPECT_EQ(all & router.bit_of(name), 0u);
    all |= router.bit_of(name);
  }
  EXPECT_EQ(router.bit_of("s60"), 0u);
}

}  // namespace
}  // namespace penstock::pipeline
