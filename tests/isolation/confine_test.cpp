// SPDX-License-Identifier: Apache-2.0
// What a plugin in a process of its own may not do: it tries, and the kernel says no. With the
// permissions of its manifest it may.
#include "isolation/confine.hpp"

#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <gmock/gmock.h>

#include "isolation_support.hpp"

namespace penstock::isolation::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// By name: what came of it.
using Outcomes = std::map<std::string, std::string>;

class ConfineTest : public IsolationTest {
 protected:
  Outcomes attempts_of(const std::string& plugin, const std::string& more = "") {
    std::ofstream(outside_.path() + "/there") << "a secret\n";
    SinkOptions apart =
        sink_of(isolation_of(plugin_of(plugin), folder_,
                             R"("at": "attempts", "outside": ")" + outside_.path() + "\"" + more));
    start({apart});
    Outcomes outcomes;
    for (const std::string& line : folder_.lines("attempts")) {
      const std::size_t sign = line.find('=');
      outcomes[line.substr(0, sign)] = line.substr(sign + 1);
    }
    EXPECT_FALSE(outcomes.empty());
    return outcomes;
  }
  static long landlock() { return landlock_version(); }

  Folder outside_{};
};

TEST_F(ConfineTest, ForbiddenCallsAreRefused) {
  Outcomes outcomes = attempts_of("subject");
  for (const char* call : {"execve",
                           "program",
                           "ptrace",
                           "memory of the host",
                           "signal to the host",
                           "signal to all",
                           "socket",
                           "unix socket",
                           "mode of a file",
                           "mode of an open file",
                           "death signal",
                           "limits",
                           "namespace",
                           "mount",
                           "bpf",
                           "io_uring",
                           "session",
                           "owner of a descriptor",
                           "any owner of a descriptor",
                           "signal of a descriptor",
                           "owner by ioctl",
                           "signals by ioctl",
                           "affinity of the host",
                           "scheduler of the host",
                           "parameters of the host",
                           "attributes of the host",
                           "priority of the host",
                           "priority of all",
                           "disk priority",
                           "pages",
                           "pages one by one",
                           "advice on memory"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
  // Some file systems have no flags.
  EXPECT_THAT(outcomes["flags of a file"], ::testing::AnyOf("EPERM", "ENOTTY", "EOPNOTSUPP"));
  for (const char* call : {"signal to itself", "affinity of itself", "priority of itself"}) {
    EXPECT_EQ(outcomes[call], "ok") << call;
  }
  EXPECT_EQ(outcomes["session and group"], "its own");  // and no terminal
  EXPECT_EQ(outcomes["NoNewPrivs"], "1");
  EXPECT_EQ(outcomes["Seccomp"], "2");
}

// Of a process that is root's it is the user alone that is left.
TEST_F(ConfineTest, ItHasNoCapabilityAndMakesNothingThatGivesRights) {
  Outcomes outcomes = attempts_of("subject");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_EQ(outcomes[set], "0000000000000000") << set;
  }
  if (::geteuid() == 0) {
    EXPECT_EQ(outcomes["CapBnd"], "0000000000000000");
  }
  for (const char* call :
       {"device", "disk", "file of a user's rights", "file of a group's rights"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
  EXPECT_EQ(outcomes["file of no rights"], "ok");
  EXPECT_EQ(outcomes["open by a structure"], "ENOSYS");
}

TEST_F(ConfineTest, WhatLandlockDoesNotSeeOfFilesIsForbidden) {
  Outcomes outcomes = attempts_of("subject");
  for (const char* call : {"times of a file", "times by an empty path", "cut short when read"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
  EXPECT_EQ(outcomes["times of an open file"], "ok");
  EXPECT_EQ(outcomes["cut short when written"], "ok");
}

// By a process that has such a filter and no more.
int truncation_under(long landlock) {
  const Folder folder;
  const std::string path = folder.path() + "/file";
  std::ofstream(path) << "text";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!confine_calls({}, landlock).empty()) ::_exit(255);
    ::_exit(::truncate(path.c_str(), 1) == 0 ? 0 : errno);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(EarlyLandlock, DoesNotSeeTruncationSoThatIsForbidden) {
  EXPECT_EQ(truncation_under(2), EPERM);
  EXPECT_EQ(truncation_under(landlock_of_truncation), 0);
}

TEST(EarlyLandlock, SaysWhatItLacks) {
  const plugin::Permissions none;
  const plugin::Permissions files{.files = {"/var/lib/x"}};
  const plugin::Permissions sockets{.network = {"unix:/run/x"}};
  EXPECT_EQ(landlock_gap(1, none), "");
  EXPECT_THAT(landlock_gap(2, files), HasSubstr("of version 2, which does not see truncate()"));
  EXPECT_EQ(landlock_gap(landlock_of_truncation, files), "");
  EXPECT_THAT(landlock_gap(5, sockets), HasSubstr("local sockets without a path"));
  EXPECT_EQ(landlock_gap(landlock_of_sockets, sockets), "");
}

TEST_F(ConfineTest, CertificatesThatTheEnvironmentNamesCanBeRead) {
  if (landlock() < 1) GTEST_SKIP() << "this kernel has no Landlock";
  for (const auto& [name, path] :
       std::map<std::string, std::string>{{"SSL_CERT_FILE", outside_.path() + "/there"},
                                          {"SSL_CERT_DIR", "/nonexistent:" + outside_.path()}}) {
    std::ofstream(outside_.path() + "/there") << "a certificate\n";
    ::setenv(name.c_str(), path.c_str(), 1);
    Outcomes outcomes = attempts_of("subject");
    ::unsetenv(name.c_str());
    EXPECT_EQ(outcomes["read outside"], "ok") << name;
    EXPECT_EQ(outcomes["write outside"], "EACCES") << name;
    std::filesystem::remove(folder_.path() + "/attempts");
  }
}

TEST(NameServers, AreFoundAlsoInAFileThatIsMadeAnew) {
  EXPECT_EQ(folder_of_names("/run/systemd/resolve/stub-resolv.conf"), "/run/systemd/resolve");
  EXPECT_EQ(folder_of_names("/run/resolvconf/resolv.conf"), "/run/resolvconf");
  EXPECT_EQ(folder_of_names("/run/NetworkManager/resolv.conf"), "");  // passwords are there
  EXPECT_EQ(folder_of_names("/run/resolv.conf"), "");
  EXPECT_EQ(folder_of_names("/etc/resolv.conf"), "");
  EXPECT_EQ(folder_of_names(""), "");
}

TEST_F(ConfineTest, ThereIsNoMemoryThatNoLimitCounts) {
  Outcomes outcomes = attempts_of("subject");
  for (const char* call : {"shared memory", "file in memory", "secret memory", "shmget"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
  EXPECT_EQ(outcomes["memory of its own"], "ok");
  EXPECT_LE(std::stoi(outcomes["locked memory"]), 8);
  EXPECT_GE(std::stoi(outcomes["oom_score_adj"]), 500);
}

TEST_F(ConfineTest, NothingIsSharedByANumberOrAName) {
  Outcomes outcomes = attempts_of("subject");
  for (const char* call : {"shmget", "semget", "msgget", "mq_open"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
}

// As in a worker, which takes no signals.
TEST_F(ConfineTest, WhatIsAnErrorInAWorkerDoesNotEndIt) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit lower{.rlim_cur = rlim_t{1} << 30, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &lower);
  Outcomes outcomes = attempts_of("subject");
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(outcomes["write to a broken pipe"], "EPIPE");
  EXPECT_EQ(outcomes["write beyond a file's limit"], "EFBIG");
}

TEST_F(ConfineTest, ItsConstructorsAreConfinedAlready) {
  Outcomes outcomes = attempts_of("subject");
  EXPECT_EQ(outcomes["constructor execve"], "EPERM");
  EXPECT_EQ(outcomes["constructor socket"], "EPERM");
  if (landlock() < 1) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(outcomes["constructor open"], "EACCES");
}

TEST_F(ConfineTest, FilesOutsideItsPermissionsAreOutOfReach) {
  if (landlock() < 1) GTEST_SKIP() << "this kernel has no Landlock";
  Outcomes outcomes = attempts_of("subject");
  for (const char* file :
       {"read of /etc/passwd", "read outside", "write outside", "link to outside",
        "file of the host's memory", "environment of the host"}) {
    EXPECT_EQ(outcomes[file], "EACCES") << file;
  }
  EXPECT_EQ(outcomes["write inside"], "ok");
  EXPECT_FALSE(std::filesystem::exists(outside_.path() + "/new"));
}

TEST_F(ConfineTest, ItHasNoDescriptorsNorVariablesOfThisProcess) {
  ::setenv("PENSTOCK_TEST_SECRET", "x", 1);
  Outcomes outcomes = attempts_of("subject");
  ::unsetenv("PENSTOCK_TEST_SECRET");
  EXPECT_EQ(outcomes["descriptors"], "3,4,5");  // the plugin and its two sockets
  EXPECT_EQ(outcomes["descriptors of its programs"], "");
  EXPECT_EQ(outcomes["variable"], "hidden");
}

TEST_F(ConfineTest, WhatItsManifestNamesIsPermitted) {
  Outcomes outcomes = attempts_of("permitted");
  EXPECT_EQ(outcomes["socket"], "ok");
  EXPECT_EQ(outcomes["execve"], "ENOENT");
  EXPECT_EQ(outcomes["program"], "ok");
  EXPECT_EQ(outcomes["unix socket"], "EPERM");  // no `unix:` there
  for (const char* call : {"ptrace", "memory of the host", "signal to the host", "mount", "bpf"}) {
    EXPECT_EQ(outcomes[call], "EPERM") << call;
  }
  if (landlock() >= 1) {
    EXPECT_EQ(outcomes["read outside"], "EACCES");
  }
}

TEST_F(ConfineTest, SecretsComeOverTheSocketAndStandNowhereElse) {
  ::setenv("PENSTOCK_TEST_TOKEN", "s3cr3t-value", 1);
  attempts_of("subject", R"(, "token": "${env:PENSTOCK_TEST_TOKEN}")");
  EXPECT_THAT(folder_.lines("secret"), ElementsAre("s3cr3t-value"));
  const std::string process = "/proc/" + std::to_string(folder_.wait_for_pid("pids"));
  for (const char* place : {"/cmdline", "/environ"}) {
    std::ifstream file(process + place, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_FALSE(text.empty()) << place;
    EXPECT_EQ(text.find("s3cr3t"), std::string::npos) << place;
  }
  ::unsetenv("PENSTOCK_TEST_TOKEN");
}

TEST_F(ConfineTest, AFolderThatIsNotThereIsTold) {
  const std::string folder = folder_.path() + "/later";
  auto options = plugin::parse_json(R"({"folder": ")" + folder + "/more\"}");
  const auto isolation =
      std::make_shared<const Isolation>(Isolation{.plugin = plugin_of("subject"),
                                                  .host_program = PENSTOCK_PLUGIN_HOST_PROGRAM,
                                                  .component = "subject",
                                                  .sink = "apart",
                                                  .options = *options});
  Pipeline& pipeline = start({sink_of(isolation)});
  EXPECT_THAT(error(pipeline), HasSubstr(folder + " not there, and out of its reach"));
}

TEST_F(ConfineTest, AllFilesAreNoPermission) {
  for (const char* folder : {"/", "/nothing-is-there.log", "/usr/.."}) {
    auto options = plugin::parse_json(std::string(R"({"folder": ")") + folder + "\"}");
    const auto isolation =
        std::make_shared<const Isolation>(Isolation{.plugin = plugin_of("subject"),
                                                    .host_program = PENSTOCK_PLUGIN_HOST_PROGRAM,
                                                    .component = "subject",
                                                    .sink = "apart",
                                                    .options = *options});
    const PipelineStats stats = start({sink_of(isolation), beside_.options("beside")}).stats();
    ASSERT_EQ(stats.left_out.size(), 1u) << folder;
    EXPECT_THAT(stats.left_out[0].reason,
                HasSubstr("load: confine: its permission to write files (option:folder) leads to "
                          "'/', which is all of them; name a folder below it"))
        << folder;
  }
}

// ---- kernels that cannot. A filter on this process, which the plugin's inherits, plays one

enum class Lacking { landlock, seccomp };

void refuse(Lacking what) {
  const bool is_landlock = what == Lacking::landlock;
  const auto call =
      static_cast<std::uint32_t>(is_landlock ? SYS_landlock_create_ruleset : SYS_prctl);
  std::vector<sock_filter> steps = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, static_cast<std::uint8_t>(is_landlock ? 1 : 3))};
  if (!is_landlock) {
    steps.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
    steps.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1));
  }
  steps.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (is_landlock ? ENOSYS : EINVAL)));
  steps.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{.len = static_cast<unsigned short>(steps.size()),
                           .filter = steps.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) ::_exit(9);
}

// What a pipeline says there of its one sink.
std::string said_without(Lacking what) {
  const Folder folder;
  const pid_t pid = ::fork();
  if (pid == 0) {
    refuse(what);
    PipelineOptions options;
    options.sinks = {sink_of(isolation_of(plugin_of("subject"), folder, ""))};
    Result<Pipeline> pipeline = Pipeline::start(std::move(options));
    if (!pipeline) {
      std::ofstream(folder.path() + "/said") << to_string(pipeline.errors());
    } else {
      const PipelineStats stats = pipeline->stats();
      std::ofstream(folder.path() + "/said")
          << (stats.sinks.empty() ? stats.left_out.at(0).reason : stats.sinks[0].last_error);
    }
    ::_exit(0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  const std::vector<std::string> lines = folder.lines("said");
  return lines.empty() ? "" : lines.front();
}

TEST(Unconfined, WithoutLandlockTheSinkRunsAndSaysSo) {
  EXPECT_THAT(said_without(Lacking::landlock),
              HasSubstr("plugin org.example.subject, in a process of its own: this kernel has no "
                        "Landlock: its access to files is not confined"));
}

TEST(Unconfined, WithoutAFilterOfCallsNothingIsLoaded) {
  EXPECT_THAT(
      said_without(Lacking::seccomp),
      HasSubstr("(org.example.subject): load: confine: the kernel takes no filter of system "
                "calls: Invalid argument; use a kernel that can, or `isolation: none`"));
}

}  // namespace
}  // namespace penstock::isolation::test
