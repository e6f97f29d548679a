// SPDX-License-Identifier: Apache-2.0
// membarrier.hpp: a full memory barrier on every running thread of the process, paid by the caller
// alone (membarrier(2), PRIVATE_EXPEDITED). It lets the other side of a store-then-load protocol
// do without a fence.
#pragma once

namespace penstock::base {

// Registers the process; false where the kernel does not have it. Cheap after the first call. [any]
bool membarrier_available() noexcept;

// After it, every store that other threads did before it is visible here, and what this thread
// stored before it is visible to every load that they do after it. Only when available. [any]
void membarrier() noexcept;

}  // namespace penstock::base
