// SPDX-License-Identifier: Apache-2.0
// peer.hpp: the child's end of a link: how it hears requests and says what there is to say.
//
// Threads  hear() by one; the others [any]
// Loss     a host that is gone ends the process
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isolation/messages.hpp"
#include "penstock/plugin/abi.h"
#include "plugin/plugin_file.hpp"
#include "plugin/refusal.hpp"

namespace penstock::isolation {

struct Heard {
  Request request{};
  plugin::Descriptor fd{};  // that came with it
};

class Peer final {
 public:
  // What the plugin starts does not get the host's ends.
  Peer() noexcept;
  // Waits. Nothing: the host has left.
  std::optional<Heard> hear();

  // `gap`: what it could not be kept from.
  void say_made(const penstock_sink& sink, std::string_view gap);
  void say(const plugin::Refusal& refusal);
  void say_done(std::uint64_t number, std::uint64_t value = 0);
  void say_failed(std::uint64_t number, std::string_view why);
  void say_report(std::string_view problem);
  void say_figure(std::string_view name, double value);
  // `kind` is answer or settle, of a batch with so many events. What it names beyond them is left
  // out.
  void say(Kind kind, std::uint64_t token, std::uint64_t events, const penstock_answer& answer,
           bool threw = false);

 private:
  void send(MessageHead head, std::span<const std::uint32_t> positions, std::string_view text);
};

// penstock_config's secret(): asks the host. [any]
std::int32_t ask_secret(void* ctx, penstock_text path, char* buffer, std::size_t capacity,
                        std::size_t* needed, penstock_text* error);

}  // namespace penstock::isolation
