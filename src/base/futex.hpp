// SPDX-License-Identifier: Apache-2.0
// futex.hpp: sleeping on a word, and waking who sleeps there (futex(2), process-private).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace penstock::base {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();

// `timeout` from now, without overflow: a very long one is no_deadline. [any]
Deadline deadline_after(std::chrono::nanoseconds timeout) noexcept;

// Sleeps while `word` holds `expected`, until woken or until the deadline. May also return for no
// reason: look again at what you wait for. [any]
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                Deadline deadline = no_deadline) noexcept;

// Wakes all that sleep on `word`. Never waits. [any]
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace penstock::base
