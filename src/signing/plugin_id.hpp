// SPDX-License-Identifier: Apache-2.0
// plugin_id.hpp: names of plugins ("org.example.kafka"), and patterns for them.
//
// Threads  [any]
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::signing {

inline constexpr std::size_t plugin_id_bytes_max = 128;

// Two words or more with dots between; words of a-z, 0-9 and '-', which begins and ends none. So an
// id is a good file name, too.
bool is_plugin_id(std::string_view text) noexcept;

// One id; or "org.example.*": all that go on below, but not "org.example" itself; or "*": all.
class IdPattern final {
 public:
  // Empty when it is none of these.
  static std::optional<IdPattern> parse(std::string_view text);

  bool matches(std::string_view id) const noexcept;
  const std::string& text() const noexcept { return text_; }

 private:
  explicit IdPattern(std::string_view text) : text_(text) {}

  std::string text_;
};

}  // namespace penstock::signing
