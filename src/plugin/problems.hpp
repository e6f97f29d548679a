// SPDX-License-Identifier: Apache-2.0
// problems.hpp: collects what is wrong with a tree of values.
//
// Bound    schema_errors_max errors; then one that says that there are more
#pragma once

#include <string>
#include <utility>

#include "penstock/result.hpp"
#include "plugin/schema.hpp"
#include "plugin/value.hpp"

namespace penstock::plugin {

class Problems final {
 public:
  void add(const Value& at, std::string message) { add(at.line, at.column, std::move(message)); }
  void add(const Member& at, std::string message) { add(at.line, at.column, std::move(message)); }
  void add_all(const Errors& errors) {
    for (const Error& error : errors) add(error.line, error.column, error.message);
  }

  // Nothing more will be kept.
  bool full() const noexcept { return errors_.size() > schema_errors_max; }
  bool empty() const noexcept { return errors_.empty(); }
  Errors take() { return std::move(errors_); }

 private:
  void add(int line, int column, std::string message) {
    if (full()) return;
    if (errors_.size() == schema_errors_max) message = "and more";
    errors_.push_back({.message = std::move(message), .line = line, .column = column});
  }

  Errors errors_;
};

}  // namespace penstock::plugin
