// SPDX-License-Identifier: Apache-2.0
#include "config/report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/words.hpp"

namespace penstock::config {

void Report::add(Position at, std::string_view text) {
  std::string message = one_line(text);
  const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const Error& error) {
    return error.line == at.line && error.column == at.column && error.message == message;
  });
  if (known) return;  // an alias shows the same mistake again
  if (full()) {
    more_ = true;
    return;
  }
  errors_.push_back({std::move(message), file_, at.line, at.column});
}

Errors Report::take() {
  std::stable_sort(errors_.begin(), errors_.end(), [](const Error& a, const Error& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (more_) {
    errors_.push_back(
        {fmt::format("there are more than {} errors; only these are shown", errors_max), file_, 0,
         0});
  }
  return std::exchange(errors_, {});
}

}  // namespace penstock::config
