// SPDX-License-Identifier: Apache-2.0
#include "config/words.hpp"

#include <fmt/format.h>

namespace penstock::config {
namespace {

constexpr std::size_t listed_sinks_max = 20;  // more are no help

}  // namespace

std::string unknown_sink(std::string_view key, std::string_view written,
                         std::span<const std::string_view> sinks) {
  std::string hint = did_you_mean(written, sinks);
  if (hint.empty() && sinks.size() <= listed_sinks_max) hint = "; the sinks are " + listed(sinks);
  return fmt::format("{} names the unknown sink {}{}", in_quotes(key), in_quotes(written), hint);
}

}  // namespace penstock::config
