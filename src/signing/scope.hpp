// SPDX-License-Identifier: Apache-2.0
// scope.hpp: what a key is trusted for.
//
//   label: Example Ltd, releases
//   ids: [org.example.*]
//   points: [penstock.sink/1]          # left out: all
//   not_before: 2026-01-01T00:00:00Z
//   not_after: 2028-01-01T00:00:00Z
//
// Threads  [any]
// Errors   carry the file, the line and the column; all of them, not the first
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "signing/plugin_id.hpp"
#include "signing/utc.hpp"

namespace penstock::signing {

struct Scope {
  std::string label{};
  std::vector<IdPattern> ids{};       // of the plugins it may sign; without one it may sign none
  std::vector<std::string> points{};  // extension points that they may provide; empty: all
  std::optional<Time> not_before{};   // from then on it is valid, that second included
  std::optional<Time> not_after{};    // up to then, that second included

  bool allows_id(std::string_view id) const noexcept;
  bool allows_point(std::string_view point) const noexcept;

  // For a key that has no file of this kind: every plugin, at every time.
  static Scope everything(std::string label);
};

// `ids` must be there: a mistake in a file does not make a key good for everything.
Result<Scope> parse_scope(std::string_view yaml, const std::string& file);
// Fails when parse_scope() would refuse what comes out.
Result<std::string> format_scope(const Scope& scope);

}  // namespace penstock::signing
