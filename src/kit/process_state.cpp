// SPDX-License-Identifier: Apache-2.0
#include "kit/process_state.hpp"

#include <algorithm>
#include <cfenv>
#include <cfloat>
#include <chrono>
#include <clocale>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <malloc.h>

namespace penstock::kit {
namespace {

namespace fs = std::filesystem;

constexpr bool has_sanitizer =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif
#else
    false;
#endif

std::size_t thread_count() {
  const fs::directory_iterator begin("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin, fs::directory_iterator()));
}

bool is_known(const struct sigaction& a, const struct sigaction& b) {
  return a.sa_handler == b.sa_handler && a.sa_flags == b.sa_flags;
}

}  // namespace

Signals::Signals() {
  for (int number = 1; number < NSIG; ++number) {
    ::sigaction(number, nullptr, &actions_[static_cast<std::size_t>(number)]);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked_);
}

std::vector<int> Signals::changed() const {
  const Signals now;
  std::vector<int> numbers;
  for (int number = 1; number < NSIG; ++number) {
    const auto i = static_cast<std::size_t>(number);
    const bool same_mask = ::sigismember(&blocked_, number) == ::sigismember(&now.blocked_, number);
    if (!is_known(actions_[i], now.actions_[i]) || !same_mask) numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::string> open_descriptors() {
  std::vector<std::string> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    const fs::path target = fs::read_symlink(entry.path(), error);
    // That of the iterator itself.
    if (error || target.string() == fmt::format("/proc/{}/fd", ::getpid())) continue;
    found.push_back(fmt::format("{}: {}", entry.path().filename().string(), target.string()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

int highest_descriptor() {
  int highest = 0;
  for (const std::string& each : open_descriptors()) highest = std::max(highest, std::stoi(each));
  return highest;
}

std::size_t threads_down_to(std::size_t count) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  std::size_t now = thread_count();
  while (now > count && std::chrono::steady_clock::now() < end) {
    const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&pause, nullptr);
    now = thread_count();
  }
  return now;
}

bool is_sanitized() noexcept { return has_sanitizer; }

std::size_t allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t written_bytes(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) == -1 || !S_ISREG(status.st_mode)) return 0;
  return static_cast<std::size_t>(status.st_size);
}

std::string locale_now() {
  const char* const name = std::setlocale(LC_ALL, nullptr);
  return name == nullptr ? "" : name;
}

std::string directory_now() {
  std::error_code error;
  return fs::current_path(error).string();
}

std::string environment_now() {
  std::vector<std::string> all;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) all.emplace_back(*each);
  std::sort(all.begin(), all.end());
  return fmt::format("{}", fmt::join(all, "\n"));
}

unsigned umask_now() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

std::string arithmetic_now() {
  const volatile double smallest = DBL_MIN;
  const volatile double half = smallest / 2;
  const int rounding = std::fegetround();
  return fmt::format("{}, {} denormal numbers",
                     rounding == FE_TONEAREST ? "to nearest" : fmt::format("mode {}", rounding),
                     half == 0 ? "without" : "with");
}

}  // namespace penstock::kit
