// SPDX-License-Identifier: Apache-2.0
#include "kit/runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "kit/case.hpp"
#include "kit/child.hpp"
#include "kit/child_process.hpp"

namespace penstock::kit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t at_once_max = 8;

// Gone with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    fs::path place = fs::temp_directory_path(error);
    if (error) return;
    std::string name = place / "penstock-test-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_{};
};

// A gate that failed, and for whom.
struct Blocked {
  std::string_view by{};
  std::string component{};  // empty: for all
};

class Run {
 public:
  Run(const std::vector<PlannedCase>& plan, const FileFacts* facts, const RunOptions& options,
      const fs::path& folder, RunListener& listener)
      : plan_(plan),
        facts_(facts),
        options_(options),
        folder_(folder),
        listener_(listener),
        results_(plan.size()) {}

  void run() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].gate) pass_gate(i);
    }
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < at_once(); ++i) others.emplace_back([this] { work(); });
    work();
    for (std::thread& each : others) each.join();
  }

 private:
  std::size_t at_once() const {
    if (options_.at_once != 0) return options_.at_once;
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, at_once_max);
  }

  void pass_gate(std::size_t i) {
    finish(i, judge(i));
    if (results_[i]->verdict.kind != Verdict::Kind::failed) return;
    blocked_.push_back({.by = plan_[i].id, .component = plan_[i].component});
  }

  void work() {
    for (;;) {
      std::size_t i = 0;
      {
        const std::lock_guard lock(mutex_);
        while (next_ < plan_.size() && plan_[next_].gate) ++next_;
        if (next_ == plan_.size()) return;
        i = next_++;
      }
      finish(i, judge(i));
    }
  }

  // The first gate that failed on the way to it; null when there is none.
  const Blocked* blocked(std::size_t i) const {
    if (plan_[i].judge != nullptr && !plan_[i].gate) return blocked_by_static(i);
    const auto found = std::find_if(blocked_.begin(), blocked_.end(), [&](const Blocked& each) {
      return each.component.empty() || each.component == plan_[i].component;
    });
    return found == blocked_.end() || !comes_after(i, found->by) ? nullptr : &*found;
  }
  // Those that read the file need what is read, and no more.
  const Blocked* blocked_by_static(std::size_t i) const {
    for (const Blocked& each : blocked_) {
      if (each.by.starts_with("static.") && comes_after(i, each.by)) return &each;
    }
    return nullptr;
  }
  bool comes_after(std::size_t i, std::string_view gate) const {
    for (std::size_t before = 0; before < i; ++before) {
      if (plan_[before].id == gate) return true;
    }
    return false;
  }

  CaseResult judge(std::size_t i) {
    const PlannedCase& planned = plan_[i];
    {
      const std::lock_guard lock(mutex_);
      if (const Blocked* const gate = blocked(i); gate != nullptr) {
        return {.verdict = skipped(fmt::format("{} has failed", gate->by))};
      }
      listener_.began(planned);
    }
    const auto begin = std::chrono::steady_clock::now();
    CaseResult result;
    result.verdict = planned.judge != nullptr ? planned.judge(*facts_) : run_in_child(i);
    result.taken = std::chrono::steady_clock::now() - begin;
    return result;
  }

  Verdict run_in_child(std::size_t i) const {
    const PlannedCase& planned = plan_[i];
    const fs::path folder = folder_ / std::to_string(i);
    std::error_code error;
    fs::create_directory(folder, error);
    CaseCall call{.id = std::string(planned.id),
                  .component = planned.component,
                  .point = planned.point,
                  .folder = folder.string(),
                  .time_limit = options_.time_limit};
    const auto found = options_.options.find(planned.component);
    if (found != options_.options.end()) call.options = found->second;
    ChildOrder order{.program = options_.host_program,
                     .arguments = case_words(call, options_.builtin),
                     .preload = find_case(planned.id)->faults ? options_.faults : std::string(),
                     .plugin_fd = facts_ == nullptr ? -1 : facts_->file.fd(),
                     .time_limit = options_.time_limit};
    order.arguments.insert(order.arguments.begin(), options_.before_case.begin(),
                           options_.before_case.end());
    Verdict verdict = run_child(order);
    fs::remove_all(folder, error);
    return verdict;
  }

  void finish(std::size_t i, CaseResult result) {
    const std::lock_guard lock(mutex_);
    results_[i] = std::move(result);
    for (; told_ < plan_.size() && results_[told_]; ++told_) {
      listener_.ended(plan_[told_], *results_[told_]);
    }
  }

  const std::vector<PlannedCase>& plan_;
  const FileFacts* const facts_;
  const RunOptions& options_;
  const fs::path folder_;
  RunListener& listener_;
  std::vector<Blocked> blocked_{};  // by the gates, before there are several threads
  std::mutex mutex_{};              // for all below it
  std::vector<std::optional<CaseResult>> results_;
  std::size_t next_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

bool run_cases(const std::vector<PlannedCase>& plan, const FileFacts* facts,
               const RunOptions& options, RunListener& listener) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return false;
  Run(plan, facts, options, folder.path(), listener).run();
  return true;
}

}  // namespace penstock::kit
