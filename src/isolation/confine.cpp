// SPDX-License-Identifier: Apache-2.0
// confine.cpp: resources, and files by Landlock; call_filter.cpp has the system calls.
#include "isolation/confine.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "plugin/instance_config.hpp"
#include "plugin/plugin_file.hpp"

namespace penstock::isolation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_sanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool has_sanitizer = false;
#endif

std::string problem(std::string_view what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

bool limit(decltype(RLIMIT_CORE) what, std::uint64_t most) {
  rlimit now{};
  if (::getrlimit(what, &now) == -1) return false;
  const auto wanted = std::min<rlim_t>(most, now.rlim_max);
  const rlimit next{wanted, wanted};
  return ::setrlimit(what, &next) == 0;
}

// When the machine has no memory left it goes before the application, unless it is asked to go
// earlier already.
void go_first() {
  constexpr std::string_view place = "/proc/self/oom_score_adj";
  constexpr int early = 500;
  int now = 0;
  if (!(std::ifstream(place.data()) >> now) || now >= early) return;
  std::ofstream(place.data()) << early;
}

// What root may do as root, and nobody else. Without that it is a user as others, whose files are
// root's.
bool drop_capabilities() {
  // Those that programs may get. To drop them takes one that only root has, and only root needs it.
  for (int one = 0; ::prctl(PR_CAPBSET_DROP, one, 0, 0, 0) == 0; ++one) {
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  return ::syscall(SYS_capset, &head, none.data()) == 0;
}

// ---- Landlock. The headers of older systems lack some of these.

struct Rules {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t first_13_rights = (1u << 13) - 1;
constexpr std::uint64_t right_refer = 1u << 13;
constexpr std::uint64_t right_truncate = 1u << 14;
constexpr std::uint64_t to_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                   LANDLOCK_ACCESS_FS_WRITE_FILE | right_truncate;
constexpr std::uint64_t tcp = 3;                  // bind, connect
constexpr std::uint64_t sockets_and_signals = 3;  // abstract sockets of others, signals to others

// What programs need to begin, to load libraries, to resolve names and to tell the time.
constexpr std::array<const char*, 26> system_paths = {"/usr/lib",
                                                      "/usr/lib64",
                                                      "/usr/local/lib",
                                                      "/lib",
                                                      "/lib64",
                                                      "/usr/share/zoneinfo",
                                                      "/usr/share/locale",
                                                      "/usr/share/ca-certificates",
                                                      "/usr/local/share/ca-certificates",
                                                      "/etc/ld.so.cache",
                                                      "/etc/localtime",
                                                      "/etc/resolv.conf",
                                                      "/etc/hosts",
                                                      "/etc/host.conf",
                                                      "/etc/nsswitch.conf",
                                                      "/etc/gai.conf",
                                                      "/etc/services",
                                                      "/etc/protocols",
                                                      "/etc/ssl",
                                                      "/etc/pki",
                                                      "/etc/ca-certificates",
                                                      "/dev/random",
                                                      "/dev/urandom",
                                                      "/proc/self",
                                                      "/proc/meminfo",
                                                      "/sys/devices/system/cpu"};

class Ruleset {
 public:
  explicit Ruleset(const Rules& rules, std::size_t size)
      : rights_(rules.files),
        fd_(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0))) {}
  bool ok() const { return static_cast<bool>(fd_); }
  // What is not there needs no rule.
  void allow(const std::string& path, std::uint64_t rights) const {
    const plugin::Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) == -1) return;
    if (!S_ISDIR(status.st_mode)) rights &= of_files;
    const landlock_path_beneath_attr rule{.allowed_access = rights & rights_,
                                          .parent_fd = place.get()};
    ::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  bool enforce() const { return ::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0; }

 private:
  std::uint64_t rights_;
  plugin::Descriptor fd_;
};

bool grants_local_sockets(const plugin::Permissions& permissions) {
  return std::any_of(permissions.network.begin(), permissions.network.end(),
                     [](const std::string& place) { return place.starts_with("unix:"); });
}

// What the environment names: one path, or some with colons between them.
void allow_variable(const Ruleset& rules, const char* name) {
  const char* const paths = std::getenv(name);
  if (paths == nullptr) return;
  std::string_view left = paths;
  while (!left.empty()) {
    const std::string_view one = left.substr(0, left.find(':'));
    if (one.starts_with('/')) rules.allow(std::string(one), to_read);
    left.remove_prefix(std::min(one.size() + 1, left.size()));
  }
}

void allow_system(const Ruleset& rules, bool exec) {
  for (const char* path : system_paths) rules.allow(path, to_read);
  rules.allow("/dev/null", to_read | LANDLOCK_ACCESS_FS_WRITE_FILE);
  std::error_code error;
  const std::string names =
      folder_of_names(std::filesystem::canonical("/etc/resolv.conf", error).string());
  if (!names.empty()) rules.allow(names, to_read);
  for (const char* name : {"LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    allow_variable(rules, name);
  }
  if (!exec) return;
  for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib64"}) {
    rules.allow(path, to_read | LANDLOCK_ACCESS_FS_EXECUTE);
  }
}

}  // namespace

std::string folder_of_names(const std::string& resolv_conf) {
  const std::filesystem::path folder = std::filesystem::path(resolv_conf).parent_path();
  if (!folder.string().starts_with("/run/")) return {};
  // Beside its file it keeps connections, with their passwords.
  if (folder == "/run/NetworkManager") return {};
  return folder.string();
}

std::string limit_resources(const ChildLimits& limits, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before that was set.
  if (::getppid() != parent) return "whoever began this process is gone";
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) return problem("cannot give up new rights");
  if (!limit(RLIMIT_CORE, 0)) return problem("cannot forbid core files");
  if (!limit(RLIMIT_NOFILE, limits.files)) return problem("cannot limit open files");
  // A sanitizer reserves more address space than any limit would let it.
  if (!has_sanitizer && limits.memory != 0 && !limit(RLIMIT_DATA, limits.memory)) {
    return problem("cannot limit its memory");
  }
  constexpr std::uint64_t locked_bytes_max = std::uint64_t{8} << 20;  // as most systems have it
  if (!limit(RLIMIT_MEMLOCK, locked_bytes_max)) return problem("cannot limit its locked memory");
  go_first();
  if (!drop_capabilities()) return problem("cannot give up the capabilities of this user");
  return {};
}

std::vector<std::string> permitted_paths(const plugin::Permissions& permissions,
                                         const plugin::Value& options,
                                         std::vector<std::string>& missing) {
  constexpr std::string_view of_option = "option:";
  std::vector<std::string> paths;
  for (const std::string& written : permissions.files) {
    std::string path = written;
    if (written.starts_with(of_option)) {
      const plugin::Value* const found =
          plugin::find_path(options, std::string_view(written).substr(of_option.size()));
      path = found == nullptr || found->text() == nullptr ? std::string() : *found->text();
      if (path.empty()) continue;  // the configuration names none
    }
    std::error_code error;
    if (written.starts_with(of_option) && !std::filesystem::is_directory(path, error)) {
      path = std::filesystem::path(path).parent_path().string();
    }
    if (path.starts_with('/') && std::filesystem::exists(path, error)) {
      paths.push_back(std::move(path));
    } else {
      missing.push_back(std::move(path));
    }
  }
  return paths;
}

long landlock_version() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

std::string landlock_gap(long version, const plugin::Permissions& permissions) {
  std::string gap;
  if (version < landlock_of_truncation && !permissions.files.empty()) {
    gap = fmt::format(
        "this kernel's Landlock is of version {}, which does not see truncate(): it is forbidden, "
        "also for its own files",
        version);
  }
  if (version < landlock_of_sockets && grants_local_sockets(permissions)) {
    gap += fmt::format(
        "{}this kernel's Landlock is of version {}, which does not see local sockets without a "
        "path: it is not kept from those of others",
        gap.empty() ? "" : "; ", version);
  }
  return gap;
}

std::string confine_files(const plugin::Permissions& permissions,
                          const std::vector<std::string>& paths) {
  const long version = landlock_version();
  if (version < 1)
    return "this kernel has no Landlock: its access to files is not confined, also to those of "
           "other "
           "processes of its user (/proc)";
  Rules rules{.files = first_13_rights};
  std::size_t size = sizeof rules.files;
  if (version >= 2) rules.files |= right_refer;
  if (version >= landlock_of_truncation) rules.files |= right_truncate;
  if (version >= 4) {
    rules.network = permissions.network.empty() ? tcp : 0;
    size += sizeof rules.network;
  }
  if (version >= landlock_of_sockets) {
    rules.scoped = sockets_and_signals;
    size += sizeof rules.scoped;
  }
  const Ruleset ruleset(rules, size);
  if (!ruleset.ok()) return problem("Landlock takes no rules: its files are not confined");
  allow_system(ruleset, permissions.exec);
  std::uint64_t all = rules.files & ~std::uint64_t{LANDLOCK_ACCESS_FS_MAKE_CHAR} &
                      ~std::uint64_t{LANDLOCK_ACCESS_FS_MAKE_BLOCK};
  if (!permissions.exec) all &= ~std::uint64_t{LANDLOCK_ACCESS_FS_EXECUTE};
  for (const std::string& path : paths) ruleset.allow(path, all);
  if (!ruleset.enforce()) return problem("Landlock does not begin: its files are not confined");
  return landlock_gap(version, permissions);
}

}  // namespace penstock::isolation
