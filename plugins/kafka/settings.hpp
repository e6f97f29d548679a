// SPDX-License-Identifier: Apache-2.0
// settings.hpp: the options of the sink, as it needs them.
//
// Threads  values; the functions by one thread
// Errors   std::invalid_argument: which option, and what is wrong with it
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <penstock/plugin/config.hpp>
#include <penstock/plugin/template.hpp>

#include "producer.hpp"

namespace kafka {

struct Settings {
  penstock::plugin::Template topic;
  std::optional<penstock::plugin::Template> key{};
  std::vector<std::pair<std::string, penstock::plugin::Template>> headers{};
  bool message_only = false;
  bool compresses = true;
  std::string mock_address_file{};
  Properties properties{};  // of librdkafka, but for secrets
};

Settings read_settings(const penstock::plugin::Config& config);

// Why it is no name of a topic; empty when it is one.
std::string flaw_of_topic(std::string_view name);

// What holds of those that have the name; empty when none has.
std::string last_of(const Properties& properties, std::string_view name);

// What the secrets are now, as properties.
Properties read_secrets(const penstock::plugin::Config& config);

}  // namespace kafka
