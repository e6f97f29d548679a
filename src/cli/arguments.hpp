// SPDX-License-Identifier: Apache-2.0
// arguments.hpp: what the user asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/event_reader.hpp"

namespace penstock::cli {

// Ends of the program. docs/man/penstock.1 explains them.
inline constexpr int exit_all_delivered = 0;
inline constexpr int exit_not_all_delivered = 1;
inline constexpr int exit_usage = 2;

enum class ShowProgress { automatic, never, always };

// penstock run; and penstock replay, whose format is InputFormat::letters
struct RunArguments {
  std::string config{};
  std::vector<std::string> plugin_directories{};
  std::vector<std::string> inputs{};  // none, or "-": standard input
  InputFormat format = InputFormat::automatic;
  std::string report{};  // empty: none; "-": standard output
  std::chrono::nanoseconds stop_timeout = std::chrono::seconds{10};
  ShowProgress progress = ShowProgress::automatic;
  bool quiet = false;
};

// penstock check
struct CheckArguments {
  std::string config{};
  std::vector<std::string> plugin_directories{};
};

// penstock plugin COMMAND
struct PluginArguments {
  enum class Command {
    create,  // `new`
    list,
    why,
    inspect,
    doc,
    verify,
    keygen,
    sign,
    trust_add,
    trust_list,
    trust_remove,
    revoke,
    test,
  };

  Command command = Command::list;
  std::string file{};    // the plugin; trust add: the public key
  bool check = false;    // inspect: say nothing when all is well
  std::string config{};  // list, why: the configuration whose directories count too; may be empty
  std::vector<std::string> plugin_directories{};

  std::string name{};       // new: the plugin's; why: a type, an id, or a file
  std::string id{};         // new; empty: one is made of the name
  std::string directory{};  // new; empty: the name

  std::string trust = "/etc/penstock/trust.d";
  std::string revoked = "/etc/penstock/revoked.yaml";
  std::string key{};               // sign: the file of the secret key; trust remove, revoke: its id
  std::string prefix{};            // keygen: of the two files
  bool has_password = true;        // keygen
  std::string password_file{};     // empty: the terminal is asked; "-": standard input
  std::uint64_t serial = 0;        // sign; 0: the seconds since 1970
  std::vector<std::string> ids{};  // trust add: patterns; none: all
  std::string label{};
  std::vector<std::string> versions{};  // revoke: an id and a range; or none
  std::string reason{};

  // ---- test
  std::string cases = "*";  // a pattern of their ids
  bool list_cases = false;  // and run none
  std::string options{};    // YAML
  std::string options_file{};
  std::string builtin{};    // a type of sinks, in place of the file
  std::string component{};  // empty: all
  std::string junit{};      // a file; empty: none
  bool bench = false;
  std::string timeout = "10s";  // as written
  std::chrono::nanoseconds case_timeout = std::chrono::seconds{10};
};

// There is nothing to run: a text for the user, and the program's end.
struct Answer {
  std::string text{};
  int exit_code =
      exit_all_delivered;  // 0: the text goes to standard output, else to standard error
};

using Arguments = std::variant<RunArguments, CheckArguments, PluginArguments, Answer>;

Arguments parse_arguments(int argc, const char* const* argv);

}  // namespace penstock::cli
