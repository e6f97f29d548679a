// SPDX-License-Identifier: Apache-2.0
// webhook_template.hpp: WebhookOptions::body, split into what stands in it and what is put in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::sinks {

enum class BodyName : std::uint8_t { none, message, level, logger, time, fields, event_json };

// Literal text, then a value.
struct BodyPart {
  std::string before{};
  BodyName name = BodyName::none;  // none: at the end
};

// A brace that does not begin a {name} stands for itself: JSON has many. Fails on {names} that
// there are not.
Result<std::vector<BodyPart>> parse_body(std::string_view text);

bool has_event_json(const std::vector<BodyPart>& parts);

}  // namespace penstock::sinks
