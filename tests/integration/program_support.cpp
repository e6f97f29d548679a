// SPDX-License-Identifier: Apache-2.0
#include "program_support.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <stdlib.h>

extern char** environ;

namespace penstock::test {

// ---- ProgramTest

ProgramTest::ProgramTest() {
  std::string name = ::testing::TempDir() + "penstock_program_XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  ::signal(SIGPIPE, SIG_IGN);
}

ProgramTest::~ProgramTest() {
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

std::string ProgramTest::write(std::string_view name, std::string_view text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string ProgramTest::read(std::string_view name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uintmax_t ProgramTest::size_of(std::string_view name) const {
  std::error_code error;
  const auto size = std::filesystem::file_size(path(name), error);
  return error ? 0 : size;
}

std::vector<std::string> ProgramTest::lines_of(std::string_view name) const {
  std::vector<std::string> lines;
  std::istringstream text(read(name));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<nlohmann::json> ProgramTest::json_of(std::string_view name) const {
  std::vector<nlohmann::json> events;
  for (const std::string& line : lines_of(name)) events.push_back(nlohmann::json::parse(line));
  return events;
}

std::string ProgramTest::configure(std::string_view yaml) const {
  std::string text(yaml);
  constexpr std::string_view mark = "{DIR}";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
    text.replace(at, mark.size(), folder_.string());
  }
  // The tests count every event. At the end, so that errors keep their lines.
  const bool ends_in_logging = text.starts_with("logging:\n") && text.ends_with('\n') &&
                               text.find("\ntriggers:") == std::string::npos;
  if (ends_in_logging && text.find("own_events") == std::string::npos) {
    text += "  own_events: false\n";
  }
  return write("penstock.yml", text);
}

// ---- Program

namespace {

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  void open(int fd, const std::string& path, int flags) {
    const char* const name = path.empty() ? "/dev/null" : path.c_str();
    ::posix_spawn_file_actions_addopen(&actions_, fd, name, flags, 0600);
  }
  void dup(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// This process's, but that threads may be left behind at the end: that is what happens to a sink
// that hangs.
std::vector<std::string> environment() {
  constexpr std::string_view name = "TSAN_OPTIONS=";
  std::string options = std::string(name) + "report_thread_leaks=0";
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with(name)) {
      options += ':';
      options += text.substr(name.size());
    } else {
      all.emplace_back(text);
    }
  }
  all.push_back(options);
  return all;
}

// For functions of C: ends with a null pointer.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Program::Program(Options options) {
  int input[2] = {-1, -1};
  int broken[2] = {-1, -1};
  FileActions actions;
  if (options.input_file.empty()) {
    if (::pipe2(input, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    actions.dup(input[0], STDIN_FILENO);
    input_fd_ = input[1];
    ::fcntl(input_fd_, F_SETFL, O_NONBLOCK);  // a program that hangs must not hang the test
  } else {
    actions.open(STDIN_FILENO, options.input_file, O_RDONLY);
  }
  actions.open(STDOUT_FILENO, options.output_file, O_WRONLY | O_CREAT | O_TRUNC);
  if (options.error_is_broken_pipe) {
    if (::pipe2(broken, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::close(broken[0]);
    actions.dup(broken[1], STDERR_FILENO);
  } else {
    actions.open(STDERR_FILENO, options.error_file, O_WRONLY | O_CREAT | O_TRUNC);
  }
  std::vector<std::string> arguments = {PENSTOCK_PROGRAM};
  if (!options.shell.empty()) {
    arguments = {"/bin/sh", "-c", options.shell, "sh", PENSTOCK_PROGRAM};
  }
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables = environment();
  // The program's own dispositions and mask, not those of this process.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&pid_, arguments[0].c_str(), actions.get(), &attributes,
                                  pointers(arguments).data(), pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  for (const int fd : {input[0], broken[1]}) {
    if (fd != -1) ::close(fd);
  }
  if (error != 0) throw std::runtime_error("cannot start " PENSTOCK_PROGRAM);
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Program::~Program() {
  end_input();
  if (pid_ != -1) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pid_fd_);
}

bool Program::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(input_fd_, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return false;
    pollfd ready = {input_fd_, POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count()) * 1000) != 1) return false;
  }
  return true;
}

void Program::end_input() {
  if (input_fd_ != -1) ::close(input_fd_);
  input_fd_ = -1;
}

void Program::signal(int number) const { ::kill(pid_, number); }

bool Program::has_ended() const {
  pollfd ended = {pid_fd_, POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

int Program::wait(std::chrono::seconds limit) {
  pollfd ended = {pid_fd_, POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(limit.count()) * 1000) != 1) return -1000;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// ---- Flood

namespace {

std::uint64_t checksum(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum % 1'000'000'007;
}

}  // namespace

std::string flood_line(std::int64_t number) {
  const std::string start = std::to_string(number);
  const std::string filler(20 + static_cast<std::size_t>(number * 7919 % 120), 'x');
  return start + " " + std::to_string(checksum(start + filler)) + " " + filler;
}

std::int64_t flood_number(std::string_view line) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  return error == std::errc{} && line == flood_line(number) ? number : -1;
}

Flood::Flood(Program& program, std::int64_t lines) {
  auto stop = std::make_shared<Signal>();
  auto thread = std::make_shared<std::thread>([&program, lines, stop] {
    std::string text;
    for (std::int64_t number = 0; number < lines; ++number) {
      text += flood_line(number) + "\n";
      // Odd sizes, so that reads end in the middle of lines.
      if (text.size() < 8000 && number + 1 < lines) continue;
      if (!program.write(text) || stop->wait(0s)) return;
      text.clear();
    }
  });
  join_ = [&program, stop, thread] {
    if (!thread->joinable()) return;
    stop->set();
    thread->join();
    program.end_input();
  };
}

Flood::~Flood() { join(); }

void Flood::join() { join_(); }

// ---- the account

void expect_exact_account(const nlohmann::json& report) {
  EXPECT_EQ(report["conservation_error"], 0);
  for (const auto& [name, sink] : report["sinks"].items()) {
    std::int64_t sum = 0;
    for (const char* const figure :
         {"delivered", "filtered", "dead_lettered", "in_queue", "in_spool", "in_flight"}) {
      ASSERT_GE(sink[figure].get<std::int64_t>(), 0) << name << " " << figure;
      sum += sink[figure].get<std::int64_t>();
    }
    for (const auto& [reason, count] : sink["dropped"].items()) sum += count.get<std::int64_t>();
    EXPECT_EQ(sum, report["accepted"].get<std::int64_t>()) << name;
  }
}

}  // namespace penstock::test
