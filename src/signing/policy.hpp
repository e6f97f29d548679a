// SPDX-License-Identifier: Apache-2.0
// policy.hpp: what is done about plugins without a signature that holds.
//
// Threads  [any]
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string_view>

namespace penstock::signing {

// From the loosest to the strictest. What is revoked is refused under every one of them but off.
enum class Policy {
  off,      // nobody looks
  warn,     // loaded, told, and marked as tainted
  enforce,  // refused
};

inline constexpr std::array<std::string_view, 3> policy_words = {"off", "warn", "enforce"};

constexpr std::string_view word(Policy policy) noexcept {
  return policy_words[static_cast<std::size_t>(policy)];
}

constexpr std::optional<Policy> parse_policy(std::string_view text) noexcept {
  for (const Policy policy : {Policy::off, Policy::warn, Policy::enforce}) {
    if (word(policy) == text) return policy;
  }
  return std::nullopt;
}

// The policy in force. It begins with what the configuration says; whoever gets hold of a running
// process, by its control interface say, can make it stricter and nothing else.
class PolicyInForce final {
 public:
  explicit PolicyInForce(Policy policy) noexcept : policy_(policy) {}

  Policy get() const {
    const std::lock_guard lock(mutex_);
    return policy_;
  }

  // Whether `policy` is in force now; a looser one than before is not.
  bool tighten(Policy policy) {
    const std::lock_guard lock(mutex_);
    if (policy > policy_) policy_ = policy;
    return policy == policy_;
  }

 private:
  mutable std::mutex mutex_;
  Policy policy_;
};

}  // namespace penstock::signing
