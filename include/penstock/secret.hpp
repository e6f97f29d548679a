// SPDX-License-Identifier: Apache-2.0
// secret.hpp: a text that is not to be shown: a password, a token, an address that works like one.
//
// Threads  a value; reveal() reads the environment and files
// Errors   say which reference is wrong, and never what a secret holds
#pragma once

#include <string>
#include <utility>

#include "penstock/export.hpp"
#include "penstock/result.hpp"

namespace penstock {

// A text with references to where its secret parts are kept:
//   ${env:NAME}     the text of an environment variable
//   ${file:/path}   the content of a file, without the line break at its end
// They are looked up when a sink opens, not when the options are read. A Secret has no way to text
// but reveal(), and so cannot be printed by mistake.
class PENSTOCK_EXPORT Secret {
 public:
  Secret() = default;
  Secret(std::string text) : text_(std::move(text)) {}
  Secret(const char* text) : text_(text) {}
  // In which ${env:..} and ${file:..} mean themselves.
  static Secret literal(std::string text) {
    Secret secret(std::move(text));
    secret.literal_ = true;
    return secret;
  }

  bool empty() const noexcept { return text_.empty(); }
  // Some of it has to be looked up.
  bool has_references() const;
  // What is wrong with the form of its references; empty when nothing is.
  std::string problem() const;
  // The text with what is referred to, looked up now; it may wait for the disk. Fails when
  // something is missing, is empty, is longer than 64 KiB, or holds control characters or nothing
  // but blanks. [any]
  Result<std::string> reveal() const;

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string text_{};
  bool literal_ = false;
};

}  // namespace penstock
