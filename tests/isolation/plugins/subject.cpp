// SPDX-License-Identifier: Apache-2.0
// subject.cpp: a plugin that writes messages to a file, and ends, hangs or tries what is forbidden
// where its options say.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <penstock/plugin/sink.hpp>

#include "attempts.hpp"

#if !defined(SUBJECT)
#define SUBJECT "subject"
#endif

namespace {

// Before anything of Penstock's is asked.
const std::vector<subject::Attempt> at_load = {
    {"constructor execve", subject::try_execve()},
    {"constructor open", subject::try_open("/etc/passwd", O_RDONLY)},
    {"constructor socket", subject::try_socket()}};

// Also where a sanitizer would have caught the signal.
[[noreturn]] void end_by(int signal) {
  std::signal(signal, SIG_DFL);
  ::kill(::getpid(), signal);
  for (;;) ::pause();
}

// As much as there is, and its bytes.
std::uint64_t take_all_memory() {
  std::uint64_t bytes = 0;
  constexpr std::size_t piece = std::size_t{4} << 20;
  std::vector<char*> pieces;
  pieces.reserve(1 << 16);
  while (char* const memory = new (std::nothrow) char[piece]) {
    for (std::size_t at = 0; at < piece; at += 4096) memory[at] = 1;
    pieces.push_back(memory);
    bytes += piece;
  }
  for (char* const memory : pieces) delete[] memory;
  return bytes;
}

class SubjectSink final : public penstock::Sink {
 public:
  explicit SubjectSink(const penstock::plugin::Config& config)
      : folder_(config.text("folder")),
        at_(config.text("at")),
        does_(config.text("does")),
        then_(config.text("then")),
        outside_(config.text("outside")),
        poison_(config.text("note")),
        times_(config.integer("times", 1)),
        after_(config.integer("after", 1)),
        half_(config.boolean("half")),
        later_(config.boolean("later")),
        silent_(config.boolean("silent")) {
    if (config.get("token")) add("secret", config.secret("token") + "\n");
    misbehave("create");
  }
  Needs needs() const noexcept override { return {.max_in_flight = later_ ? 4u : 1u}; }
  penstock::Status open(penstock::SinkContext& context) override {
    context_ = &context;
    add("pids", std::to_string(::getpid()) + "\n");
    if (at_ == "attempts")
      add("attempts", subject::shown(at_load) + subject::try_all(folder_, outside_));
    misbehave("open");
    return {};
  }
  penstock::WriteResult write(const penstock::Batch& batch) override {
    ++writes_;
    if (is_at("write") && writes_ >= after_ && may_act()) {
      if (half_) add("out", lines_of(batch, (batch.size() + 1) / 2));
      act();
    }
    for (const auto& event : batch.events()) {
      if (!poison_.empty() && event.message == poison_) end_by(SIGSEGV);
    }
    if (later_) return answer_later(batch.token(), lines_of(batch, batch.size()));
    add("out", lines_of(batch, batch.size()));
    return penstock::WriteResult::ok();
  }
  penstock::Status flush() override {
    misbehave("flush");
    return {};
  }
  void control(penstock::SinkControl) override { misbehave("control"); }
  void close() override {
    misbehave("close");
    stop_answering();
  }
  ~SubjectSink() override {
    stop_answering();
    misbehave("destroy");
  }

 private:
  void add(const char* name, const std::string& text) const {
    const int file = ::open((folder_ + "/" + name).c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    static_cast<void>(!::write(file, text.data(), text.size()));
    ::close(file);
  }

  void misbehave(const char* where) {
    if (is_at(where) && may_act()) act();
  }
  // Only so often, over all processes: each leaves a letter. Never again once there is peace.
  bool may_act() const {
    if (has_peace()) return false;
    if (acts() >= times_) return false;
    add("acts", "x");
    return true;
  }
  void act() {
    if (does_ == "segfault") end_by(SIGSEGV);
    if (does_ == "abort") end_by(SIGABRT);
    if (does_ == "kill") end_by(SIGKILL);
    if (does_ == "exit") ::syscall(SYS_exit_group, 7);
    if (does_ == "hang") hang();
    if (does_ == "throw") throw std::runtime_error("the ink is dry");
    if (does_ == "report") {
      std::thread([this] { context_->report("the ink runs out"); }).join();
    }
    if (does_ == "measure") context_->measure("ink", 0.25);
    if (does_ == "print") print();
    if (does_ == "memory") {
      add("memory", std::to_string(take_all_memory()));
      end_by(SIGABRT);
    }
    if (does_ == "thread") {
      std::thread([] { end_by(SIGSEGV); }).join();
    }
  }
  // In pieces that end anywhere, and what would harm whoever else has what is behind it.
  static void print() {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + "\n";
    for (std::size_t at = 0; at < text.size(); at += 777) {
      static_cast<void>(
          !std::fwrite(text.data() + at, 1, std::min<std::size_t>(777, text.size() - at), stdout));
    }
    std::fflush(stdout);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
      ::fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND);
      static_cast<void>(!::ftruncate(fd, 0));
    }
    static_cast<void>(!::write(STDERR_FILENO, "no line", 7));
  }
  [[noreturn]] void hang() const {
    add("hanging", std::to_string(::getpid()) + "\n");
    for (;;) ::pause();
  }

  std::int64_t acts() const {
    std::ifstream file(folder_ + "/acts");
    std::string letters;
    file >> letters;
    return static_cast<std::int64_t>(letters.size());
  }
  bool is_at(const char* where) const {
    return (then_.empty() || acts() == 0 ? at_ : then_) == where;
  }
  bool has_peace() const { return ::access((folder_ + "/peace").c_str(), F_OK) == 0; }

  static std::string lines_of(const penstock::Batch& batch, std::size_t count) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) {
      lines += batch.events()[i].message;
      lines += '\n';
    }
    return lines;
  }

  penstock::WriteResult answer_later(std::uint64_t token, std::string lines) {
    if (silent_ && !has_peace()) return penstock::WriteResult::pending();
    if (!thread_.joinable()) thread_ = std::thread([this] { answer(); });
    std::lock_guard lock(mutex_);
    owed_.emplace_back(token, std::move(lines));
    changed_.notify_all();
    return penstock::WriteResult::pending();
  }
  // Two at a time if there are two, the later one first.
  void answer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return is_closed_ || !owed_.empty(); });
      changed_.wait_for(lock, std::chrono::milliseconds(20),
                        [&] { return is_closed_ || owed_.size() > 1; });
      if (is_closed_) return;
      auto owed = std::exchange(owed_, {});
      lock.unlock();
      for (std::size_t i = owed.size(); i-- > 0;) {
        add("out", owed[i].second);
        context_->settle(owed[i].first, penstock::WriteResult::ok());
      }
      lock.lock();
    }
  }
  void stop_answering() {
    {
      std::lock_guard lock(mutex_);
      is_closed_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    is_closed_ = false;
  }

  const std::string folder_;
  const std::string at_;
  const std::string does_;
  const std::string then_;  // where it does it again
  const std::string outside_;
  const std::string poison_;  // a message that ends it
  const std::int64_t times_;
  const std::int64_t after_;
  const bool half_;
  const bool later_;
  const bool silent_;
  penstock::SinkContext* context_ = nullptr;
  std::int64_t writes_ = 0;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::pair<std::uint64_t, std::string>> owed_{};  // under mutex_
  bool is_closed_ = false;                                     // under mutex_
  std::thread thread_{};
};

}  // namespace

PENSTOCK_SINK_PLUGIN(SUBJECT, SubjectSink);
