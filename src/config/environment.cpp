// SPDX-License-Identifier: Apache-2.0
#include "config/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "config/text_check.hpp"
#include "config/words.hpp"

namespace penstock::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

// `expression` is what stands between ${ and }.
std::string resolve(std::string_view expression, const Environment& environment,
                    std::vector<std::string>& problems) {
  const std::size_t split = expression.find(":-");
  const bool has_default = split != std::string_view::npos;
  const std::string_view name = expression.substr(0, split);
  if (!is_variable_name(name)) {
    problems.push_back(
        fmt::format("{} is not the name of an environment variable; write $${{ for "
                    "a literal ${{",
                    in_quotes(name)));
    return {};
  }
  const std::string_view fallback = has_default ? expression.substr(split + 2) : "";
  if (fallback.find("${") != std::string_view::npos) {
    problems.push_back(
        fmt::format("the default of environment variable '{}' cannot hold another ${{", name));
    return {};
  }
  std::optional<std::string> value = environment(std::string(name));
  if (has_default && (!value || value->empty())) return std::string(fallback);
  if (!value) {
    problems.push_back(fmt::format(
        "environment variable '{}' is not set; ${{{}:-default}} gives it a default", name, name));
    return {};
  }
  if (const auto bad = find_bad_text(*value)) {
    problems.push_back(fmt::format("environment variable '{}' holds {}", name, bad->what));
    return {};
  }
  return *std::move(value);
}

bool is_secret_reference(std::string_view expression) {
  return expression.starts_with("env:") || expression.starts_with("file:");
}

constexpr std::string_view mixed =
    "a text that refers to secrets (${env:..}, ${file:..}) cannot hold another ${";

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Substituted substitute(std::string_view text, const Environment& environment,
                       std::size_t bytes_max) {
  Substituted result;
  bool has_others = false;
  while (!text.empty()) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) break;
    if (dollar > 0 && text[dollar - 1] == '$') {  // $${
      result.text.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      has_others = true;
      continue;
    }
    result.text.append(text.substr(0, dollar));
    const std::size_t close = text.find('}', dollar);
    if (close == std::string_view::npos) {
      result.problems.emplace_back("${ has no closing }; write $${ for a literal ${");
      return result;
    }
    const std::string_view expression = text.substr(dollar + 2, close - dollar - 2);
    if (is_secret_reference(expression)) {
      result.text.append(text.substr(dollar, close + 1 - dollar));
      result.has_secrets = true;
    } else {
      result.text.append(resolve(expression, environment, result.problems));
      has_others = true;
    }
    text.remove_prefix(close + 1);
    if (result.text.size() > bytes_max) {
      result.problems.emplace_back("the environment variables in this text make it too long");
      return result;
    }
  }
  result.text.append(text);
  if (result.has_secrets && has_others) result.problems.emplace_back(mixed);
  return result;
}

}  // namespace penstock::config
