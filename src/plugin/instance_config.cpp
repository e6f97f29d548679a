// SPDX-License-Identifier: Apache-2.0
#include "plugin/instance_config.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/units.hpp"
#include "penstock/event_view.hpp"
#include "penstock/secret.hpp"
#include "plugin/json.hpp"

namespace penstock::plugin {
namespace {

using detail::c_text;
using detail::text_of;

// Null when there is nothing, or a null.
const Value* at(void* ctx, const penstock_text& path) noexcept {
  const Value* const found = find_path(*static_cast<const Value*>(ctx), text_of(path));
  return found == nullptr || found->is(Value::Kind::null) ? nullptr : found;
}

// False for what is no scalar.
bool fill(const Value& from, penstock_value& to) noexcept {
  to = {};
  switch (from.kind()) {
    case Value::Kind::boolean:
      to.type = PENSTOCK_BOOLEAN;
      to.as.boolean = *from.boolean() ? 1 : 0;
      return true;
    case Value::Kind::integer:
      to.type = PENSTOCK_I64;
      to.as.i64 = std::get<std::int64_t>(from.data);
      return true;
    case Value::Kind::unsigned_integer:
      to.type = PENSTOCK_U64;
      to.as.u64 = std::get<std::uint64_t>(from.data);
      return true;
    case Value::Kind::number:
      to.type = PENSTOCK_F64;
      to.as.f64 = std::get<double>(from.data);
      return true;
    case Value::Kind::text:
      to.type = PENSTOCK_TEXT;
      to.as.text = c_text(*from.text());
      return true;
    default:
      return false;
  }
}

std::int32_t get(void* ctx, penstock_text path, penstock_value* value) {
  const Value* const found = at(ctx, path);
  if (found == nullptr) return PENSTOCK_ABSENT;
  return fill(*found, *value) ? PENSTOCK_OK : PENSTOCK_FAILED;
}

std::int32_t count(void* ctx, penstock_text path, std::size_t* count) {
  const Value* const found = at(ctx, path);
  if (found == nullptr) return PENSTOCK_ABSENT;
  if (found->array() != nullptr) {
    *count = found->array()->size();
  } else if (found->object() != nullptr) {
    *count = found->object()->size();
  } else {
    return PENSTOCK_FAILED;
  }
  return PENSTOCK_OK;
}

std::int32_t key(void* ctx, penstock_text path, std::size_t index, penstock_text* key) {
  const Value* const found = at(ctx, path);
  if (found == nullptr) return PENSTOCK_ABSENT;
  if (found->object() == nullptr) return PENSTOCK_FAILED;
  if (index >= found->object()->size()) return PENSTOCK_ABSENT;
  *key = c_text((*found->object())[index].key);
  return PENSTOCK_OK;
}

// Durations and sizes may be written as numbers, in nanoseconds and bytes.
template <class T>
std::int32_t quantity(void* ctx, const penstock_text& path, T* value,
                      std::optional<std::uint64_t> (*parse)(std::string_view)) {
  const Value* const found = at(ctx, path);
  if (found == nullptr) return PENSTOCK_ABSENT;
  std::optional<std::uint64_t> number;
  if (found->text() != nullptr) number = parse(*found->text());
  if (const auto* integer = std::get_if<std::int64_t>(&found->data); integer && *integer >= 0) {
    number = static_cast<std::uint64_t>(*integer);
  }
  if (const auto* integer = std::get_if<std::uint64_t>(&found->data)) number = *integer;
  if (!number || !std::in_range<T>(*number)) return PENSTOCK_FAILED;
  *value = static_cast<T>(*number);
  return PENSTOCK_OK;
}

std::int32_t duration_ns(void* ctx, penstock_text path, std::int64_t* value) {
  return quantity(ctx, path, value, [](std::string_view text) -> std::optional<std::uint64_t> {
    const auto duration = base::parse_duration(text).value;
    if (!duration) return std::nullopt;
    return static_cast<std::uint64_t>(duration->count());
  });
}

std::int32_t size_bytes(void* ctx, penstock_text path, std::uint64_t* value) {
  return quantity(ctx, path, value,
                  [](std::string_view text) { return base::parse_size(text).value; });
}

// What an error says stays until the thread asks for the next secret.
std::int32_t secret(void* ctx, penstock_text path, char* buffer, std::size_t capacity,
                    std::size_t* needed, penstock_text* error) {
  thread_local std::string why;
  try {
    const Value* const found = at(ctx, path);
    if (found == nullptr) return PENSTOCK_ABSENT;
    if (found->text() == nullptr) {
      why = fmt::format("a secret is text, or refers to it; this is {}", kind_name(*found));
      *error = c_text(why);
      return PENSTOCK_FAILED;
    }
    const Result<std::string> text = Secret(*found->text()).reveal();
    if (!text) {
      why = text.errors().front().message;
      *error = c_text(why);
      return PENSTOCK_FAILED;
    }
    *needed = text->size();
    if (text->size() <= capacity) std::memcpy(buffer, text->data(), text->size());
    return PENSTOCK_OK;
  } catch (...) {
    *error = c_text("out of memory");
    return PENSTOCK_FAILED;
  }
}

// A key may have dots itself: the longest one that there is counts.
const Value* step_to_key(const Value& from, std::string_view& path) noexcept {
  std::size_t end = std::min(path.find('['), path.size());
  while (end != 0 && end != std::string_view::npos) {
    if (const Value* const found = from.find(path.substr(0, end))) {
      path.remove_prefix(end);
      return found;
    }
    end = path.rfind('.', end - 1);
  }
  return nullptr;
}

// One step of a path: "key" or "[3]", taken off its front. Null when there is no such thing.
const Value* step(const Value& from, std::string_view& path) noexcept {
  if (path.front() != '[') return step_to_key(from, path);
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos || from.array() == nullptr) return nullptr;
  std::size_t index = 0;
  const auto [last, problem] = std::from_chars(path.data() + 1, path.data() + end, index);
  if (problem != std::errc() || last != path.data() + end) return nullptr;
  path.remove_prefix(end + 1);
  return index < from.array()->size() ? &(*from.array())[index] : nullptr;
}

}  // namespace

const Value* find_path(const Value& root, std::string_view path) noexcept {
  if (path.empty()) return &root;
  const Value* found = step(root, path);
  while (found != nullptr && !path.empty()) {
    // Between two steps: a '.' before a key, nothing before a '['.
    if (path.front() == '.' && path.size() > 1 && path[1] != '[') {
      path.remove_prefix(1);
    } else if (path.front() != '[') {
      return nullptr;
    }
    found = step(*found, path);
  }
  return found;
}

InstanceConfig::InstanceConfig(Value options)
    : options_(std::move(options)), json_(json_text(options_)) {
  c_.size = sizeof c_;
  c_.ctx = const_cast<Value*>(&options_);  // the functions only read
  c_.json = c_text(json_);
  c_.get = &get;
  c_.count = &count;
  c_.key = &key;
  c_.duration_ns = &duration_ns;
  c_.size_bytes = &size_bytes;
  c_.secret = &secret;
}

}  // namespace penstock::plugin
