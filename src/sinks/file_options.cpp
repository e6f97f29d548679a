// SPDX-License-Identifier: Apache-2.0
// validate(): the rules of the file, for options that did not come from one.
#include <string>

#include <fmt/format.h>

#include "penstock/sinks.hpp"

namespace penstock {
namespace {

class Validator final {
 public:
  explicit Validator(const FileOptions& options) : options_(options) {}

  Errors check() {
    const FileOptions& is = options_;
    if (is.path.find('\0') != std::string::npos) add("path", "has a NUL byte");
    if (is.max_bytes > FileLimits::max_bytes) {
      out_of_range("max_bytes", fmt::format("{}", is.max_bytes),
                   fmt::format("{}", FileLimits::max_bytes));
    }
    if (is.backup_count > FileLimits::backup_count) {
      out_of_range("backup_count", fmt::format("{}", is.backup_count),
                   fmt::format("{}", FileLimits::backup_count));
    }
    if (is.rotate_every.count() < 0 || is.rotate_every > FileLimits::rotate_every) {
      out_of_range("rotate_every", fmt::format("{}s", is.rotate_every.count()),
                   fmt::format("{}d", FileLimits::rotate_every.count() / 24));
    }
    if (is.mode > FileLimits::mode) {
      out_of_range("mode", fmt::format("{:#o}", is.mode), fmt::format("{:#o}", FileLimits::mode));
    }
    if (is.fsync_interval &&
        (is.fsync_interval->count() < 0 || *is.fsync_interval > FileLimits::fsync_interval)) {
      out_of_range("fsync_interval", fmt::format("{}ns", is.fsync_interval->count()),
                   fmt::format("{}h", FileLimits::fsync_interval.count()));
    }
    return std::move(errors_);
  }

 private:
  void out_of_range(const char* name, const std::string& value, const std::string& max) {
    add(name, fmt::format("is {}; the range is 0 .. {}", value, max));
  }

  void add(const char* name, const std::string& what) {
    const std::string path = options_.path.substr(0, options_.path.find('\0'));
    errors_.push_back({.message = fmt::format("file '{}': {} {}", path, name, what)});
  }

  const FileOptions& options_;
  Errors errors_;
};

}  // namespace

Errors validate(const FileOptions& options) { return Validator(options).check(); }

}  // namespace penstock
