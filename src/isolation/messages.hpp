// SPDX-License-Identifier: Apache-2.0
// messages.hpp: what a sink and the process of its plugin say to each other, over a socket that
// keeps messages apart (SOCK_SEQPACKET). Batches go beside it, through memory.
//
// The sink's side trusts nothing that comes from the other: the kernel has copied a message before
// it is looked at, so what was checked is what is used.
//
// Threads  values and pure functions [any]
// Bound    message_bytes_max; longer lists of positions come in several messages
// Errors   parse_message: what is wrong with the message, for a person to read
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::isolation {

inline constexpr std::size_t message_bytes_max = 64 * 1024;
inline constexpr std::size_t message_text_max = 8 * 1024;
inline constexpr std::size_t positions_per_message = 12 * 1024;

// Descriptors of the child, beside the standard ones.
inline constexpr int plugin_fd = 3;   // the sealed copy of the plugin
inline constexpr int socket_fd = 4;   // requests, and what is said to them
inline constexpr int secrets_fd = 5;  // a path there, a secret back
inline constexpr int setup_fd = 6;    // JSON: see ChildSetup
inline constexpr int first_other_fd = 7;

// ---- what the child is asked: one request at a time, but for unmap, which has no answer, and ping

enum class Call : std::uint32_t {
  open = 1,  // argument: batches that may be pending
  write,     // argument: the segment that begins with the penstock_batch
  flush,
  control,  // argument: PENSTOCK_CONTROL_...
  close,
  map,    // argument: the segment's number; size: its bytes; its descriptor comes with the message
  unmap,  // argument: the segment's number
  ping,   // to hear that it is there, when it has had nothing to say for a while
};

struct Request {
  Call call = Call::open;
  std::uint32_t argument = 0;
  std::uint64_t number = 0;  // of this request; of a write: the batch's token
  std::uint64_t size = 0;
};

// ---- what the child says

enum class Kind : std::uint32_t {
  made = 1,  // the plugin is loaded and its instance made. status: its needs; value: max_in_flight;
             // text: what it could not be kept from
  refused,   // it is not. text: a refusal, as JSON
  done,      // request `number` succeeded. value: of a map, the address of the segment there
  failed,    // it did not. text: why
  positions,  // of rejected events, of the answer to the offer `number` that comes next
  answer,     // what write() of the offer `number` has returned
  settle,     // what was pending of it
  report,     // text: a problem; empty: there is none any more
  figure,     // text: its name; value: the bits of a double
};

// In front of each message of the child: then the positions, then the text, and no more.
struct MessageHead {
  std::uint32_t kind = 0;
  std::uint32_t status = 0;
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::int64_t after_ns = 0;
  std::uint64_t settled = 0;
  std::uint32_t position_count = 0;
  std::uint32_t text_size = 0;
};
static_assert(sizeof(MessageHead) == 48);
static_assert(sizeof(MessageHead) + message_text_max <= message_bytes_max);
static_assert(sizeof(MessageHead) + 4 * positions_per_message <= message_bytes_max);

struct Message {
  Kind kind = Kind::report;
  std::uint32_t status = 0;
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::int64_t after_ns = 0;
  std::uint64_t settled = 0;
  std::vector<std::uint32_t> positions{};
  std::string text{};
};

// A message whose parts fit together, with its text on one line (but for `refused`, which is JSON).
// What it says of batches is for Offers to judge.
Result<Message> parse_message(std::span<const std::byte> bytes);

// ---- secrets: a path of the configuration, and what is there

enum class SecretStatus : std::uint32_t { given = 0, absent = 1, failed = 2 };

struct SecretHead {
  SecretStatus status = SecretStatus::failed;
  std::uint32_t reserved = 0;
};

inline constexpr std::size_t secret_path_max = 4096;
inline constexpr std::size_t secret_message_max = 128 * 1024;  // a secret has 64 KiB at most

}  // namespace penstock::isolation
