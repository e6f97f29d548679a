// SPDX-License-Identifier: Apache-2.0
#include "event/dynamic_message.hpp"

#include <string>
#include <string_view>

#include <fmt/args.h>
#include <fmt/format.h>

#include "event/args.hpp"

namespace penstock::event {

// A deferred copy among the arguments of fmt.
struct CustomArg {
  const std::byte* bytes;
  detail::CustomFormat format;
};

// The value of an integer argument, as a nested placeholder wants it.
struct IntegerText {
  template <class T>
  std::string operator()(const T& value) const {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>) {
      return fmt::format("{}", value);
    } else {
      throw fmt::format_error("width or precision is not an integer");
    }
  }
};

}  // namespace penstock::event

// Passes the specification on to the type's own formatter, with its nested placeholders filled in.
template <>
struct fmt::formatter<penstock::event::CustomArg> {
  const char* parse(fmt::format_parse_context& context) {
    const char* at = context.begin();
    const char* const end = context.end();
    while (at != end && *at != '}') {
      if (*at != '{') {
        spec_ += *at++;
        continue;
      }
      at = parse_nested(context, at + 1, end);
    }
    return at;
  }

  template <class Context>
  auto format(const penstock::event::CustomArg& arg, Context& context) const {
    std::string spec = "{:";
    std::size_t next = 0;
    for (const char c : spec_) {
      if (c == '{') {
        spec += fmt::visit_format_arg(penstock::event::IntegerText{}, context.arg(nested_[next++]));
      } else {
        spec += c;
      }
    }
    spec += '}';
    std::string text;
    arg.format(arg.bytes, spec, text);
    return std::copy(text.begin(), text.end(), context.out());
  }

 private:
  // "}" or "3}"; a '{' in spec_ stands for it.
  const char* parse_nested(fmt::format_parse_context& context, const char* at, const char* end) {
    int id = 0;
    if (at != end && *at == '}') {
      id = context.next_arg_id();
    } else {
      for (; at != end && *at >= '0' && *at <= '9' && id < 1000; ++at) id = id * 10 + (*at - '0');
      context.check_arg_id(id);
    }
    if (at == end || *at != '}') throw fmt::format_error("invalid nested argument");
    spec_ += '{';
    nested_.push_back(id);
    return at + 1;
  }

  std::string spec_{};
  std::vector<int> nested_{};
};

namespace penstock::event {
namespace {

using Arguments = fmt::dynamic_format_arg_store<fmt::format_context>;

void push(Arguments& arguments, const ArgStep& step, ArgReader& reader) {
  using detail::ArgType;
  switch (step.type) {
    case ArgType::i64:
      return arguments.push_back(reader.i64());
    case ArgType::u64:
      return arguments.push_back(reader.u64());
    case ArgType::f64:
      return arguments.push_back(reader.f64());
    case ArgType::f32:
      return arguments.push_back(reader.f32());
    case ArgType::boolean:
      return arguments.push_back(reader.boolean());
    case ArgType::character:
      return arguments.push_back(reader.character());
    case ArgType::text:
      return arguments.push_back(reader.text());
    case ArgType::pointer:
      return arguments.push_back(reinterpret_cast<const void*>(reader.u64()));
    case ArgType::custom:
      return arguments.push_back(CustomArg{reader.bytes(step.size), step.custom});
  }
}

}  // namespace

void append_dynamic_message(const Plan& plan, const std::byte* args, base::Buffer& out) {
  Arguments arguments;
  ArgReader reader(args);
  for (const ArgStep& step : plan.args) {
    if (step.is_field) {
      reader.skip(step);
    } else {
      push(arguments, step, reader);
    }
  }
  fmt::memory_buffer text;
  fmt::vformat_to(fmt::appender(text), fmt::string_view(plan.format.data(), plan.format.size()),
                  arguments);
  out.append(text.data(), text.size());
}

}  // namespace penstock::event
