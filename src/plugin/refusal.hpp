// SPDX-License-Identifier: Apache-2.0
// refusal.hpp: why a plugin is not used: one code, one sentence, and what to do about it. The same
// words stand in the log, in the list of plugins and in the metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace penstock::plugin {

// The steps from a file name to a sink that is open, in their order.
enum class Stage : std::uint8_t {
  find,
  elf,
  manifest,
  signature,
  schema,
  probe,
  load,
  handshake,
  create,
  open,
};

std::string_view to_string(Stage stage) noexcept;

struct Refusal {
  std::string plugin{};  // its id; empty when that is not known yet
  std::string file{};
  Stage stage = Stage::find;
  std::string code{};    // never changes its meaning: `owner`, `exec-stack`, `two-manifests`, ...
  std::string reason{};  // one sentence, without a full stop
  std::string fix{};     // what to do, likewise
};

// "/p/x.penstock.so (org.example.x): elf: rpath: <reason>; <fix>", on one line whatever is in it.
// [any]
std::string to_string(const Refusal& refusal);

// A value, or the one refusal in its place. The value of a refused one must not be asked for.
template <class T>
class [[nodiscard]] Checked {
 public:
  Checked(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Checked(Refusal refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Refusal& refusal() const& { return std::get<1>(state_); }
  Refusal& refusal() & { return std::get<1>(state_); }
  Refusal&& refusal() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Refusal> state_;
};

}  // namespace penstock::plugin
