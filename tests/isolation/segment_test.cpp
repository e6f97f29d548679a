// SPDX-License-Identifier: Apache-2.0
// A batch is the same on the other side, whatever is in it, and takes the room that was reckoned.
#include "isolation/segment.hpp"

#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <gmock/gmock.h>

#include "isolation_support.hpp"
#include "penstock/testing.hpp"

namespace penstock::isolation::test {
namespace {

using penstock::test::random_stream;
using penstock::testing::own;
using penstock::testing::OwnedBatch;
using penstock::testing::OwnedEvent;

bool same(const OwnedEvent& a, const OwnedEvent& b) {
  return a.time_ns == b.time_ns && a.level == b.level && a.logger == b.logger &&
         a.message == b.message && a.file == b.file && a.function == b.function &&
         a.line == b.line && a.thread_id == b.thread_id && a.thread_name == b.thread_name &&
         a.event == b.event && a.fields == b.fields && a.tags == b.tags && a.trace == b.trace &&
         a.producer == b.producer;
}

template <class Random>
std::string random_text(Random& random, std::size_t most) {
  return std::string(random() % (most + 1), static_cast<char>('a' + random() % 26));
}

template <class Random>
OwnedEvent random_event(Random& random) {
  OwnedEvent event{.time_ns = static_cast<std::int64_t>(random()),
                   .level = static_cast<Level>(random() % level_count),
                   .logger = random_text(random, 9),
                   .message = random_text(random, 200),
                   .file = random_text(random, 9),
                   .function = random_text(random, 3),
                   .line = static_cast<std::uint32_t>(random()),
                   .thread_id = random(),
                   .thread_name = random_text(random, 15),
                   .event = random_text(random, 5),
                   .producer = random()};
  for (std::uint64_t i = random() % 4; i > 0; --i) {
    const penstock::testing::OwnedValue values[] = {std::int64_t{-3}, std::uint64_t{7}, 0.5, true,
                                                    random_text(random, 20)};
    event.fields.emplace_back(random_text(random, 7), values[random() % 5]);
  }
  for (std::uint64_t i = random() % 3; i > 0; --i) event.tags.push_back(random_text(random, 5));
  if (random() % 3 == 0) event.trace = TraceContext{{1, 2, 3}, {4, 5}};
  return event;
}

// In memory of exactly that size: a sanitizer sees what goes beyond it, and so does the guard.
TEST(LayOut, GivesTheSameBatchInTheRoomThatWasReckoned) {
  auto random = random_stream(5);
  for (std::uint64_t round = repeats(300); round > 0; --round) {
    std::vector<OwnedEvent> events(1 + random() % 20);
    for (OwnedEvent& event : events) event = random_event(random);
    OwnedBatch batch(events);
    Batch::Parts& parts = batch.parts();
    const std::string encoded = random_text(random, 300);
    const std::vector<std::uint32_t> ends(events.size(),
                                          static_cast<std::uint32_t>(encoded.size()));
    if (random() % 2 == 0) {
      parts.encoded = encoded;
      parts.ends = ends;
    }
    parts.token = random();
    constexpr std::byte guard{0x5A};
    const std::size_t size = bytes_needed(parts);
    std::vector<std::uint64_t> memory(size / 8 + 2, 0x5A5A5A5A5A5A5A5A);
    auto* const to = reinterpret_cast<std::byte*>(memory.data());
    lay_out(parts, to, reinterpret_cast<std::uintptr_t>(to));
    for (std::size_t i = size; i < memory.size() * 8; ++i) ASSERT_EQ(to[i], guard);

    const auto& c = *reinterpret_cast<const penstock_batch*>(to);
    ASSERT_EQ(c.token, parts.token);
    ASSERT_EQ(c.count, events.size());
    ASSERT_EQ(detail::text_of(c.encoded), parts.encoded);
    ASSERT_EQ(c.encoded_ends == nullptr, parts.ends.empty());
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_TRUE(same(own(EventView(c.events[i])), own(batch.view().events()[i]))) << i;
    }
  }
}

// The child reads at another address than this side writes at.
TEST(LayOut, UsesTheAddressesOfTheReader) {
  OwnedBatch batch({{.message = "one"}});
  std::vector<std::uint64_t> memory(bytes_needed(batch.parts()) / 8 + 1);
  auto* const to = reinterpret_cast<std::byte*>(memory.data());
  constexpr std::uint64_t there = 0x700000000000;
  lay_out(batch.parts(), to, there);
  const auto& c = *reinterpret_cast<const penstock_batch*>(to);
  const auto events = reinterpret_cast<std::uintptr_t>(c.events);
  EXPECT_GE(events, there + sizeof(penstock_batch));
  EXPECT_LT(events, there + memory.size() * 8);
}

TEST(SegmentTest, CannotBeWrittenNorResizedByWhoGetsIt) {
  const auto segment = Segment::make(1, 8192);
  ASSERT_TRUE(segment.ok());
  const int fd = (*segment)->fd();
  const int seals = ::fcntl(fd, F_GET_SEALS);
  EXPECT_EQ(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  EXPECT_EQ(::ftruncate(fd, 0), -1);
  constexpr int seal_future_write = 0x10;
  if ((seals & seal_future_write) == 0) GTEST_SKIP() << "this kernel lacks F_SEAL_FUTURE_WRITE";
  EXPECT_EQ(::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_EQ(::pwrite(fd, "x", 1, 0), -1);
  (*segment)->begin()[0] = std::byte{7};  // by its maker it can
  void* const there = ::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0);
  ASSERT_NE(there, MAP_FAILED);
  EXPECT_EQ(*static_cast<const std::byte*>(there), std::byte{7});
  EXPECT_EQ(::mprotect(there, 8192, PROT_READ | PROT_WRITE), -1);
  ::munmap(there, 8192);
}

TEST(SegmentTest, HasABoundThatIsAskedForBeforeAPageIsTaken) {
  for (const std::size_t bytes : {segment_bytes_max + 1, std::size_t{1} << 60}) {
    const auto segment = Segment::make(1, bytes);
    ASSERT_FALSE(segment.ok());
    EXPECT_THAT(segment.errors().front().message, ::testing::HasSubstr("that one may take"));
  }
}

TEST(SegmentTest, WithoutMemoryIsAnErrorAndNoSignal) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto segment = Segment::make(1, 8192);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(segment.ok());
  EXPECT_THAT(segment.errors().front().message, ::testing::HasSubstr("no memory to hand over"));
}

}  // namespace
}  // namespace penstock::isolation::test
