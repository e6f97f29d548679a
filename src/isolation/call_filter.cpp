// SPDX-License-Identifier: Apache-2.0
// call_filter.cpp: the system calls that a plugin in a process of its own may not make: they answer
// EPERM. A list of what is forbidden, not of what is allowed: which calls a C library makes changes
// with its version, and a plugin that is killed by an update is no safer. ADR 0025 says more.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "isolation/confine.hpp"

namespace penstock::isolation {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;
#endif

// Of later kernels than the headers may know; these numbers are those of every architecture.
constexpr long quotactl_fd = 443;
constexpr long memfd_secret = 447;
constexpr long process_mrelease = 448;
constexpr long fchmodat2 = 452;
constexpr long setxattrat = 463;
constexpr long removexattrat = 466;
constexpr long open_tree_attr = 467;
constexpr long file_setattr = 469;

constexpr long forbidden[] = {
    // into other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, process_mrelease,
    SYS_kcmp, SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_tkill, SYS_perf_event_open,
    // when and where others run, and where their memory is
    SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_ioprio_set,
    SYS_migrate_pages, SYS_move_pages,
    // memory that no limit counts, and what others of the machine share by a number or a name
    SYS_memfd_create, memfd_secret, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget,
    SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
    SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify,
    SYS_mq_getsetattr,
    // into the kernel, or past this filter
    SYS_bpf, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_userfaultfd,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_keyctl, SYS_add_key,
    SYS_request_key, SYS_syslog, SYS_personality,
    // another root, other names
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_move_mount, SYS_open_tree,
    open_tree_attr, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr,
    SYS_unshare, SYS_setns, SYS_name_to_handle_at, SYS_open_by_handle_at,
    // another user, more rights, other limits; a group that is not killed with it
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid,
    SYS_setfsgid, SYS_setgroups, SYS_capset, SYS_setrlimit, SYS_setpgid, SYS_setsid,
    // of files, what Landlock does not see, also of those that are only open to read
    SYS_fchmod, SYS_fchmodat, fchmodat2, SYS_fchown, SYS_fchownat, SYS_setxattr, SYS_lsetxattr,
    SYS_fsetxattr, setxattrat, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, removexattrat,
    file_setattr, SYS_mknodat,
    // the whole machine
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, quotactl_fd, SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
    SYS_vhangup};

constexpr long of_programs[] = {SYS_execve, SYS_execveat};

#if defined(__x86_64__)
constexpr long forbidden_here[] = {SYS_kexec_file_load, SYS_iopl,   SYS_ioperm,   SYS_modify_ldt,
                                   SYS_chmod,           SYS_chown,  SYS_lchown,   SYS_mknod,
                                   SYS_utime,           SYS_utimes, SYS_futimesat};
constexpr long of_programs_here[] = {SYS_fork, SYS_vfork};
#else
constexpr std::array<long, 0> forbidden_here{};
constexpr std::array<long, 0> of_programs_here{};
#endif

// Of terminals, flags of files, and to whom a descriptor sends its signals.
constexpr std::uint32_t forbidden_ioctls[] = {TIOCSTI,         TIOCLINUX,         TIOCSCTTY,
                                              FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FIOSETOWN,
                                              SIOCSPGRP,       FIOASYNC};
constexpr std::uint32_t forbidden_fcntls[] = {F_SETOWN, F_SETSIG, F_SETOWN_EX};

// Half of an argument, 32 bits, for whose value a call is forbidden, or the only one for which it
// is not.
enum class Refuse { when_equal, unless_equal, unless_bits, when_bits };
struct ArgumentTest {
  unsigned half;  // of argument n: 2 n, the upper one 2 n + 1
  Refuse refuse;
  std::uint32_t value;
};

constexpr unsigned any_namespace = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Builds the filter. The number of the call is loaded at the begin of each rule.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0));
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    constexpr std::uint32_t x32_calls = 0x40000000;
    add(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_calls, 0, 1));
    refuse(EPERM);
#endif
  }

  void forbid(long call, std::uint32_t error = EPERM) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    refuse(error);
  }

  // When all of the tests say so.
  void forbid(long call, std::initializer_list<ArgumentTest> tests) {
    auto left = static_cast<std::uint8_t>(2 * tests.size());
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
                 static_cast<std::uint8_t>(left + 2)));
    for (const ArgumentTest& test : tests) {
      left = static_cast<std::uint8_t>(left - 2);
      const bool of_bits = test.refuse == Refuse::when_bits || test.refuse == Refuse::unless_bits;
      const bool if_true = test.refuse == Refuse::when_equal || test.refuse == Refuse::when_bits;
      const auto past = static_cast<std::uint8_t>(left + 1);  // what refuses
      const auto compare =
          static_cast<std::uint16_t>(BPF_JMP | BPF_K | (of_bits ? BPF_JSET : BPF_JEQ));
      load(place_of(test.half));
      add(BPF_JUMP(compare, test.value, if_true ? std::uint8_t{0} : past,
                   if_true ? past : std::uint8_t{0}));
    }
    refuse(EPERM);
    load(offsetof(seccomp_data, nr));
  }

  // But for these values of its first argument.
  void forbid_but(long call, const std::vector<std::uint32_t>& allowed) {
    const auto count = static_cast<std::uint8_t>(allowed.size());
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
                 static_cast<std::uint8_t>(count + 3)));
    load(place_of(0));
    for (std::uint8_t i = 0; i < count; ++i) {
      add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], static_cast<std::uint8_t>(count - i), 0));
    }
    refuse(EPERM);
    load(offsetof(seccomp_data, nr));
  }

  bool install() {
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{.len = static_cast<unsigned short>(code_.size()),
                             .filter = code_.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  static constexpr std::size_t place_of(unsigned half) {
    return offsetof(seccomp_data, args) + half * sizeof(std::uint32_t);  // both are little-endian
  }
  void add(const sock_filter& step) { code_.push_back(step); }
  void load(std::size_t offset) {
    add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void refuse(std::uint32_t error) { add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error)); }

  std::vector<sock_filter> code_{};
};

void forbid_by_arguments(Filter& filter) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  // Of these the kernel takes the lower half alone.
  for (const long call : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}) {
    filter.forbid(call, {{0, Refuse::unless_equal, self}});
  }
  // Its own niceness, and where its threads run as far as they ask for themselves.
  filter.forbid(SYS_setpriority, {{0, Refuse::unless_equal, PRIO_PROCESS}});
  filter.forbid(SYS_setpriority, {{2, Refuse::unless_equal, 0}});
  filter.forbid_but(SYS_sched_setaffinity, {0, self});
  filter.forbid(SYS_prctl, {{0, Refuse::when_equal, PR_SET_PDEATHSIG}});
  for (const std::uint32_t command : forbidden_ioctls) {
    filter.forbid(SYS_ioctl, {{2, Refuse::when_equal, command}});
  }
  for (const std::uint32_t command : forbidden_fcntls) {
    filter.forbid(SYS_fcntl, {{2, Refuse::when_equal, command}});
  }
  filter.forbid(SYS_clone, {{0, Refuse::when_bits, any_namespace}});
  // Anonymous memory that is shared is counted as a file's.
  filter.forbid(SYS_mmap,
                {{6, Refuse::when_bits, MAP_ANONYMOUS}, {6, Refuse::when_bits, MAP_SHARED}});
  // Limits may be asked for, which is when the pointer to new ones is null: both halves of it.
  filter.forbid(SYS_prlimit64, {{4, Refuse::unless_equal, 0}});
  filter.forbid(SYS_prlimit64, {{5, Refuse::unless_equal, 0}});
}

// What Landlock does not see, or not before its third version.
void forbid_by_path(Filter& filter, long landlock) {
  // The times of a file by its path: those of an open one, which is when there is none, stay.
  filter.forbid(SYS_utimensat, {{2, Refuse::unless_equal, 0}});
  filter.forbid(SYS_utimensat, {{3, Refuse::unless_equal, 0}});
  if (landlock < landlock_of_truncation) filter.forbid(SYS_truncate);
  // Cut short when opened to read, which to Landlock is reading.
  const auto forbid = [&](long call, unsigned flags) {
    filter.forbid(call,
                  {{flags, Refuse::when_bits, O_TRUNC}, {flags, Refuse::unless_bits, O_ACCMODE}});
  };
  forbid(SYS_openat, 4);
#if defined(__x86_64__)
  forbid(SYS_open, 2);
#endif
}

// New files that run with the rights of whom they belong to.
void forbid_creation_modes(Filter& filter) {
  constexpr std::uint32_t creates = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
  constexpr std::uint32_t with_rights = S_ISUID | S_ISGID;
  const auto forbid = [&](long call, unsigned flags, unsigned mode) {
    filter.forbid(call,
                  {{flags, Refuse::when_bits, creates}, {mode, Refuse::when_bits, with_rights}});
  };
  forbid(SYS_openat, 4, 6);
#if defined(__x86_64__)
  forbid(SYS_open, 2, 4);
  filter.forbid(SYS_creat, {{2, Refuse::when_bits, with_rights}});
#endif
}

}  // namespace

std::string confine_calls(const plugin::Permissions& permissions, long landlock) {
  if (architecture == 0) return "there is no filter of system calls for this machine";
  Filter filter;
  for (const long call : forbidden) filter.forbid(call);
  for (const long call : forbidden_here) filter.forbid(call);
  forbid_by_arguments(filter);
  forbid_creation_modes(filter);
  forbid_by_path(filter, landlock);
  // Their flags lie in memory, where no filter can look; the C library then takes clone and openat.
  filter.forbid(SYS_clone3, ENOSYS);
  filter.forbid(SYS_openat2, ENOSYS);
  if (!permissions.exec) {
    for (const long call : of_programs) filter.forbid(call);
    for (const long call : of_programs_here) filter.forbid(call);
    filter.forbid(SYS_clone, {{0, Refuse::unless_bits, CLONE_THREAD}});
  }
  if (permissions.network.empty()) {
    filter.forbid(SYS_socket);
  } else {
    std::vector<std::uint32_t> families = {AF_INET, AF_INET6, AF_NETLINK};
    for (const std::string& place : permissions.network) {
      if (place.starts_with("unix:")) families.push_back(AF_UNIX);
    }
    filter.forbid_but(SYS_socket, families);
  }
  if (filter.install()) return {};
  return fmt::format("the kernel takes no filter of system calls: {}", std::strerror(errno));
}

}  // namespace penstock::isolation
