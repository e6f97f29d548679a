// SPDX-License-Identifier: Apache-2.0
// result.hpp: a value, or every reason why there is none.
//
// Errors  Result never throws. Using the value of a failed Result prints its errors and aborts:
//         that is a programming error, not an outcome.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "penstock/export.hpp"

namespace penstock {

// One thing that is wrong, and where. `line` and `column` count from 1; 0 means "not in a file".
struct Error {
  std::string message{};
  std::string file{};
  int line = 0;
  int column = 0;

  // "file:line:column: message", without the parts that are not known.
  PENSTOCK_EXPORT std::string to_string() const;
};

using Errors = std::vector<Error>;

// All errors, one per line, each line ended.
PENSTOCK_EXPORT std::string to_string(const Errors& errors);

namespace detail {
#if defined(PENSTOCK_PLUGIN)
[[noreturn]] inline void abort_on_errors(const Errors&) noexcept { std::abort(); }
#else
[[noreturn]] PENSTOCK_EXPORT void abort_on_errors(const Errors& errors) noexcept;
#endif
}  // namespace detail

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Errors errors) : state_(std::in_place_index<1>, std::move(errors)) {}
  Result(Error error) : state_(std::in_place_index<1>, Errors{std::move(error)}) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Empty when ok().
  const Errors& errors() const noexcept {
    static const Errors none;
    const Errors* errors = std::get_if<1>(&state_);
    return errors == nullptr ? none : *errors;
  }

  T& value() & { return checked(*this); }
  const T& value() const& { return checked(*this); }
  T&& value() && { return std::move(checked(*this)); }
  T& operator*() & { return checked(*this); }
  const T& operator*() const& { return checked(*this); }
  T&& operator*() && { return std::move(checked(*this)); }
  T* operator->() { return &checked(*this); }
  const T* operator->() const { return &checked(*this); }

 private:
  template <class Self>
  static auto& checked(Self& self) {
    if (!self.ok()) detail::abort_on_errors(self.errors());
    return *std::get_if<0>(&self.state_);
  }

  std::variant<T, Errors> state_{};
};

// Success, or the reasons against it.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : errors_{std::move(error)} {}
  Status(Errors errors) : errors_(std::move(errors)) {}
  static Status failure(std::string message) {
    return Status(Error{.message = std::move(message)});
  }

  bool ok() const noexcept { return errors_.empty(); }
  explicit operator bool() const noexcept { return ok(); }
  const Errors& errors() const noexcept { return errors_; }

 private:
  Errors errors_;
};

}  // namespace penstock
