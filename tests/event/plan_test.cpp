// SPDX-License-Identifier: Apache-2.0
#include "event/plan.hpp"

#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "event/format_split.hpp"
#include "event/lines.hpp"
#include "event/records.hpp"

namespace penstock::event {
namespace {

TEST(Plan, IsMadeOnce) {
  auto& site = new_site_for("{} {}", 1, 2);
  EXPECT_EQ(&plan_of(site), &plan_of(site));
}

// [S1] [S2] Eight threads fill the site, and ask for its plan, at once.
TEST(Plan, IsTheSameForAllThreads) {
  for (int round = 0; round < 50; ++round) {
    auto* const site = new detail::CallSite;
    static const detail::ArgSpec specs[] = {detail::arg_spec<int>(),
                                            detail::arg_spec<std::string_view>()};
    constexpr std::size_t threads = 8;
    std::latch start(threads);
    std::vector<const Plan*> plans(threads);
    std::vector<std::string> lines(threads);
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        start.arrive_and_wait();
        detail::register_call_site(*site, "{} of {}", 8, {"/a/b.cpp", "f", 7}, {specs, 2});
        const Record record(*site, 0, {}, static_cast<int>(i), std::string_view("eight"));
        const EventParts parts = parts_of(record);
        plans[i] = parts.plan;
        lines[i] = encode(parts, FormatType::text, "{file}:{line} {message}");
      });
    }
    for (std::thread& thread : running) thread.join();
    for (std::size_t i = 0; i < threads; ++i) {
      EXPECT_EQ(plans[i], plans[0]);
      EXPECT_EQ(lines[i], "b.cpp:7 " + std::to_string(i) + " of eight\n");
    }
    delete plans[0];  // as no program does: its sites are static
    delete site;
  }
}

TEST(Plan, ShowsThePlace) {
  const Plan& plan = plan_of(new_site("", {}, {"/src/a b/x\ny.cpp", "main", 3}));
  EXPECT_EQ(plan.path, "/src/a b/x\ny.cpp");
  EXPECT_EQ(plan.file_text.view(), "x\\ny.cpp");
  EXPECT_EQ(plan.path_text.view(), "/src/a b/x\\ny.cpp");
  EXPECT_EQ(plan.file_line_text.view(), "x\\ny.cpp:3");
  EXPECT_EQ(plan.place_json.view(), R"("file":"x\ny.cpp","line":3,"function":"main",)");
  EXPECT_EQ(plan.place_logfmt.view(), R"( file="x\ny.cpp" line=3 function=main)");
}

TEST(Plan, DoesWithoutAPlace) {
  const Plan& plan = plan_of(new_site("", {}, {nullptr, nullptr, 0}));
  EXPECT_EQ(plan.file_line_text.view(), "-:0");
  EXPECT_EQ(plan.function_text.view(), "-");
  EXPECT_EQ(plan.place_json.view(), "");
  EXPECT_EQ(plan.place_logfmt.view(), "");
}

TEST(FormatSplit, GivesLiteralsAndSpecifications) {
  FormatSplit split;
  ASSERT_TRUE(split_format("a {{{}}} b {:>8} c", split));
  EXPECT_EQ(split.literals, (std::vector<std::string>{"a {", "} b ", " c"}));
  EXPECT_EQ(split.specs, (std::vector<std::string_view>{"{}", "{:>8}"}));
  ASSERT_TRUE(split_format("", split));
  EXPECT_EQ(split.literals, (std::vector<std::string>{""}));
}

TEST(FormatSplit, LeavesTheRestToFmt) {
  FormatSplit split;
  for (const std::string_view format :
       {"{0}", "{name}", "{:{}}", "{:>{}}", "{:}>5}", "{", "}", "{:", "a}b", "{ }", "{}}"}) {
    EXPECT_FALSE(split_format(format, split)) << format;
  }
}

}  // namespace
}  // namespace penstock::event
