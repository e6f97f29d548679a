// SPDX-License-Identifier: Apache-2.0
// The same cases on a sink that is in no file: all that they need is its penstock_plugin.
#include <cstring>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/bench.hpp"
#include "kit/child.hpp"
#include "kit/runner.hpp"
#include "penstock/plugin/sink.hpp"

namespace penstock::test {
namespace {

using kit::Verdict;
using ::testing::HasSubstr;

class CountingSink final : public Sink {
 public:
  Status open(SinkContext&) override { return {}; }
  WriteResult write(const Batch& batch) override {
    if (batch.size() == 512) return WriteResult::reject("");
    count_ += batch.size();
    return WriteResult::ok();
  }

 private:
  std::size_t count_ = 0;
};

const penstock_factory* factory_of(const char* point) {
  const bool is_sink = std::strcmp(point, PENSTOCK_POINT_SINK) == 0;
  return is_sink ? plugin::detail::sink_factory<CountingSink>("counting") : nullptr;
}

const penstock_plugin counting{.size = sizeof(penstock_plugin),
                               .abi_major = PENSTOCK_ABI_MAJOR,
                               .abi_minor = PENSTOCK_ABI_MINOR,
                               .min_host_minor = 0,
                               .id = "org.penstock.counting",
                               .version = "1.0.0",
                               .init = nullptr,
                               .deinit = nullptr,
                               .get_factory = &factory_of};

class Builtin : public ::testing::Test {
 protected:
  Builtin() {
    std::string name = ::testing::TempDir() + "penstock-kit-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Builtin() override { std::filesystem::remove_all(folder_); }

  // In a process of its own, as a case may leave behind what it likes.
  Verdict run(const std::string& id) {
    const int fd = kit::make_report_file();
    kit::Report report(fd);
    ::close(fd);
    const pid_t child = ::fork();
    if (child == 0) {
      const kit::Subject subject = kit::builtin_subject(counting);
      kit::run_case(
          subject,
          {.id = id, .component = "counting", .point = PENSTOCK_POINT_SINK, .folder = folder_},
          report);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    Verdict verdict = kit::failed("it did not come to its end", {});
    report.finished(verdict);
    return verdict;
  }

 private:
  std::string folder_{};
};

TEST_F(Builtin, ItsCasesAreThoseOfItsComponents) {
  const auto plan =
      kit::plan_builtin_cases(kit::builtin_subject(counting).manifest, {.glob = "write.one"});
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan.front().name(), "write.one counting");
}

TEST_F(Builtin, PassesWhatItDoesWell) {
  for (const char* const id : {"life.create", "life.open", "life.two", "write.one", "write.hostile",
                               "write.delivers", "abi.event-stride"}) {
    EXPECT_EQ(run(id).kind, Verdict::Kind::passed) << id << ": " << run(id).reason;
  }
}

TEST_F(Builtin, FailsWhatItDoesBadly) {
  const Verdict verdict = run("write.many");
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_THAT(verdict.reason, HasSubstr("reject has no reason"));
}

TEST_F(Builtin, HasNoFileToLoad) {
  EXPECT_EQ(run("load.opens").kind, Verdict::Kind::skipped);
  EXPECT_EQ(run("load.another-name").kind, Verdict::Kind::skipped);
}

TEST_F(Builtin, AnUnknownCaseFails) { EXPECT_EQ(run("no.such").kind, Verdict::Kind::failed); }

}  // namespace
}  // namespace penstock::test
