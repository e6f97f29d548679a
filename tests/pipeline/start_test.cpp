// SPDX-License-Identifier: Apache-2.0
// How a pipeline starts, and with which of its sinks.
#include <signal.h>

#include <gmock/gmock.h>

#include "support/options.hpp"
#include "support/pipeline_test.hpp"
#include "support/run.hpp"
#include "support/sinks.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StartTest : public PipelineTest {
 protected:
  static SinkOptions broken(std::string name, bool required = false) {
    SinkOptions options = FaultySink().fail_opens(1).options(std::move(name));
    options.required = required;
    return options;
  }
  static SinkOptions made_by(std::string name, SinkFactory make) {
    return sink_options(std::move(name), "odd", std::move(make));
  }
  static Errors errors_of(std::vector<SinkOptions> sinks) {
    PipelineOptions options;
    options.sinks = std::move(sinks);
    return Pipeline::start(std::move(options)).errors();
  }
};

TEST_F(StartTest, OptionsThatAreWrongFailWithEveryError) {
  SinkOptions bad = CountingSink().options("not a name");
  bad.queue.max_bytes = 1;
  EXPECT_GE(errors_of({bad, CountingSink().options("a"), CountingSink().options("a")}).size(), 3u);
}

TEST_F(StartTest, APipelineNeedsASink) { EXPECT_FALSE(errors_of({}).empty()); }

TEST_F(StartTest, SixtySinksAreTheMost) {
  std::vector<SinkOptions> sinks;
  for (int i = 0; i < 61; ++i) sinks.push_back(CountingSink().options(numbered("s", i)));
  EXPECT_EQ(errors_of(sinks).size(), 1u);
  sinks.pop_back();
  Pipeline& pipeline = start(std::move(sinks));
  for (int i = 0; i < 100; ++i) pipeline.logger("x").info("{}", i);
  EXPECT_TRUE(pipeline.flush(patience));
  EXPECT_TRUE(pipeline.stats().all_delivered());
}

TEST_F(StartTest, ASinkThatCannotBeOpenedIsLeftOutAndTheRestStarts) {
  MemorySink seen;
  Pipeline& pipeline =
      start({broken("first"), seen.options("second"), broken("third"), seen.options("fourth")});
  const Logger log = pipeline.logger("x");
  for (int i = 0; i < 1000; ++i) log.info("{}", i);
  std::thread([&] { log.to({"second"}).info("more"); }).join();
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.size(), 2001u);
  const PipelineStats stats = pipeline.stats();
  ASSERT_EQ(stats.left_out.size(), 2u);
  EXPECT_EQ(stats.left_out[0].name, "first");
  EXPECT_EQ(stats.left_out[0].reason, "scripted open failure");
  EXPECT_EQ(stats.left_out[1].name, "third");
  ASSERT_EQ(stats.sinks.size(), 2u);
  EXPECT_EQ(stats.sinks[0].name, "second");
  EXPECT_EQ(stats.sinks[1].name, "fourth");
}

TEST_F(StartTest, ASinkThatWasLeftOutIsAnUnknownDestination) {
  MemorySink seen;
  Pipeline& pipeline = start({broken("gone"), seen.options("here")});
  pipeline.logger("x").to({"gone"}).info("to nobody");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(pipeline.stats().unknown_destination, 1);
  EXPECT_THAT(pipeline.stats().unknown_destination_names, ElementsAre("gone"));
}

TEST_F(StartTest, ARequiredSinkThatCannotBeOpenedFailsTheStart) {
  const Errors errors = errors_of({CountingSink().options("fine"), broken("needed", true)});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message, HasSubstr("needed"));
  EXPECT_THAT(errors[0].message, HasSubstr("scripted open failure"));
}

TEST_F(StartTest, WithoutAnySinkThatCanBeOpenedTheStartFails) {
  const Errors errors = errors_of({broken("a"), broken("b")});
  EXPECT_EQ(errors.size(), 3u);
}

TEST_F(StartTest, ASinkThatThrowsWhileStartingIsLeftOut) {
  class Throwing final : public Sink {
   public:
    Status open(SinkContext&) override { throw std::runtime_error("open burnt down"); }
    WriteResult write(const Batch&) override { return WriteResult::ok(); }
  };
  Pipeline& pipeline = start({
      made_by("a", []() -> std::unique_ptr<Sink> { throw std::runtime_error("factory burnt"); }),
      made_by("b", [] { return std::make_unique<Throwing>(); }),
      made_by("c", []() -> std::unique_ptr<Sink> { throw 5; }),
      made_by("d", []() -> std::unique_ptr<Sink> { return nullptr; }),
      CountingSink().options("fine"),
  });
  pipeline.logger("x").info("works");
  ASSERT_TRUE(pipeline.flush(patience));
  const auto left_out = pipeline.stats().left_out;
  ASSERT_EQ(left_out.size(), 4u);
  EXPECT_THAT(left_out[0].reason, HasSubstr("factory burnt"));
  EXPECT_THAT(left_out[1].reason, HasSubstr("open burnt down"));
  EXPECT_FALSE(left_out[2].reason.empty());
  EXPECT_FALSE(left_out[3].reason.empty());
}

TEST_F(StartTest, SinksOfTheFileThatCannotBeMadeAreListed) {
  PipelineOptions options;
  options.sinks = {CountingSink().options("a")};
  options.left_out = {{"plugin", "no such plugin"}};
  Pipeline& pipeline = start(std::move(options));
  ASSERT_EQ(pipeline.stats().left_out.size(), 1u);
  EXPECT_EQ(pipeline.stats().left_out[0].name, "plugin");
}

TEST_F(StartTest, TheSinkIsToldItsNameAndTheTime) {
  class Asking final : public Sink {
   public:
    explicit Asking(std::string& name) : name_(name) {}
    Status open(SinkContext& context) override {
      name_ = std::string(context.sink_name());
      return context.now_ns() > 1'600'000'000'000'000'000 ? Status()
                                                          : Status::failure("a wrong clock");
    }
    WriteResult write(const Batch&) override { return WriteResult::ok(); }

   private:
    std::string& name_;
  };
  std::string name;
  (void)start({made_by("curious", [&] { return std::make_unique<Asking>(name); })});
  EXPECT_EQ(name, "curious");
}

// Facts about the thread that calls a sink.
struct WorkerThread {
  std::string name{};
  bool signals_blocked = false;
  int cpus = 0;
};

TEST_F(StartTest, AWorkerIsNamedAfterItsSinkTakesNoSignalsAndStaysOnItsCpus) {
  class Looking final : public Sink {
   public:
    explicit Looking(WorkerThread& found) : found_(found) {}
    Status open(SinkContext&) override {
      char name[16] = {};
      pthread_getname_np(pthread_self(), name, sizeof name);
      found_.name = name;
      sigset_t blocked;
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      found_.signals_blocked = sigismember(&blocked, SIGTERM) == 1 &&
                               sigismember(&blocked, SIGHUP) == 1 &&
                               sigismember(&blocked, SIGINT) == 1;
      cpu_set_t cpus;
      pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus);
      found_.cpus = CPU_COUNT(&cpus);
      return {};
    }
    WriteResult write(const Batch&) override { return WriteResult::ok(); }

   private:
    WorkerThread& found_;
  };
  cpu_set_t allowed;
  ASSERT_EQ(pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed), 0);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) ++cpu;
  WorkerThread found;
  SinkOptions options =
      made_by("a_sink_with_a_long_name", [&] { return std::make_unique<Looking>(found); });
  options.affinity = {cpu};
  (void)start({options});
  EXPECT_EQ(found.name, "ps:a_sink_with_");
  EXPECT_TRUE(found.signals_blocked);
  EXPECT_EQ(found.cpus, 1);
}

TEST_F(StartTest, TheCallersSignalMaskIsAsBefore) {
  (void)start({CountingSink().options("a")});
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
}

// Sees every event in a form of its own choice.
TEST_F(StartTest, ASinkGetsWhatItNeedsAndNothingElse) {
  struct Seen {
    std::string text{};
    std::size_t ends = 0;
    std::size_t events = 0;
  };
  class Choosing final : public Sink {
   public:
    Choosing(Needs needs, Seen& seen) : needs_(needs), seen_(seen) {}
    Needs needs() const noexcept override { return needs_; }
    Status open(SinkContext&) override { return {}; }
    WriteResult write(const Batch& batch) override {
      EXPECT_EQ(batch.size(), 2u);
      seen_.text = std::string(batch.encoded());
      seen_.ends = batch.encoded_ends().size();
      seen_.events = batch.events().size();
      return WriteResult::ok();
    }

   private:
    Needs needs_;
    Seen& seen_;
  };
  Seen seen[3];
  const Sink::Needs needs[3] = {{true, false}, {false, true}, {true, true}};
  std::vector<SinkOptions> sinks;
  for (int i = 0; i < 3; ++i) {
    sinks.push_back(made_by(numbered("s", i), [&seen, &needs, i] {
      return std::make_unique<Choosing>(needs[i], seen[i]);
    }));
    sinks.back().batch.linger = 60s;
    sinks.back().format.pattern = "<{message}>";
  }
  Pipeline& pipeline = start(std::move(sinks));
  pipeline.logger("x").info("one");
  pipeline.logger("x").info("two");
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen[0].events, 2u);
  EXPECT_EQ(seen[0].text, "");
  EXPECT_EQ(seen[1].events, 0u);
  EXPECT_EQ(seen[1].text, "<one>\n<two>\n");
  EXPECT_EQ(seen[1].ends, 2u);
  EXPECT_EQ(seen[2].events, 2u);
  EXPECT_EQ(seen[2].text, "<one>\n<two>\n");
}

}  // namespace
}  // namespace penstock::test
