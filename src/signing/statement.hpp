// SPDX-License-Identifier: Apache-2.0
// statement.hpp: what the trusted comment of a plugin's signature says.
//
//   penstock1 id=<id> version=<v> abi=<maj>.<min> arch=x86_64 serial=<n> ts=<time>
//   [needed=<so,...>]
//
// The first word keeps uses of a key apart: its signature of anything else, a tarball say, is no
// signature of a plugin. The order is fixed, blanks are single, numbers have no leading zeros: of
// each statement there is one spelling.
//
// Threads  [any]
// Errors   which part is wrong
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"
#include "signing/utc.hpp"

namespace penstock::signing {

struct AbiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;

  friend bool operator==(const AbiVersion&, const AbiVersion&) = default;
};

struct Statement {
  static constexpr std::uint64_t serial_max = 9'223'372'036'854'775'807;
  static constexpr std::size_t needed_max = 32;

  std::string id{};       // see plugin_id.hpp
  std::string version{};  // see version.hpp
  AbiVersion abi{};
  std::string arch{};        // a-z, 0-9 and '_'
  std::uint64_t serial = 0;  // grows with each release; 1 .. serial_max
  Time signed_at{};          // what the signer's clock said
  // The libraries that the plugin may be linked with, each once; empty when it is not said.
  std::optional<std::vector<std::string>> needed{};

  friend bool operator==(const Statement&, const Statement&) = default;
};

Result<Statement> parse_statement(std::string_view comment);
// Fails when parse_statement() would refuse what comes out.
Result<std::string> format_statement(const Statement& statement);

}  // namespace penstock::signing
