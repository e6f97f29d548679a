// SPDX-License-Identifier: Apache-2.0
#include "signing/serial_floors.hpp"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/statement.hpp"
#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;

class SerialFloorsTest : public ::testing::Test {
 protected:
  SerialFloors open() {
    auto opened = SerialFloors::open(folder.path(), ::geteuid());
    EXPECT_TRUE(opened) << errors_of(opened);
    return std::move(opened).value();
  }
  testing::TemporaryFolder folder;
  static constexpr std::string_view id = "org.example.kafka";
};

TEST_F(SerialFloorsTest, OfANewPluginIsZero) { EXPECT_EQ(*open().floor(id), 0U); }

TEST_F(SerialFloorsTest, RisesAndNeverFalls) {
  const SerialFloors floors = open();
  EXPECT_TRUE(floors.advance(id, 5));
  EXPECT_EQ(*floors.floor(id), 5U);
  EXPECT_TRUE(floors.advance(id, 3));
  EXPECT_EQ(*floors.floor(id), 5U);
  EXPECT_TRUE(floors.advance(id, Statement::serial_max));
  EXPECT_EQ(*open().floor(id), Statement::serial_max) << "for the next process, too";
  EXPECT_EQ(*floors.floor("org.example.other"), 0U);
  EXPECT_EQ(folder.read("org.example.kafka.serial"), "serial 9223372036854775807\n");
}

TEST_F(SerialFloorsTest, AFileThatCannotBeReadIsNoFloorOfZero) {
  const SerialFloors floors = open();
  for (const char* text : {"", "7", "serial 7", "serial 07\n", "serial 0\n", "serial -1\n",
                           "serial 7\n\n", "serial 9223372036854775808\n", "serial \n", "\n"}) {
    folder.write("org.example.kafka.serial", text);
    EXPECT_THAT(errors_of(floors.floor(id)), HasSubstr("org.example.kafka.serial: holds no serial"))
        << text;
    EXPECT_FALSE(floors.advance(id, 9)) << text;
  }
  folder.write("org.example.kafka.serial", std::string(100, 'x'));
  EXPECT_THAT(errors_of(floors.floor(id)), HasSubstr("larger than 64 bytes"));
  folder.write("org.example.kafka.serial", "serial 7\n", 0666);
  EXPECT_THAT(errors_of(floors.floor(id)), HasSubstr("written by others"));
}

TEST_F(SerialFloorsTest, ACrashOnTheWayLeavesTheOldFloor) {
  const SerialFloors floors = open();
  ASSERT_TRUE(floors.advance(id, 5));
  folder.write(".org.example.kafka.serial.new", "serial 9");  // cut off
  EXPECT_EQ(*floors.floor(id), 5U);
  EXPECT_TRUE(floors.advance(id, 6));
  EXPECT_EQ(*floors.floor(id), 6U);
}

TEST_F(SerialFloorsTest, NamesNoOtherFile) {
  const SerialFloors floors = open();
  for (const char* wrong : {"", "..", "../x.y", "a/b.c", "kafka"}) {
    EXPECT_FALSE(floors.floor(wrong)) << wrong;
    EXPECT_FALSE(floors.advance(wrong, 1)) << wrong;
  }
  EXPECT_FALSE(floors.advance(id, 0));
  EXPECT_FALSE(floors.advance(id, Statement::serial_max + 1));
}

TEST_F(SerialFloorsTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_FALSE(SerialFloors::open(folder / "missing", ::geteuid()));
}

// Each has its own descriptor, as processes have.
TEST_F(SerialFloorsTest, TheHighestOfManyWritersStays) {
  std::vector<std::thread> threads;
  for (std::uint64_t start = 1; start <= 4; ++start) {
    threads.emplace_back([this, start] {
      const SerialFloors floors = open();
      for (std::uint64_t serial = start; serial <= 40; serial += 4) {
        EXPECT_TRUE(floors.advance(id, serial));
        EXPECT_GE(*floors.floor(id), serial);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*open().floor(id), 40U);
}

}  // namespace
}  // namespace penstock::signing
