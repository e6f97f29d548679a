// SPDX-License-Identifier: Apache-2.0
// router.hpp: which events a sink takes, and what triggers make of them. Pure: knows no threads.
// The rules are those of docs/LOGGING_GUIDE.md, "Routing".
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/context.hpp"
#include "penstock/options.hpp"

namespace penstock::pipeline {

// The event that takes the place of one whose name matched an event trigger. Chains are resolved
// beforehand: this is the last link.
struct Replacement {
  std::string message{};
  Level level = Level::info;
  std::uint64_t destinations = ~std::uint64_t{0};
  std::vector<FieldView> fields{};  // views into the router's options
  std::string event{};
  std::vector<std::string_view> tags{};
};

class Router {
 public:
  // `sinks`: the names in the order of their bits; what is not among them is unknown.
  Router(const PipelineOptions& options, const std::vector<std::string>& sinks);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  struct Decision {
    bool take = false;
    const Replacement* replacement = nullptr;
  };
  // Does the sink with this bit and level take the event, and in which form? [any]
  Decision route(std::uint64_t sink_bit, Level sink_level, Level level,
                 const event::ContextView& context) const;

  // The bit of a sink of that name; 0 when there is none. [any]
  std::uint64_t bit_of(std::string_view sink) const;
  bool has_event_triggers() const noexcept { return !replacements_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  const TriggerOptions* first_event_trigger(std::string_view event) const;
  void resolve(const TriggerOptions& trigger);
  std::uint64_t bits_of(const std::vector<std::string>& sinks) const;

  std::vector<TriggerOptions> triggers_;
  ByName<std::uint64_t> sinks_{};
  ByName<Replacement> replacements_{};
  ByName<std::uint64_t> tag_routes_{};
};

}  // namespace penstock::pipeline
