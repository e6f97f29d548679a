// SPDX-License-Identifier: Apache-2.0
// Each call in the source has a record of its own, whatever compiler and whatever unit.
#include <latch>
#include <vector>

#include <fmt/ranges.h>

#include "call_site_unit.hpp"

namespace penstock::test {

// Before anything else here that logs: these must be the first calls of the unit.
void log_from_first_unit(const Logger& log, int number, const std::string& text) {
  log.info("first plain");
  log.info("first number {}", number);
  log.warning("first text {}", text, field("first_key", number));
}

namespace {

class CallSiteTest : public PipelineTest {};

TEST_F(CallSiteTest, CallsOfTwoUnitsAreNotMixedUp) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  for (int round = 0; round < 2; ++round) {
    log_from_first_unit(log, 1, "a");
    log_from_second_unit(log, 2, "b");
  }
  ASSERT_TRUE(pipeline.flush(patience));
  const std::vector<std::string> once = {"first plain",  "first number 1",  "first text a",
                                         "second plain", "second number 2", "second text b"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(messages_of(seen.events()), twice);
  const auto events = seen.events();
  EXPECT_NE(events[2].field("first_key"), nullptr);
  EXPECT_NE(events[5].field("second_key"), nullptr);
  EXPECT_NE(events[0].file, events[3].file);
}

// Counts how many there are.
class Alive {
 public:
  explicit Alive(int& count) : count_(count) { ++count_; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --count_; }
  int number() const { return count_; }

 private:
  int& count_;
};

TEST_F(CallSiteTest, TemporariesOfACallEndWithTheCall) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  const auto logger_of = [&](const Alive&) -> const Logger& { return log; };
  int alive = 0;
  logger_of(Alive(alive)).info("before the format string");
  EXPECT_EQ(alive, 0);
  log.info("{}", Alive(alive).number());
  EXPECT_EQ(alive, 0);
  logger_of(Alive(alive)).with(field("a", 1)).info("{}", Alive(alive).number());
  EXPECT_EQ(alive, 0);
  for (int i = 0; i < 6; ++i) {
    switch (i % 3) {
      case 0:
        log.tag("t").to({"memory"}).info("{}", i);
        break;
      case 1:
        logger_of(Alive(alive)).warning("{}", i);
        break;
      default:
        break;
    }
    EXPECT_EQ(alive, 0);
  }
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(seen.size(), 7u);
}

template <class T>
void log_from_template(const Logger& log, T value) {
  log.info("template {}", value);
}

TEST_F(CallSiteTest, EachInstantiationOfATemplateHasItsOwn) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  log_from_template(log, 1);
  log_from_template(log, 2.5);
  log_from_template(log, std::string("text"));
  log_from_template(log, -7);
  ASSERT_TRUE(pipeline.flush(patience));
  EXPECT_EQ(messages_of(seen.events()), (std::vector<std::string>{"template 1", "template 2.5",
                                                                  "template text", "template -7"}));
}

// Nothing in these calls depends on T, which gcc treats in a way of its own.
template <class T>
void log_without_dependence(const Logger& log, T) {
  log.info("plain");
  log.warning("number {}", 1, field("key", 2));
  log.tag("t").error("{}", std::pair(1, 2).first);
}
template <class T>
struct Holder {
  Logger log;
  void speak(int i) { log.info("member {}", i); }
};
TEST_F(CallSiteTest, CallsInTemplatesNeedNotDependOnThem) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  log_without_dependence(log, 1);
  log_without_dependence(log, 2.5);
  Holder<int>{log}.speak(3);
  const auto generic = [&](auto) {
    log.info("generic {}", 4);
    log.critical("formatted here: {}", std::vector<int>{1, 2});
    log.debug("below the level");
  };
  pipeline.set_level("", Level::info);
  generic(0);
  ASSERT_TRUE(pipeline.flush(patience));
  const auto events = seen.events();
  EXPECT_EQ(messages_of(events),
            (std::vector<std::string>{"plain", "number 1", "1", "plain", "number 1", "1",
                                      "member 3", "generic 4", "formatted here: [1, 2]"}));
  EXPECT_NE(events[0].line, events[1].line);
  EXPECT_EQ(events[0].line, events[3].line);
  ASSERT_NE(events[1].field("key"), nullptr);
}

TEST_F(CallSiteTest, ThreadsMayLookUpANewCallAtOnce) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  std::latch ready{8};
  Threads threads;
  threads.start(8, [&](std::size_t) {
    ready.arrive_and_wait();
    for (int i = 0; i < 100; ++i) {
      [&](auto) { log.info("looked up {}", 5, field("key", "value")); }(0);
      [&](auto) { log.info("looked up {}", 6); }(0);
    }
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(seen.size(), 1'600u);
  for (const OwnedEvent& event : seen.events()) {
    const bool five = event.message == "looked up 5";
    EXPECT_TRUE(five || event.message == "looked up 6");
    EXPECT_EQ(event.field("key") != nullptr, five);
  }
}

TEST_F(CallSiteTest, ManyThreadsMayUseANewCallAtOnce) {
  MemorySink seen;
  Pipeline& pipeline = start({seen.options("memory")});
  const Logger log = pipeline.logger("x");
  std::atomic<int> ready{0};
  Threads threads;
  threads.start(8, [&](std::size_t) {
    ++ready;
    ASSERT_TRUE(eventually([&] { return ready == 8; }));
    log.info("used for the first time {}", 5, field("key", "value"));
  });
  threads.join();
  ASSERT_TRUE(pipeline.flush(patience));
  ASSERT_EQ(seen.size(), 8u);
  for (const OwnedEvent& event : seen.events()) {
    EXPECT_EQ(event.message, "used for the first time 5");
    EXPECT_NE(event.field("key"), nullptr);
  }
}

TEST_F(CallSiteTest, ACallIsTheSameForEveryPipeline) {
  MemorySink seen[2];
  Pipeline* const pipelines[] = {&start({seen[0].options("a")}), &start({seen[1].options("b")})};
  for (Pipeline* pipeline : pipelines) {
    pipeline->logger("x").info("shared {}", 1);
    ASSERT_TRUE(pipeline->flush(patience));
  }
  EXPECT_EQ(messages_of(seen[0].events()), messages_of(seen[1].events()));
}

}  // namespace
}  // namespace penstock::test
