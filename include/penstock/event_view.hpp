// SPDX-License-Identifier: Apache-2.0
// event_view.hpp: events as sinks see them: C++ faces of the structs that plugins are given too
// (plugin/abi.h). Nothing is copied; what is not looked at is not even read.
//
// Threads  reads only; like any constant memory
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>

#include "penstock/field.hpp"
#include "penstock/level.hpp"
#include "penstock/plugin/abi.h"

namespace penstock {

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

namespace detail {

inline std::string_view text_of(const penstock_text& text) noexcept {
  return {text.data, text.size};
}

constexpr penstock_text c_text(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

inline Value value_of(const penstock_value& value) noexcept {
  switch (value.type) {
    case PENSTOCK_I64:
      return Value(value.as.i64);
    case PENSTOCK_U64:
      return Value(value.as.u64);
    case PENSTOCK_F64:
      return Value(value.as.f64);
    case PENSTOCK_BOOLEAN:
      return Value(value.as.boolean != 0);
    case PENSTOCK_TEXT:
      return Value(text_of(value.as.text));
    default:
      return {};  // of a later minor version: as if it were empty
  }
}

inline penstock_value c_value(const Value& value) noexcept {
  penstock_value result{};
  result.type = static_cast<std::uint32_t>(value.type());
  switch (value.type()) {
    case Value::Type::i64:
      result.as.i64 = value.i64();
      break;
    case Value::Type::u64:
      result.as.u64 = value.u64();
      break;
    case Value::Type::f64:
      result.as.f64 = value.f64();
      break;
    case Value::Type::boolean:
      result.as.boolean = value.boolean() ? 1 : 0;
      break;
    case Value::Type::text:
      result.as.text = c_text(value.text());
      break;
  }
  return result;
}

// How an item of the C side is seen.
template <class View>
View make_view(const penstock_text& text) noexcept {
  return text_of(text);
}
template <class View>
View make_view(const penstock_field& field) noexcept {
  return {text_of(field.key), value_of(field.value)};
}
template <class View>
View make_view(const penstock_event& event) noexcept {
  return View(event);
}

// A range over an array of `Item`s that lie `stride` bytes apart, each seen as a `View`.
template <class View, class Item>
class ViewRange {
 public:
  class Iterator {
   public:
    using value_type = View;
    using reference = View;
    using pointer = void;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;  // operator* gives no reference
    using iterator_concept = std::random_access_iterator_tag;

    Iterator() noexcept = default;
    Iterator(const ViewRange& range, std::size_t index) noexcept
        : at_(range.address(index)), stride_(static_cast<difference_type>(range.stride_)) {}

    View operator*() const noexcept { return make_view<View>(*reinterpret_cast<const Item*>(at_)); }
    View operator[](difference_type distance) const noexcept { return *(*this + distance); }
    Iterator& operator++() noexcept { return *this += 1; }
    Iterator& operator--() noexcept { return *this -= 1; }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++*this;
      return before;
    }
    Iterator operator--(int) noexcept {
      Iterator before = *this;
      --*this;
      return before;
    }
    Iterator& operator+=(difference_type distance) noexcept {
      at_ += distance * stride_;
      return *this;
    }
    Iterator& operator-=(difference_type distance) noexcept { return *this += -distance; }
    friend Iterator operator+(Iterator a, difference_type distance) noexcept {
      return a += distance;
    }
    friend Iterator operator+(difference_type distance, Iterator a) noexcept {
      return a += distance;
    }
    friend Iterator operator-(Iterator a, difference_type distance) noexcept {
      return a -= distance;
    }
    friend difference_type operator-(const Iterator& a, const Iterator& b) noexcept {
      return (a.at_ - b.at_) / a.stride_;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.at_ == b.at_; }
    friend auto operator<=>(const Iterator& a, const Iterator& b) noexcept {
      return a.at_ <=> b.at_;
    }

   private:
    const std::byte* at_ = nullptr;
    difference_type stride_ = sizeof(Item);
  };
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = View;

  ViewRange() noexcept = default;
  ViewRange(const Item* first, std::size_t count, std::size_t stride = sizeof(Item)) noexcept
      : first_(first), count_(count), stride_(stride) {}

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  View operator[](std::size_t index) const noexcept { return *Iterator(*this, index); }
  View front() const noexcept { return (*this)[0]; }
  View back() const noexcept { return (*this)[count_ - 1]; }
  ViewRange first(std::size_t count) const noexcept { return {first_, count, stride_}; }
  Iterator begin() const noexcept { return Iterator(*this, 0); }
  Iterator end() const noexcept { return Iterator(*this, count_); }

 private:
  const std::byte* address(std::size_t index) const noexcept {
    return reinterpret_cast<const std::byte*>(first_) + index * stride_;
  }

  const Item* first_ = nullptr;
  std::size_t count_ = 0;
  std::size_t stride_ = sizeof(Item);
};

}  // namespace detail

using FieldRange = detail::ViewRange<FieldView, penstock_field>;
using TagRange = detail::ViewRange<std::string_view, penstock_text>;

// One event. Views into the batch: copy what must outlive it.
struct EventView {
  EventView() noexcept = default;
  explicit EventView(const penstock_event& c) noexcept
      : time_ns(c.time_ns),
        level(static_cast<Level>(c.level)),
        line(c.line),
        logger(detail::text_of(c.logger)),
        message(detail::text_of(c.message)),
        file(detail::text_of(c.file)),
        function(detail::text_of(c.function)),
        thread_id(c.thread_id),
        thread_name(detail::text_of(c.thread_name)),
        event(detail::text_of(c.name)),
        fields(c.fields, c.field_count),
        tags(c.tags, c.tag_count),
        producer(c.producer) {
    if (c.trace == nullptr) return;
    trace.emplace();
    std::memcpy(trace->trace_id.data(), c.trace->trace_id, trace->trace_id.size());
    std::memcpy(trace->span_id.data(), c.trace->span_id, trace->span_id.size());
  }

  std::int64_t time_ns = 0;  // since 1970-01-01 UTC
  Level level = Level::info;
  std::uint32_t line = 0;  // 0 when the call site is not known
  std::string_view logger{};
  std::string_view message{};
  std::string_view file{};
  std::string_view function{};
  std::uint64_t thread_id = 0;  // the kernel's thread id
  std::string_view thread_name{};
  std::string_view event{};  // the event's name; empty when it has none
  FieldRange fields{};
  TagRange tags{};
  std::optional<TraceContext> trace{};
  std::uint64_t producer = 0;  // the thread's writing end; order within one is absolute
};

using EventRange = detail::ViewRange<EventView, penstock_event>;

}  // namespace penstock
