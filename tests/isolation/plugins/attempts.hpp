// SPDX-License-Identifier: Apache-2.0
// attempts.hpp: what a plugin in a process of its own may not do, tried. Each gives an errno; 0: it
// was let.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace subject {

struct Attempt {
  std::string name;
  int error;
};

inline int error_of(long result) { return result == -1 ? errno : 0; }

// What it would run is not there, so that one that is let goes on.
inline int try_execve() {
  char name[] = "/nonexistent/program";
  char* const arguments[] = {name, nullptr};
  return error_of(::syscall(SYS_execve, name, arguments, nullptr));
}

inline int try_open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd == -1) return errno;
  ::close(fd);
  return 0;
}

inline int try_socket(int family = AF_INET) {
  const int fd = ::socket(family, SOCK_STREAM, 0);
  if (fd == -1) return errno;
  ::close(fd);
  return 0;
}

// A program is run and its status read.
inline int try_program() {
  const pid_t pid = ::fork();
  if (pid == -1) return errno;
  if (pid == 0) {
    ::execl("/bin/true", "true", static_cast<char*>(nullptr));
    ::_exit(1);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status == 0 ? 0 : ECHILD;
}

inline int try_link(const std::string& folder) {
  const std::string link = folder + "/link";
  if (::symlink("/etc/passwd", link.c_str()) == -1) return errno;
  const int error = try_open(link, O_RDONLY);
  ::unlink(link.c_str());
  return error;
}

inline int try_memory_of(pid_t pid) {
  char there = 0;
  iovec here{&there, 1};
  iovec remote{reinterpret_cast<void*>(&try_socket), 1};
  return error_of(::syscall(SYS_process_vm_readv, pid, &here, 1, &remote, 1, 0));
}

// By a descriptor that is only open to read.
inline int try_mode(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1) return errno;
  struct stat status {};
  ::fstat(fd, &status);
  const int error = error_of(::fchmod(fd, status.st_mode & 07777));
  ::close(fd);
  return error;
}
inline int try_flags(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1) return errno;
  int flags = 0;
  int error = error_of(::ioctl(fd, FS_IOC_GETFLAGS, &flags));
  if (error == 0) error = error_of(::ioctl(fd, FS_IOC_SETFLAGS, &flags));
  ::close(fd);
  return error;
}

inline int try_limits() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return error_of(::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr));
}

// Nobody reads it. In a worker of the application that is an error and no more.
inline int try_broken_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) return errno;
  ::close(ends[0]);
  const int error = error_of(::write(ends[1], "x", 1));
  ::close(ends[1]);
  return error;
}
// A file that is larger than it may be.
inline int try_long_file(const std::string& path) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return EFBIG;  // nothing to try
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd == -1) return errno;
  const int error = error_of(::pwrite(fd, "x", 1, static_cast<off_t>(limit.rlim_cur)));
  ::close(fd);
  return error;
}

// Where a process runs: where it may already.
inline int try_affinity(pid_t pid) {
  cpu_set_t all;
  if (::sched_getaffinity(0, sizeof all, &all) == -1) return errno;
  return error_of(::sched_setaffinity(pid, sizeof all, &all));
}
inline int try_scheduler(pid_t pid) {
  const sched_param none{};
  return error_of(::sched_setscheduler(pid, SCHED_OTHER, &none));
}

inline int try_memory(int flags) {
  void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return errno;
  ::munmap(memory, 4096);
  return 0;
}
inline std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// A device that would be of use if it could be made: /dev/mem.
inline int try_device(const std::string& path, mode_t kind) {
  const int error = error_of(::syscall(SYS_mknodat, AT_FDCWD, path.c_str(), kind | 0600, 0x101));
  ::unlink(path.c_str());
  return error;
}
inline int try_creation(const std::string& path, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  const int error = error_of(fd);
  if (fd != -1) ::close(fd);
  ::unlink(path.c_str());
  return error;
}

inline int try_times(const std::string& path) {
  return error_of(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0));
}
// Those of a file that it has open.
inline int try_own_times(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const int error = error_of(::futimens(fd, nullptr));
  ::close(fd);
  return error;
}

// A pipe that sends its signals there.
inline int try_owner(int how, pid_t pid) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) return errno;
  const f_owner_ex owner{F_OWNER_PID, pid};
  int error = 0;
  if (how == F_SETOWN) error = error_of(::syscall(SYS_fcntl, ends[0], F_SETOWN, pid));
  if (how == F_SETOWN_EX) error = error_of(::syscall(SYS_fcntl, ends[0], F_SETOWN_EX, &owner));
  if (how == F_SETSIG) error = error_of(::syscall(SYS_fcntl, ends[0], F_SETSIG, SIGKILL));
  if (how == FIOSETOWN || how == FIOASYNC) error = error_of(::ioctl(ends[0], how, &pid));
  ::close(ends[0]);
  ::close(ends[1]);
  return error;
}

// Threads are made and joined all the same.
inline std::string status_line(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return line.substr(line.find_last_of(" \t") + 1);
  }
  return "?";
}

// Descriptors that it was born with, beside the standard ones.
inline std::string descriptors(bool only_inherited = false) {
  std::string found;
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return "?";
  while (const dirent* const entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (only_inherited && (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) continue;
    if (fd > 2 && fd != ::dirfd(folder)) found += "," + std::to_string(fd);
  }
  ::closedir(folder);
  return found.empty() ? found : found.substr(1);
}

inline std::string shown(const std::vector<Attempt>& attempts) {
  std::string text;
  for (const Attempt& one : attempts) {
    text += one.name;
    text += '=';
    text += one.error == 0 ? "ok" : ::strerrorname_np(one.error);
    text += '\n';
  }
  return text;
}

inline std::string try_others(pid_t host) {
  const std::string of_host = "/proc/" + std::to_string(host);
  return shown({
      {"ptrace", error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr))},
      {"memory of the host", try_memory_of(host)},
      {"file of the host's memory", try_open(of_host + "/mem", O_RDONLY)},
      {"environment of the host", try_open(of_host + "/environ", O_RDONLY)},
      {"signal to the host", error_of(::kill(host, 0))},
      {"signal to all", error_of(::kill(-1, 0))},
      {"owner of a descriptor", try_owner(F_SETOWN, host)},
      {"any owner of a descriptor", try_owner(F_SETOWN_EX, host)},
      {"signal of a descriptor", try_owner(F_SETSIG, host)},
      {"owner by ioctl", try_owner(FIOSETOWN, host)},
      {"signals by ioctl", try_owner(FIOASYNC, host)},
      {"affinity of the host", try_affinity(host)},
      {"affinity of itself", try_affinity(0)},
      {"scheduler of the host", try_scheduler(host)},
      {"parameters of the host", error_of(::syscall(SYS_sched_setparam, host, nullptr))},
      {"attributes of the host", error_of(::syscall(SYS_sched_setattr, host, nullptr, 0))},
      {"priority of the host", error_of(::setpriority(PRIO_PROCESS, host, 1))},
      {"priority of all", error_of(::setpriority(PRIO_USER, 0, 1))},
      {"priority of itself",
       error_of(::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0)))},
      {"disk priority", error_of(::syscall(SYS_ioprio_set, 1, host, 0))},
      {"pages", error_of(::syscall(SYS_migrate_pages, host, 0, nullptr, nullptr))},
      {"pages one by one",
       error_of(::syscall(SYS_move_pages, host, 0, nullptr, nullptr, nullptr, 0))},
      {"advice on memory", error_of(::syscall(SYS_process_madvise, -1, nullptr, 0, 0, 0))},
  });
}

inline std::string try_memory_of_all_kinds() {
  return shown({
      {"memory of its own", try_memory(MAP_PRIVATE | MAP_ANONYMOUS)},
      {"shared memory", try_memory(MAP_SHARED | MAP_ANONYMOUS)},
      {"file in memory", error_of(::syscall(SYS_memfd_create, "x", 0))},
      {"secret memory", error_of(::syscall(447, 0))},
      {"shmget", error_of(::syscall(SYS_shmget, 0, 4096, 0600))},
      {"semget", error_of(::syscall(SYS_semget, 0, 1, 0600))},
      {"msgget", error_of(::syscall(SYS_msgget, 0, 0600))},
      {"mq_open", error_of(::syscall(SYS_mq_open, "x", O_RDWR | O_CREAT, 0600, nullptr))},
  });
}

inline std::string try_files(const std::string& folder, const std::string& outside) {
  return shown({
      {"read of /etc/passwd", try_open("/etc/passwd", O_RDONLY)},
      {"read outside", try_open(outside + "/there", O_RDONLY)},
      {"write outside", try_open(outside + "/new", O_WRONLY | O_CREAT)},
      {"write inside", try_open(folder + "/new", O_WRONLY | O_CREAT)},
      {"times of a file", try_times("/usr/lib")},
      {"times of an open file", try_own_times(folder + "/new")},
      {"times by an empty path",
       error_of(::syscall(SYS_utimensat, AT_FDCWD, "", nullptr, AT_EMPTY_PATH))},
      {"cut short when read", try_open(folder + "/new", O_RDONLY | O_TRUNC)},
      {"cut short when written", try_open(folder + "/new", O_WRONLY | O_TRUNC)},
      {"link to outside", try_link(folder)},
      {"mode of a file", error_of(::chmod((folder + "/new").c_str(), 04755))},
      {"mode of an open file", try_mode("/usr/lib")},
      {"flags of a file", try_flags("/usr/lib")},
      {"device", try_device(folder + "/device", S_IFCHR)},
      {"disk", try_device(folder + "/device", S_IFBLK)},
      {"file of a user's rights", try_creation(folder + "/rights", 04700)},
      {"file of a group's rights", try_creation(folder + "/rights", 02700)},
      {"file of no rights", try_creation(folder + "/rights", 01700)},
      {"open by a structure", error_of(::syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0))},
  });
}

inline std::string try_the_system(const std::string& folder) {
  return shown({
      {"execve", try_execve()},
      {"program", try_program()},
      {"socket", try_socket()},
      {"unix socket", try_socket(AF_UNIX)},
      {"write to a broken pipe", try_broken_pipe()},
      {"write beyond a file's limit", try_long_file(folder + "/long")},
      {"signal to itself", error_of(::kill(::getpid(), 0))},
      {"death signal", error_of(::prctl(PR_SET_PDEATHSIG, 0))},
      {"limits", try_limits()},
      {"namespace", error_of(::unshare(CLONE_NEWUSER))},
      {"mount", error_of(::syscall(SYS_mount, "x", "/", "tmpfs", 0, nullptr))},
      {"bpf", error_of(::syscall(SYS_bpf, 0, nullptr, 0))},
      {"io_uring", error_of(::syscall(SYS_io_uring_setup, 1, nullptr))},
      {"session", error_of(::setsid())},
  });
}

inline std::string try_all(const std::string& folder, const std::string& outside) {
  std::string text = try_others(::getppid()) + try_memory_of_all_kinds() +
                     try_files(folder, outside) + try_the_system(folder);
  rlimit locked{};
  ::getrlimit(RLIMIT_MEMLOCK, &locked);
  text += "locked memory=" + std::to_string(locked.rlim_cur >> 20) + " MiB\n";
  text += "oom_score_adj=" + first_line("/proc/self/oom_score_adj") + "\n";
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    text += std::string(set) + "=" + status_line(set) + "\n";
  }
  text += "NoNewPrivs=" + status_line("NoNewPrivs") + "\n";
  text += "Seccomp=" + status_line("Seccomp") + "\n";
  const bool is_own = ::getsid(0) == ::getpid() && ::getpgid(0) == ::getpid();
  text += std::string("session and group=") + (is_own ? "its own" : "others'") + "\n";
  text += "descriptors=" + descriptors() + "\n";
  text += "descriptors of its programs=" + descriptors(true) + "\n";
  text +=
      std::string("variable=") + (std::getenv("PENSTOCK_TEST_SECRET") ? "seen" : "hidden") + "\n";
  return text;
}

}  // namespace subject
