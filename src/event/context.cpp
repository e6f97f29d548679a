// SPDX-License-Identifier: Apache-2.0
#include "event/context.hpp"

#include <cstring>

#include "penstock/detail/record.hpp"

namespace penstock::event {
namespace {

using detail::ContextItem;

// Reads items and stops for good at the first that is cut off.
class ItemReader {
 public:
  explicit ItemReader(std::span<const std::byte> items) noexcept : left_(items) {}

  bool at_end() const noexcept { return left_.empty(); }
  bool ok() const noexcept { return ok_; }

  template <class T>
  T scalar() noexcept {
    T value{};
    take(&value, sizeof value);
    return value;
  }
  void take(void* to, std::size_t size) noexcept {
    if (!has(size)) return;
    std::memcpy(to, left_.data(), size);
    left_ = left_.subspan(size);
  }
  std::string_view text() noexcept {
    const auto size = scalar<std::uint32_t>();
    if (!has(size)) return {};
    const std::string_view text(reinterpret_cast<const char*>(left_.data()), size);
    left_ = left_.subspan(size);
    return text;
  }

 private:
  bool has(std::size_t size) noexcept {
    if (left_.size() < size) ok_ = false;
    return ok_;
  }

  std::span<const std::byte> left_;
  bool ok_ = true;
};

bool read_field(ItemReader& reader, FieldView& field) {
  field.key = reader.text();
  switch (static_cast<Value::Type>(reader.scalar<std::uint8_t>())) {
    case Value::Type::i64:
      field.value = reader.scalar<std::int64_t>();
      break;
    case Value::Type::u64:
      field.value = reader.scalar<std::uint64_t>();
      break;
    case Value::Type::f64:
      field.value = reader.scalar<double>();
      break;
    case Value::Type::boolean:
      field.value = reader.scalar<std::uint64_t>() != 0;
      break;
    case Value::Type::text:
      field.value = reader.text();
      break;
    default:
      return false;
  }
  return reader.ok();
}

bool read_trace(ItemReader& reader, std::optional<TraceContext>& trace) {
  TraceContext read;
  reader.take(read.trace_id.data(), read.trace_id.size());
  reader.take(read.span_id.data(), read.span_id.size());
  if (reader.ok()) trace = read;
  return reader.ok();
}

template <class T>
bool keep(ItemReader& reader, T& to, const T& value) {
  if (reader.ok()) to = value;
  return reader.ok();
}

bool read_destinations(ItemReader& reader, ContextView& view) {
  const auto mask = reader.scalar<std::uint64_t>();
  const auto unknown = reader.scalar<std::uint32_t>();
  if (!reader.ok()) return false;
  view.has_destinations = true;
  view.destinations = mask;
  view.unknown_destinations = unknown;
  return true;
}

bool read_item(ItemReader& reader, ContextView& view) {
  switch (static_cast<ContextItem>(reader.scalar<std::uint8_t>())) {
    case ContextItem::destinations:
      return read_destinations(reader, view);
    case ContextItem::tag: {
      const std::string_view tag = reader.text();
      if (reader.ok()) view.tags.push_back(tag);
      return reader.ok();
    }
    case ContextItem::event:
      return keep(reader, view.event, reader.text());
    case ContextItem::trace:
      return read_trace(reader, view.trace);
    case ContextItem::field: {
      FieldView field;
      if (!read_field(reader, field)) return false;
      view.fields.push_back(field);
      return true;
    }
    case ContextItem::logger:
      return keep(reader, view.logger, reader.text());
    case ContextItem::time:
      return keep(reader, view.time_ns, std::optional(reader.scalar<std::int64_t>()));
    case ContextItem::truncated:
      return keep(reader, view.truncated_bytes, reader.scalar<std::uint64_t>());
    case ContextItem::dead_letter:
      view.as_is = true;
      return keep(reader, view.dead_letter, true);
    case ContextItem::as_is:
      return keep(reader, view.as_is, true);
  }
  return false;
}

}  // namespace

void ContextView::clear() noexcept {
  has_destinations = false;
  destinations = 0;
  unknown_destinations = 0;
  event = {};
  tags.clear();
  fields.clear();
  trace.reset();
  logger = {};
  time_ns.reset();
  truncated_bytes = 0;
  as_is = false;
  dead_letter = false;
}

bool parse_context(std::span<const std::byte> items, ContextView& view) {
  view.clear();
  ItemReader reader(items);
  while (!reader.at_end()) {
    if (!read_item(reader, view)) return false;
  }
  return true;
}

void ContextWriter::put(const void* data, std::size_t size) {
  items_.append(static_cast<const char*>(data), size);
}

void ContextWriter::put_text(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  put(&size, sizeof size);
  items_ += text.substr(0, size);
}

void ContextWriter::add_destinations(std::uint64_t mask, std::uint32_t unknown) {
  items_ += static_cast<char>(ContextItem::destinations);
  put(&mask, sizeof mask);
  put(&unknown, sizeof unknown);
}

void ContextWriter::add_tag(std::string_view tag) {
  items_ += static_cast<char>(ContextItem::tag);
  put_text(tag);
}

void ContextWriter::add_event(std::string_view name) {
  items_ += static_cast<char>(ContextItem::event);
  put_text(name);
}

void ContextWriter::add_trace(const TraceContext& trace) {
  items_ += static_cast<char>(ContextItem::trace);
  put(trace.trace_id.data(), trace.trace_id.size());
  put(trace.span_id.data(), trace.span_id.size());
}

void ContextWriter::add_field(const FieldView& field) {
  items_ += static_cast<char>(ContextItem::field);
  put_text(field.key);
  items_ += static_cast<char>(field.value.type());
  const Value& value = field.value;
  std::uint64_t bits = 0;
  switch (value.type()) {
    case Value::Type::i64:
      bits = detail::scalar_bits(value.i64());
      break;
    case Value::Type::u64:
      bits = value.u64();
      break;
    case Value::Type::f64:
      bits = detail::scalar_bits(value.f64());
      break;
    case Value::Type::boolean:
      bits = value.boolean() ? 1 : 0;
      break;
    case Value::Type::text:
      return put_text(value.text());
  }
  put(&bits, sizeof bits);
}

void ContextWriter::add_logger(std::string_view name) {
  items_ += static_cast<char>(ContextItem::logger);
  put_text(name);
}

void ContextWriter::add_time(std::int64_t time_ns) {
  items_ += static_cast<char>(ContextItem::time);
  put(&time_ns, sizeof time_ns);
}

void ContextWriter::add_truncated(std::uint64_t bytes) {
  items_ += static_cast<char>(ContextItem::truncated);
  put(&bytes, sizeof bytes);
}

void ContextWriter::add_dead_letter() { items_ += static_cast<char>(ContextItem::dead_letter); }
void ContextWriter::add_as_is() { items_ += static_cast<char>(ContextItem::as_is); }

}  // namespace penstock::event
