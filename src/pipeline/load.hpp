// SPDX-License-Identifier: Apache-2.0
// load.hpp: a batch together with the blocks that it keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/batch_builder.hpp"
#include "pipeline/block.hpp"

namespace penstock::pipeline {

// A block that has been read to its end.
struct ReadBlock {
  Block* block;
  bool charged;  // the gate holds its bytes
};

// Where an event of a batch stands.
struct Origin {
  const Block* block;
  std::uint32_t position;
};

struct Load {
  std::unique_ptr<BatchBuilder> batch{};
  std::vector<Origin> origins{};    // of each event, when the sink has a dead-letter route
  std::vector<ReadBlock> blocks{};  // that were read to their end while the batch was filled
  std::int64_t block_bytes = 0;
};

}  // namespace penstock::pipeline
