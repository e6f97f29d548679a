// SPDX-License-Identifier: Apache-2.0
#include "config/paths.hpp"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "config/limits.hpp"
#include "config/words.hpp"

namespace penstock::config {
namespace {

// A rotation makes path.1 and up, and removes what an earlier run with a higher count left there.
// A longer number, such as a date, is nobody's backup.
constexpr std::uint64_t backup_number_max = 999'999;

bool is_backup(std::string_view path, std::string_view of) {
  if (!path.starts_with(of)) return false;
  path.remove_prefix(of.size());
  if (path.size() < 2 || path[0] != '.' || path[1] == '0') return false;
  const char* end = path.data() + path.size();
  std::uint64_t number = 0;
  const auto [last, error] = std::from_chars(path.data() + 1, end, number);
  return error == std::errc{} && last == end && number <= backup_number_max;
}

}  // namespace

std::string without_detours(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  if (error) return fs::path(path).lexically_normal().string();
  const fs::path real = fs::weakly_canonical(whole, error);
  return (error ? whole.lexically_normal() : real.lexically_normal()).string();
}

std::string SinkPaths::add(const std::string& path, const std::string& sink) {
  if (owners_.size() >= limits::sinks_max) return {};  // which is an error itself
  std::string real = without_detours(path);
  for (const Owner& owner : owners_) {
    if (real == owner.path) {
      return fmt::format("the file {} belongs to sink {} already", in_quotes(path),
                         in_quotes(owner.sink));
    }
    if (is_backup(real, owner.path)) {
      return fmt::format("the file {} is a backup of sink {}", in_quotes(path),
                         in_quotes(owner.sink));
    }
    if (is_backup(owner.path, real)) {
      return fmt::format("the file {} has the file of sink {} as a backup", in_quotes(path),
                         in_quotes(owner.sink));
    }
  }
  owners_.push_back({std::move(real), sink});
  return {};
}

}  // namespace penstock::config
