// SPDX-License-Identifier: Apache-2.0
// system_calls.hpp: answers of the system that a test cannot bring about by itself. This program's
// own getaddrinfo() and sendmmsg() stand in front of the C library's.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace penstock::syslog::testing {

class SystemCalls {
 public:
  static SystemCalls& instance();

  // From now on this name has these addresses, in their order.
  void resolve(std::string name, std::vector<std::string> addresses);
  std::vector<std::string> addresses_of(const std::string& name) const;
  // So many of the next calls of sendmmsg() send nothing, and fail with this.
  void fail_to_send(int error, int times);
  // 0: this one does not fail.
  int take_failure();

 private:
  mutable std::mutex mutex_{};
  std::string name_{};
  std::vector<std::string> addresses_{};
  int error_ = 0;
  int failures_left_ = 0;
};

}  // namespace penstock::syslog::testing
