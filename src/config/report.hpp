// SPDX-License-Identifier: Apache-2.0
// report.hpp: collects everything that is wrong with a file.
//
// Bound    errors_max errors; then it says that there are more
// Order    take() gives them in the order of the file, each once
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/result.hpp"

namespace penstock::config {

// Counted from 1; 0 means "nowhere in particular".
struct Position {
  int line = 0;
  int column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

class Report final {
 public:
  static constexpr std::size_t errors_max = 100;

  explicit Report(std::string file) : file_(std::move(file)) {}

  // The message becomes one line. [any]
  void add(Position at, std::string_view text);
  bool empty() const { return errors_.empty(); }
  // Nothing more will be kept, so costly messages need not be made.
  bool full() const { return errors_.size() >= errors_max; }
  Errors take();

 private:
  std::string file_;
  Errors errors_;
  bool more_ = false;
};

}  // namespace penstock::config
