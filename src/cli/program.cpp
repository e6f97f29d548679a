// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <variant>

#include "cli/arguments.hpp"
#include "cli/check.hpp"
#include "cli/file_text.hpp"
#include "cli/plugin_commands.hpp"
#include "cli/plugin_test.hpp"
#include "cli/run.hpp"
#include "cli/signal_watch.hpp"
#include "cli/talk.hpp"

namespace penstock::cli {
namespace {

// A program may be started without them; a sink's file must not become one. They are opened the
// wrong way round, so that to read or write there is still the error that it was: what goes
// nowhere is not delivered.
void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    // The lowest free number is taken, which is this one.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", mode) < 0) return;
  }
}

struct Dispatch {
  int operator()(const RunArguments& arguments) const { return run(arguments); }
  int operator()(const CheckArguments& arguments) const { return check(arguments); }
  int operator()(const PluginArguments& arguments) const { return plugin_command(arguments); }
  int operator()(const Answer& answer) const {
    const int fd = answer.exit_code == exit_all_delivered ? STDOUT_FILENO : STDERR_FILENO;
    const bool written = write_all(fd, answer.text);
    return written ? answer.exit_code : exit_not_all_delivered;
  }
};

}  // namespace

int run_program(int argc, const char* const* argv) {
  if (argc > 2 && std::strcmp(argv[1], "plugin") == 0 && std::strcmp(argv[2], "--case") == 0) {
    char* const* const words = const_cast<char* const*>(argv);
    ::_exit(run_builtin_case({words + 3, words + argc}));
  }
  open_standard_descriptors();
  block_signals();
  try {
    return std::visit(Dispatch{}, parse_arguments(argc, argv));
  } catch (...) {
    say("cannot start: " + exception_text());
    return exit_usage;
  }
}

}  // namespace penstock::cli
