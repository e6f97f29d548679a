// SPDX-License-Identifier: Apache-2.0
// plugin/config.hpp: the options of one instance of a plugin, as the configuration has them.
//
// They have been checked against the manifest's `config_schema`, with its defaults filled in: what
// it requires or has a default for is there, and of its type. A path is "key", "key.key" or
// "list[0].key"; a key may have dots itself, and the longest that there is counts.
//
// Threads  any
// Errors   what is not there gives the fallback; a secret that cannot be read throws
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/event_view.hpp"
#include "penstock/plugin/abi.h"

namespace penstock::plugin {

class Config {
 public:
  explicit Config(const penstock_config& config) noexcept : config_(&config) {}

  // All of it, as a JSON object. Secrets stand there as references.
  std::string_view json() const noexcept { return penstock::detail::text_of(config_->json); }

  // What is at the path; empty when there is nothing, or a list or an object.
  std::optional<penstock::Value> get(std::string_view path) const noexcept {
    penstock_value value{};
    if (config_->get(config_->ctx, penstock::detail::c_text(path), &value) != PENSTOCK_OK)
      return {};
    return penstock::detail::value_of(value);
  }
  std::string text(std::string_view path, std::string_view fallback = {}) const {
    const std::optional<penstock::Value> value = get(path);
    const bool is_text = value && value->type() == penstock::Value::Type::text;
    return std::string(is_text ? value->text() : fallback);
  }
  std::int64_t integer(std::string_view path, std::int64_t fallback = 0) const noexcept {
    const std::optional<penstock::Value> value = get(path);
    if (value && value->type() == penstock::Value::Type::i64) return value->i64();
    if (!value || value->type() != penstock::Value::Type::u64) return fallback;
    return std::in_range<std::int64_t>(value->u64()) ? static_cast<std::int64_t>(value->u64())
                                                     : fallback;
  }
  double number(std::string_view path, double fallback = 0) const noexcept {
    const std::optional<penstock::Value> value = get(path);
    if (!value) return fallback;
    switch (value->type()) {
      case penstock::Value::Type::i64:
        return static_cast<double>(value->i64());
      case penstock::Value::Type::u64:
        return static_cast<double>(value->u64());
      case penstock::Value::Type::f64:
        return value->f64();
      default:
        return fallback;
    }
  }
  bool boolean(std::string_view path, bool fallback = false) const noexcept {
    const std::optional<penstock::Value> value = get(path);
    return value && value->type() == penstock::Value::Type::boolean ? value->boolean() : fallback;
  }
  // Of `format: duration`, such as "5ms".
  std::chrono::nanoseconds duration(std::string_view path,
                                    std::chrono::nanoseconds fallback = {}) const noexcept {
    std::int64_t ns = 0;
    const bool found =
        config_->duration_ns(config_->ctx, penstock::detail::c_text(path), &ns) == PENSTOCK_OK;
    return found ? std::chrono::nanoseconds(ns) : fallback;
  }
  // Of `format: size`, such as "64MiB".
  std::uint64_t bytes(std::string_view path, std::uint64_t fallback = 0) const noexcept {
    std::uint64_t bytes = 0;
    const bool found =
        config_->size_bytes(config_->ctx, penstock::detail::c_text(path), &bytes) == PENSTOCK_OK;
    return found ? bytes : fallback;
  }
  // How many items a list has, or keys an object; 0 when there is none.
  std::size_t count(std::string_view path) const noexcept {
    std::size_t count = 0;
    config_->count(config_->ctx, penstock::detail::c_text(path), &count);
    return count;
  }
  // Key number `index` of an object; empty beyond the last.
  std::string_view key(std::string_view path, std::size_t index) const noexcept {
    penstock_text key{};
    const bool found =
        config_->key(config_->ctx, penstock::detail::c_text(path), index, &key) == PENSTOCK_OK;
    return found ? penstock::detail::text_of(key) : std::string_view();
  }
  // The items of a list of texts; empty when there is none.
  std::vector<std::string> texts(std::string_view path) const {
    std::vector<std::string> all(count(path));
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = text(std::string(path) + "[" + std::to_string(i) + "]");
    }
    return all;
  }
  // Of `format: secret`: what it refers to, read now, so that a new one is seen by who asks again.
  // Empty when there is none. Throws std::runtime_error when it cannot be read; the text never
  // shows the secret.
  std::string secret(std::string_view path) const {
    std::string result(256, '\0');
    for (;;) {
      std::size_t needed = 0;
      penstock_text error{};
      const std::int32_t status = config_->secret(config_->ctx, penstock::detail::c_text(path),
                                                  result.data(), result.size(), &needed, &error);
      if (status == PENSTOCK_ABSENT) return {};
      if (status != PENSTOCK_OK)
        throw std::runtime_error(std::string(penstock::detail::text_of(error)));
      const bool complete = needed <= result.size();
      result.resize(needed);
      if (complete) return result;
    }
  }

 private:
  const penstock_config* config_;
};

}  // namespace penstock::plugin
