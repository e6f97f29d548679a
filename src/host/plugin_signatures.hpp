// SPDX-License-Identifier: Apache-2.0
// plugin_signatures.hpp: the signatures beside a plugin: NAME.penstock.so.minisig, and those of
// other signers in the folder NAME.penstock.so.minisig.d.
//
// Threads  [any]
// Errors   a file or folder that others can write to, or that cannot be read
// Bound    signatures_max
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/result.hpp"

namespace penstock::host {

inline constexpr std::string_view signature_ending = ".minisig";
inline constexpr std::string_view signatures_folder_ending = ".minisig.d";
inline constexpr std::size_t signatures_max = 16;

struct SignatureText {
  std::string file{};
  std::string text{};

  friend bool operator==(const SignatureText&, const SignatureText&) = default;
};

// The file first, then those of the folder, by name: what ends in .minisig. None: nobody has signed
// it.
Result<std::vector<SignatureText>> read_signatures(const std::string& plugin_file);

// The same where the plugin is built: who may write there is not asked.
Result<std::vector<SignatureText>> read_signatures_anywhere(const std::string& plugin_file);

}  // namespace penstock::host
