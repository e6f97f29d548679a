// SPDX-License-Identifier: Apache-2.0
// processor.hpp: what a processor is: it sees each event of a sink before the sink does, and lets
// it pass, changes it, or drops it.
//
// Threads  All functions of one processor are called by one thread, the worker of its sink.
// Order    After level, routing and limits; before the event is encoded. Several of them see it one
//          after the other, each as the one before has left it.
// Loss     What is dropped is counted as filtered(processor). When process() throws, the event is
//          dropped(processor_failed): what should have been changed does not go out as it was. So
//          it is when what is left of it is larger than 32 MiB.
// Life     Made when the sink is opened for the first time, and kept when it is opened again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/event_view.hpp"
#include "penstock/export.hpp"
#include "penstock/result.hpp"

namespace penstock {

namespace detail {

// The fields or tags of an event that is being changed. What has been seen of them does not go away
// before begin().
template <class Item>
class EditedItems {
 public:
  void begin() noexcept {
    is_own_ = false;
    is_seen_ = false;
    old_.clear();
  }
  // They are somebody else's again.
  void release() noexcept { is_own_ = false; }

  Item& at(std::size_t index) {
    if (index >= items_.size())
      throw std::out_of_range("the event has no field or tag of that number");
    return items_[index];
  }
  void own(const Item* items, std::size_t count) {
    if (is_own_) return;
    if (is_seen_) {
      renew(items, count, count);
    } else {
      items_.assign(items, items + count);
    }
    is_own_ = is_seen_ = true;
  }
  void add(const Item& item) {
    if (items_.size() == items_.capacity()) {
      renew(items_.data(), items_.size(), 2 * items_.size() + 8);
    }
    items_.push_back(item);
  }
  void remove(std::size_t index) {
    at(index);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  const std::vector<Item>& items() const noexcept { return items_; }

 private:
  void renew(const Item* items, std::size_t count, std::size_t capacity) {
    std::vector<Item> now;
    now.reserve(capacity);
    now.assign(items, items + count);
    old_.push_back(std::move(items_));
    items_ = std::move(now);
  }

  std::vector<Item> items_{};
  std::vector<std::vector<Item>> old_{};
  bool is_own_ = false;
  bool is_seen_ = false;  // since begin()
};

}  // namespace detail

// An event that may be changed: its level, message, name, fields, tags and trace. Where and when it
// came from stays. What it is given is copied. Fields and tags are counted from 0; a number that
// there is not throws std::out_of_range.
class EventEdit {
 public:
  // As it is now. What it refers to is valid until this event has been processed; a view that was
  // taken before a change may show the one or the other.
  EventView view() const noexcept { return EventView(c_); }

  void set_level(Level level) {
    c_.level = static_cast<std::uint32_t>(level);
    changed_ = true;
  }
  void set_message(std::string_view message) {
    c_.message = keep(message);
    changed_ = true;
  }
  // The event's name; empty takes it away.
  void set_event(std::string_view name) {
    c_.name = keep(name);
    changed_ = true;
  }
  // The number of the first field with that key; empty when there is none.
  std::optional<std::size_t> find_field(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < c_.field_count; ++i) {
      if (detail::text_of(c_.fields[i].key) == key) return i;
    }
    return {};
  }
  void set_field(std::size_t index, const Value& value) {
    own_fields();
    fields_.at(index).value = keep(value);
    point_to_fields();
  }
  void add_field(std::string_view key, const Value& value) {
    own_fields();
    fields_.add({keep(key), keep(value)});
    point_to_fields();
  }
  // Those behind it move up.
  void remove_field(std::size_t index) {
    own_fields();
    fields_.remove(index);
    point_to_fields();
  }
  void set_tag(std::size_t index, std::string_view tag) {
    own_tags();
    tags_.at(index) = keep(tag);
    point_to_tags();
  }
  void add_tag(std::string_view tag) {
    own_tags();
    tags_.add(keep(tag));
    point_to_tags();
  }
  void remove_tag(std::size_t index) {
    own_tags();
    tags_.remove(index);
    point_to_tags();
  }
  void remove_trace() noexcept {
    c_.trace = nullptr;
    changed_ = true;
  }

  // ---- for who calls a processor
  // Begins with an event, which must stay where it is until the next one.
  void begin(const penstock_event& event) noexcept {
    c_ = event;
    changed_ = false;
    fields_.begin();
    tags_.begin();
    for (std::size_t i = 0; i < used_; ++i) {
      if (texts_[i].capacity() > kept_bytes) texts_[i] = std::string();
    }
    used_ = 0;
  }
  // Puts another in its place, which stays valid until the next begin().
  void replace(const penstock_event& event) noexcept {
    c_ = event;
    changed_ = true;
    fields_.release();
    tags_.release();
  }
  bool changed() const noexcept { return changed_; }
  const penstock_event& c() const noexcept { return c_; }

 private:
  static constexpr std::size_t kept_bytes = 64 * 1024;  // of a text, for the next event

  penstock_text keep(std::string_view text) {
    if (used_ == texts_.size()) texts_.emplace_back();
    std::string& own = texts_[used_++];
    own.assign(text);
    return detail::c_text(own);
  }
  penstock_value keep(const Value& value) {
    penstock_value own = detail::c_value(value);
    if (own.type == PENSTOCK_TEXT) own.as.text = keep(value.text());
    return own;
  }
  void own_fields() { fields_.own(c_.fields, c_.field_count); }
  void own_tags() { tags_.own(c_.tags, c_.tag_count); }
  void point_to_fields() noexcept {
    c_.fields = fields_.items().data();
    c_.field_count = fields_.items().size();
    changed_ = true;
  }
  void point_to_tags() noexcept {
    c_.tags = tags_.items().data();
    c_.tag_count = tags_.items().size();
    changed_ = true;
  }

  penstock_event c_{};
  bool changed_ = false;
  detail::EditedItems<penstock_field> fields_{};
  detail::EditedItems<penstock_text> tags_{};
  std::deque<std::string> texts_{};  // which never moves its elements
  std::size_t used_ = 0;             // of texts_
};

class PENSTOCK_EXPORT Processor {
 public:
  virtual ~Processor() = default;

  enum class Verdict : std::uint8_t { keep, drop };
  // Looks at an event, and perhaps changes it. Waiting here holds up the sink, and nobody else.
  // What it throws is shown as the reason, in reports and logs: it must not quote the event.
  virtual Verdict process(EventEdit& event) = 0;
  // What its user should know, although it works; empty: nothing. Asked once, when it is new.
  virtual std::string concern() const { return {}; }
};

// Makes a new processor each time it is called, or says why it cannot.
using ProcessorFactory = std::function<Result<std::unique_ptr<Processor>>()>;

}  // namespace penstock
