// SPDX-License-Identifier: Apache-2.0
#include "kit/child.hpp"

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/case.hpp"
#include "plugin/words.hpp"

namespace penstock::kit {
namespace {

constexpr std::size_t argument_count = 7;

// It leaves no core file, outlives nobody, gets no rights, and stands in a folder of its own. As in
// the program, a write to a closed pipe is an error and no signal; those of a crash end it, which a
// sanitizer in this process would keep them from.
void prepare_this_process(const char* folder) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    std::signal(number, SIG_DFL);
  }
  for (const int fd : {plugin_fd, report_fd}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (::chdir(folder) == -1) throw std::runtime_error("its folder is not there");
}

bool read_manifest_of(int fd, plugin::Manifest& manifest) {
  struct stat status {};
  if (::fstat(fd, &status) == -1) return false;
  const plugin::FileSource source(fd, static_cast<std::uint64_t>(status.st_size));
  const plugin::Checked<plugin::ElfFile> elf = plugin::read_elf(source);
  if (!elf) return false;
  plugin::Checked<plugin::Manifest> read = plugin::read_manifest(*elf);
  if (!read) return false;
  manifest = *std::move(read);
  return true;
}

Verdict threw(const std::string& what) {
  return failed("it threw: " + plugin::one_line(what),
                "let no exception leave the plugin; the C++ headers see to that");
}

}  // namespace

Verdict run_case(const Subject& subject, const CaseCall& call, Report& report) {
  const Case* const found = find_case(call.id);
  if (found == nullptr) return failed("there is no such case", "see --list");
  Bench bench(subject, call, report);
  Verdict verdict;
  try {
    found->run(bench);
    verdict.note = bench.noted();
  } catch (const Failure& failure) {
    verdict = failed(failure.reason, failure.fix);
  } catch (const Skip& skip) {
    verdict = skipped(skip.reason);
  } catch (const std::exception& error) {
    verdict = threw(error.what());
  } catch (...) {
    verdict = threw("an exception of no known type");
  }
  report.finish(verdict);
  return verdict;
}

std::vector<std::string> case_words(const CaseCall& call, const std::string& builtin) {
  return {call.id,
          call.component,
          call.point,
          call.options,
          call.folder,
          builtin,
          std::to_string(call.time_limit.count())};
}

int run_case_child(std::span<char* const> arguments, FindBuiltin find_builtin) {
  if (arguments.size() != argument_count) return 2;
  try {
    prepare_this_process(arguments[4]);
    Report report(report_fd);
    const std::string builtin = arguments[5];
    Subject subject{.fd = plugin_fd};
    if (!builtin.empty()) {
      const penstock_plugin* const found =
          find_builtin == nullptr ? nullptr : find_builtin(builtin);
      if (found == nullptr) return 2;
      subject = builtin_subject(*found);
    } else if (!read_manifest_of(plugin_fd, subject.manifest)) {
      return 2;
    }
    const CaseCall call{.id = arguments[0],
                        .component = arguments[1],
                        .point = arguments[2],
                        .options = arguments[3],
                        .folder = arguments[4],
                        .time_limit = std::chrono::milliseconds(std::stoll(arguments[6]))};
    run_case(subject, call, report);
    return 0;
  } catch (...) {
    return 2;
  }
}

}  // namespace penstock::kit
