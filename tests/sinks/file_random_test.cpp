// SPDX-License-Identifier: Apache-2.0
// Random batches, sizes, faults and requests against a file sink: all files together must be the
// text that was offered, cut between events only.
#include <set>

#include "file_fixture.hpp"

namespace penstock::sinks::testing {
namespace {

class FileRandom : public FileSinkTest {
 protected:
  using Random = std::mt19937_64;

  static std::size_t pick(Random& random, std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
  }

  // One or more lines, mostly short, sometimes larger than a whole file.
  static std::string random_event(Random& random) {
    std::string event;
    const std::size_t lines = pick(random, 1, 3);
    for (std::size_t line = 0; line < lines; ++line) {
      const std::size_t width = pick(random, 0, 40) == 0 ? 2000 : pick(random, 0, 60);
      for (std::size_t column = 0; column < width; ++column) {
        event += static_cast<char>('a' + static_cast<int>(pick(random, 0, 25)));
      }
      event += '\n';
    }
    return event;
  }

  std::vector<std::string> random_batch(Random& random) {
    std::vector<std::string> events(pick(random, 1, 40));
    for (std::string& event : events) {
      event = random_event(random);
      all_ += event;
      ends_.insert(all_.size());
    }
    return events;
  }

  void fail_at_random(Random& random) {
    files.on_write = [&random](std::size_t count) {
      FaultyFileSystem::WriteFault fault;
      const std::size_t dice = pick(random, 0, 19);
      if (dice == 0) fault.error = EINTR;
      if (dice == 1) fault.error = ENOSPC;
      if (dice == 2) fault.error = EIO;
      if (dice >= 3 && dice < 8) fault.bytes_max = pick(random, 1, count);
      return fault;
    };
    files.on_rename = [&random](const std::string&, const std::string&) {
      return pick(random, 0, 30) == 0 ? EIO : 0;
    };
    files.on_truncate = [&random] { return pick(random, 0, 9) == 0 ? EIO : 0; };
  }

  void disturb(Random& random) {
    switch (pick(random, 0, 19)) {
      case 0:
        sink->control(SinkControl::rotate);
        break;
      case 1:
        sink->control(SinkControl::reopen);
        break;
      case 2:
        EXPECT_TRUE(sink->flush().ok());
        break;
      case 3:
        context.now += hour;
        break;
      default:
        context.now += second;
        break;
    }
  }

  void check_files(std::uint64_t max_bytes, bool is_bound_exact) {
    std::string found;
    for (int number = 1000; number >= 0; --number) {
      const std::string name = number == 0 ? path : backup_path(number);
      if (!exists(name)) continue;
      const std::string text = read_file(name);
      const auto first_end = ends_.upper_bound(found.size());
      const bool is_one_event =
          first_end != ends_.end() && *first_end == found.size() + text.size();
      found += text;
      EXPECT_TRUE(found.empty() || ends_.count(found.size()) == 1) << name << " ends in an event";
      EXPECT_TRUE(!is_bound_exact || text.size() <= max_bytes || is_one_event) << name;
    }
    EXPECT_TRUE(found == all_) << found.size() << " bytes instead of " << all_.size();
  }

  std::string all_;
  std::set<std::size_t> ends_;
};

TEST_F(FileRandom, RotationLosesAndTearsNothing) {
  Random random(test_seed());
  for (int round = 0; round < 20; ++round) {
    TemporaryDirectory own;
    path = own / "app.log";
    all_.clear();
    ends_.clear();
    FileOptions with = options();
    with.max_bytes = pick(random, 400, 8000);
    with.backup_count = 1000;
    must_open(with);
    for (int count = 0; count < 50; ++count) {
      ASSERT_EQ(write(random_batch(random)), Kind::ok);
      disturb(random);
    }
    check_files(with.max_bytes, true);
  }
}

TEST_F(FileRandom, FaultsLoseAndRepeatNothing) {
  Random random(test_seed());
  for (int round = 0; round < 20; ++round) {
    TemporaryDirectory own;
    path = own / "app.log";
    all_.clear();
    ends_.clear();
    FileOptions with = options();
    with.max_bytes = pick(random, 400, 8000);
    with.backup_count = 1000;
    with.rotate_every = std::chrono::hours{3};
    must_open(with);
    fail_at_random(random);
    for (int count = 0; count < 50; ++count) {
      ASSERT_TRUE(deliver(*sink, context, random_batch(random)));
      context.now += second * static_cast<std::int64_t>(pick(random, 0, 5));
    }
    files.on_write = nullptr;
    files.on_rename = nullptr;
    files.on_truncate = nullptr;
    check_files(with.max_bytes, false);
  }
}

}  // namespace
}  // namespace penstock::sinks::testing
