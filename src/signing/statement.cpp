// SPDX-License-Identifier: Apache-2.0
#include "signing/statement.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "signing/plugin_id.hpp"
#include "signing/scan.hpp"
#include "signing/version.hpp"

namespace penstock::signing {
namespace {

constexpr std::string_view tag = "penstock1";
constexpr std::size_t name_bytes_max = 128;

// Each takes the value of its key; false when it is no such value.

bool read_id(std::string_view text, Statement& statement) {
  statement.id = text;
  return is_plugin_id(text);
}

bool read_version(std::string_view text, Statement& statement) {
  statement.version = text;
  return Version::parse(text).has_value();
}

bool read_abi(std::string_view text, Statement& statement) {
  constexpr std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
  const auto numbers = split(text, '.');
  if (numbers.size() != 2) return false;
  const auto major = scan_number(numbers[0], max);
  const auto minor = scan_number(numbers[1], max);
  if (!major || !minor) return false;
  statement.abi = {.major = static_cast<std::uint32_t>(*major),
                   .minor = static_cast<std::uint32_t>(*minor)};
  return true;
}

bool read_arch(std::string_view text, Statement& statement) {
  statement.arch = text;
  return !text.empty() && text.size() <= name_bytes_max &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool read_serial(std::string_view text, Statement& statement) {
  statement.serial = scan_number(text, Statement::serial_max).value_or(0);
  return statement.serial > 0;
}

bool read_time(std::string_view text, Statement& statement) {
  const auto time = parse_utc(text);
  statement.signed_at = time.value_or(Time{});
  return time.has_value();
}

bool is_soname(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '+' || c == '-';
         });
}

bool read_needed(std::string_view text, Statement& statement) {
  const auto names = split(text, ',');
  if (names.size() > Statement::needed_max) return false;
  if (!std::all_of(names.begin(), names.end(), is_soname)) return false;
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return false;
  statement.needed.emplace(names.begin(), names.end());
  return true;
}

struct Part {
  std::string_view key;
  bool (*read)(std::string_view text, Statement& statement);
  std::string_view wanted;
};

constexpr std::array<Part, 7> parts = {{
    {"id", read_id, "a plugin's id, such as org.example.kafka"},
    {"version", read_version, "a version, such as 1.2.3"},
    {"abi", read_abi, "two numbers, such as 1.0"},
    {"arch", read_arch, "an architecture, such as x86_64"},
    {"serial", read_serial, "a number from 1"},
    {"ts", read_time, "a time, such as 2026-01-02T03:04:05Z"},
    {"needed", read_needed, "names of libraries, each once, with commas between"},
}};
constexpr std::size_t required_parts = parts.size() - 1;

Error failure(std::string message) { return {.message = std::move(message)}; }

Status read_part(const Part& part, std::string_view word, Statement& statement) {
  if (!word.starts_with(part.key) || !word.substr(part.key.size()).starts_with('=')) {
    return failure(fmt::format("the trusted comment lacks {}= at its place", part.key));
  }
  if (!part.read(word.substr(part.key.size() + 1), statement)) {
    return failure(
        fmt::format("the trusted comment has a {}= that is not {}", part.key, part.wanted));
  }
  return {};
}

}  // namespace

Result<Statement> parse_statement(std::string_view comment) {
  auto words = split(comment, ' ');
  if (words.front() != tag) {
    return failure(
        fmt::format("the trusted comment does not begin with {}: it was not made for a "
                    "plugin",
                    tag));
  }
  words.erase(words.begin());
  if (words.size() > parts.size()) {
    return failure(
        fmt::format("the trusted comment has {} parts, more than {}", words.size(), parts.size()));
  }
  Statement statement;
  for (std::size_t i = 0; i < std::max(words.size(), required_parts); ++i) {
    const std::string_view word = i < words.size() ? words[i] : std::string_view{};
    if (Status status = read_part(parts[i], word, statement); !status) return status.errors();
  }
  return statement;
}

Result<std::string> format_statement(const Statement& statement) {
  std::string text =
      fmt::format("{} id={} version={} abi={}.{} arch={} serial={} ts={}", tag, statement.id,
                  statement.version, statement.abi.major, statement.abi.minor, statement.arch,
                  statement.serial, format_utc(statement.signed_at));
  if (statement.needed) text += fmt::format(" needed={}", fmt::join(*statement.needed, ","));
  const auto again = parse_statement(text);
  if (!again) return again.errors();
  if (*again != statement) return failure("the statement cannot be written in one line");
  return text;
}

}  // namespace penstock::signing
