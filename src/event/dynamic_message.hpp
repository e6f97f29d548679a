// SPDX-License-Identifier: Apache-2.0
// dynamic_message.hpp: messages that fmt has to format in one go, as their placeholders are
// numbered or nested.
#pragma once

#include <cstddef>

#include "base/buffer.hpp"
#include "event/plan.hpp"

namespace penstock::event {

// Throws what fmt or a formatter throws.
void append_dynamic_message(const Plan& plan, const std::byte* args, base::Buffer& out);

}  // namespace penstock::event
