// SPDX-License-Identifier: Apache-2.0
// oversize.hpp: events larger than max_event_bytes.
#pragma once

#include <cstddef>

#include "pipeline/producer.hpp"
#include "pipeline/text_record.hpp"

namespace penstock::pipeline {

// Publishes as much of the record as max_event_bytes allows, with a mark, or counts it as
// dropped(too_large): as `oversize` says. The record is complete, outside of any block. [producer]
void submit_cut(Producer& producer, const std::byte* record);
void submit_cut(Producer& producer, const TextRecord& record);

}  // namespace penstock::pipeline
