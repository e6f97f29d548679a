// SPDX-License-Identifier: Apache-2.0
// records.hpp: records made as Logger makes them, without a pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_parts.hpp"
#include "event/plan.hpp"
#include "event/record.hpp"
#include "penstock/call_site.hpp"

namespace penstock::event {

struct Point {
  int x;
  int y;
};

// Cannot be formatted when `fine` is false.
struct Grumpy {
  bool fine;
};

}  // namespace penstock::event

template <>
inline constexpr bool penstock::deferred_copy<penstock::event::Point> = true;
template <>
inline constexpr bool penstock::deferred_copy<penstock::event::Grumpy> = true;

template <>
struct fmt::formatter<penstock::event::Point> : fmt::formatter<fmt::string_view> {
  template <class Context>
  auto format(const penstock::event::Point& point, Context& context) const {
    const std::string text = fmt::format("({}, {})", point.x, point.y);
    return fmt::formatter<fmt::string_view>::format(text, context);
  }
};

template <>
struct fmt::formatter<penstock::event::Grumpy> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const penstock::event::Grumpy& grumpy, Context& context) const {
    if (!grumpy.fine) throw std::runtime_error("no\nmood");
    return fmt::format_to(context.out(), "fine");
  }
};

namespace penstock::event {

// Call sites are static in programs, and so are these: they are never freed.
inline detail::CallSite& new_site(std::string_view format, std::vector<detail::ArgSpec> args,
                                  detail::Place place = {"/src/orders.cpp", "run", 42}) {
  struct Kept {
    std::string format;
    std::vector<detail::ArgSpec> args;
    detail::CallSite site;
  };
  static auto* const kept = new std::deque<Kept>;
  Kept& made = kept->emplace_back();
  made.format = format;
  made.args = std::move(args);
  detail::register_call_site(made.site, made.format.data(),
                             static_cast<std::uint32_t>(made.format.size()), place,
                             {made.args.data(), static_cast<std::uint32_t>(made.args.size())});
  return made.site;
}

template <class... Args>
detail::CallSite& new_site_for(std::string_view format, const Args&...) {
  return new_site(format, {detail::arg_spec<Args>()...});
}

// A whole record, in memory of exactly its size, so that the sanitizer sees a read past it.
class Record {
 public:
  template <class... Args>
  Record(detail::CallSite& site, std::uint64_t flags, std::string_view context,
         const Args&... args) {
    std::string bytes;
    (add(bytes, detail::prepare(args)), ...);
    finish(site, flags, context, bytes);
  }
  struct Encoded {
    std::string args;
  };
  Record(detail::CallSite& site, std::string_view context, const Encoded& encoded) {
    finish(site, 0, context, encoded.args);
  }

  const std::byte* data() const { return bytes_.data(); }

  template <class Prepared>
  static void add(std::string& bytes, const Prepared& value) {
    std::vector<std::byte> room(room_for(value));
    std::byte* const end = detail::encode(room.data(), value);
    bytes.append(reinterpret_cast<const char*>(room.data()),
                 static_cast<std::size_t>(end - room.data()));
  }

 private:
  // Not inlined: gcc 12 then warns of sizes that no text has.
  template <class Prepared>
  [[gnu::noinline]] static std::size_t room_for(const Prepared& value) {
    return detail::encoded_size(value);
  }

  void finish(detail::CallSite& site, std::uint64_t flags, std::string_view context,
              const std::string& args) {
    std::string bytes(detail::record_header_bytes, '\0');
    if (!context.empty()) {
      flags |= detail::flag_has_context;
      add(bytes, context);
    }
    bytes += args;
    bytes.resize((bytes.size() + 7) & ~std::size_t{7});
    bytes_.resize(bytes.size());
    std::memcpy(bytes_.data(), bytes.data(), bytes.size());
    const auto level = static_cast<std::uint64_t>(Level::warning);
    detail::store64(bytes_.data(), 1234);
    detail::store64(bytes_.data() + 8, reinterpret_cast<std::uintptr_t>(&site));
    detail::store64(bytes_.data() + 16, 7ull << 40 | flags | level << 32 | bytes.size());
  }

  std::vector<std::byte> bytes_{};
};

// 2026-01-02T03:04:05.123456789Z
inline constexpr std::int64_t some_time_ns = 1'767'323'045'123'456'789;

inline EventParts parts_of(const Record& record) {
  const RecordView view = read_record(record.data());
  EventParts parts;
  parts.time_ns = some_time_ns;
  parts.level = view.level;
  parts.logger = "orders.book";
  parts.thread_id = 4711;
  parts.thread_name = "main";
  parts.plan = &plan_of(*view.site);
  parts.args = view.args;
  parts.formatted = view.has(detail::flag_formatted);
  return parts;
}

inline EventParts message_parts(std::string_view message) {
  EventParts parts;
  parts.time_ns = some_time_ns;
  parts.logger = "orders.book";
  parts.thread_id = 4711;
  parts.has_message = true;
  parts.message = message;
  return parts;
}

}  // namespace penstock::event
