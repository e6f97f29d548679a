// SPDX-License-Identifier: Apache-2.0
// bench.hpp: the plugin under test, as a case works with it, step by step and no further than the
// case wants to go.
//
// Threads  one
// Errors   Failure, when the plugin does not get that far
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "kit/report.hpp"
#include "kit/verdict.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/manifest.hpp"
#include "plugin/value.hpp"

namespace penstock::kit {

// What is tested: a file, or what is built in, which has no entry function and no file.
struct Subject {
  int fd = -1;                               // of the file
  const penstock_plugin* builtin = nullptr;  // in its place
  plugin::Manifest manifest{};
};

// Of what is built in: its manifest is what its factories describe. Throws Failure.
Subject builtin_subject(const penstock_plugin& plugin);
// What is built in under that name; null when nothing is.
using FindBuiltin = const penstock_plugin* (*)(std::string_view name);

// What is asked of the process.
struct CaseCall {
  std::string id{};
  std::string component{};  // empty for a case of the plugin as a whole
  std::string point{};      // the component's
  std::string options{};    // JSON; empty: none
  std::string folder{};     // of this case alone, for ${TMP}
  std::chrono::milliseconds time_limit{10'000};
};

class Bench final {
 public:
  Bench(const Subject& subject, const CaseCall& call, Report& report)
      : subject_(subject), call_(call), report_(report) {}

  const Subject& subject() const noexcept { return subject_; }
  const plugin::Manifest& manifest() const noexcept { return subject_.manifest; }
  const plugin::Component& component() const;
  bool is_processor() const noexcept { return call_.point == PENSTOCK_POINT_PROCESSOR; }
  const std::string& folder() const noexcept { return call_.folder; }
  // For one call, or one answer: it is over before the case's time is.
  std::chrono::milliseconds call_time() const noexcept { return call_.time_limit / 2; }
  // As the author gave them, without defaults; ${TMP} is a new folder each time.
  plugin::Value options();
  // The same with the defaults of the schema, as create() gets them.
  plugin::Value full_options();

  // Says what comes next; it is shown when the process does not survive it.
  void at(std::string_view place) { report_.at(std::string(place) + circumstance_); }
  // Said behind every place from now on: ", without memory".
  void set_circumstance(std::string circumstance) { circumstance_ = std::move(circumstance); }
  // Of a case that measures.
  void note(std::string text) { note_ = std::move(text); }
  const std::string& noted() const noexcept { return note_; }

  // Each does what comes before it, once.
  penstock_plugin_entry entry();      // Skip, when it is built in
  const penstock_plugin& plugin();    // initialised, with the ordinary host
  const penstock_factory& factory();  // of the component's point
  const penstock_factory& factory(const std::string& point);

  // The entry function of one more copy of the file, which is loaded as a library of its own.
  penstock_plugin_entry entry_of_copy(const std::string& name);

 private:
  const Subject& subject_;
  const CaseCall& call_;
  Report& report_;
  penstock_plugin_entry entry_ = nullptr;
  const penstock_plugin* plugin_ = nullptr;
  int folders_ = 0;
  std::string note_{};
  std::string circumstance_{};
};

// Of version 1.0: it has no service, and what is logged goes nowhere.
penstock_host ordinary_host() noexcept;

// init() with `host`; throws Failure.
void initialise(Bench& bench, const penstock_plugin& plugin, const penstock_host& host);

}  // namespace penstock::kit
