// sink_test.cpp: the sink by itself, with options, batches and a host that the tests make up.
#include "sink.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <penstock/plugin/testing.hpp>

namespace {

using penstock::Level;
using penstock::WriteResult;
using penstock::testing::FakeConfig;
using penstock::testing::FakeContext;
using penstock::testing::OwnedBatch;

class @class@Test : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Tests may run at the same time.
  const std::string path_ =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + ".log";
  FakeContext context_;
};

TEST_F(@class@Test, AppendsEachEventToItsFile) {
  FakeConfig options({{"path", path_}, {"prefix", "> "}});
  @class@ sink(options.config());
  ASSERT_TRUE(sink.open(context_).ok());
  OwnedBatch batch({{.level = Level::warning, .message = "slow venue"}, {.message = "order filled"}});
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  EXPECT_EQ(content(), "> WARNING slow venue\n> INFO order filled\n");
  sink.close();
}

TEST_F(@class@Test, OpensItsFileAgainWhenItIsToldTo) {
  FakeConfig options({{"path", path_}});
  @class@ sink(options.config());
  ASSERT_TRUE(sink.open(context_).ok());
  std::filesystem::remove(path_);
  sink.control(penstock::SinkControl::reopen);
  OwnedBatch batch({{.message = "after"}});
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::ok);
  EXPECT_EQ(content(), "INFO after\n");
  sink.close();
}

TEST_F(@class@Test, SaysWhyItCannotBeOpened) {
  FakeConfig options({{"path", "/nowhere/file"}});
  @class@ sink(options.config());
  const penstock::Status opened = sink.open(context_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.errors().front().message.find("/nowhere/file"), std::string::npos);
}

TEST_F(@class@Test, DeliversNothingThatItCannotWrite) {
  FakeConfig options({{"path", "/dev/full"}});
  @class@ sink(options.config());
  ASSERT_TRUE(sink.open(context_).ok());
  OwnedBatch batch({{.message = "lost?"}});
  EXPECT_EQ(sink.write(batch.view()).kind(), WriteResult::Kind::fatal);
  sink.close();
}

}  // namespace
