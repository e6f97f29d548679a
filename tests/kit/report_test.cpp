// SPDX-License-Identifier: Apache-2.0
// What a plugin makes a case say may be anything: no line of TAP, and no element of XML, is forged.
#include "kit/report.hpp"

#include <algorithm>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit/junit.hpp"
#include "kit/tap.hpp"
#include "well_formed.hpp"

namespace penstock::test {
namespace {

using kit::CaseResult;
using kit::PlannedCase;
using kit::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string hostile =
    std::string("</failure>]]>&amp;\nnot ok 1 # SKIP\x1B[2J\xFF\xEF\xBF\xBF\"", 42) + '\0' + "end";

PlannedCase planned() { return {.id = "write.one", .what = "it holds", .component = hostile}; }

CaseResult failing() {
  CaseResult result;
  result.verdict = kit::failed(hostile, hostile);
  result.verdict.place = hostile;
  result.verdict.output = hostile;
  return result;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Tap, AFailureIsOneLineAndItsDiagnosis) {
  const std::string text = kit::tap_result(7, planned(), failing());
  EXPECT_THAT(text, ::testing::StartsWith("not ok 7 - write.one </failure>"));
  // The line, two marks, five keys and the duration.
  EXPECT_EQ(lines_of(text), 9U) << text;
  EXPECT_THAT(text, Not(HasSubstr("\x1B")));
}

TEST(Tap, ASkippedCaseHasOneDirective) {
  CaseResult result;
  result.verdict = kit::skipped("no server # TODO\nok 2");
  const std::string text = kit::tap_result(1, {.id = "write.one", .what = "it holds"}, result);
  EXPECT_EQ(text, "ok 1 - write.one # SKIP no server \\# TODO\\\\nok 2\n");
}

TEST(JUnit, IsWellFormedWhateverWasSaid) {
  CaseResult skipped;
  skipped.verdict = kit::skipped(hostile);
  CaseResult passed;
  passed.verdict.note = hostile;
  const std::string xml =
      kit::junit(hostile, {{planned(), failing()}, {planned(), skipped}, {planned(), passed}});
  EXPECT_EQ(xml_problem(xml), "") << xml;
  EXPECT_THAT(xml, HasSubstr("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""));
}

TEST(Report, SaysNothingOfACaseThatDidNotEnd) {
  const int fd = kit::make_report_file();
  kit::Report of_child(fd);
  const kit::Report of_parent(fd);
  ::close(fd);
  of_child.at("write() of 3 events");
  Verdict verdict;
  EXPECT_FALSE(of_parent.finished(verdict));
  EXPECT_EQ(of_parent.place(), "write() of 3 events");
}

TEST(Report, CarriesAVerdictOfAnyBytes) {
  const int fd = kit::make_report_file();
  kit::Report of_child(fd);
  const kit::Report of_parent(fd);
  ::close(fd);
  of_child.at(std::string(10'000, 'x'));
  of_child.finish(kit::failed(std::string(10'000, '\xFF'), "a fix\n"));
  Verdict verdict;
  ASSERT_TRUE(of_parent.finished(verdict));
  EXPECT_EQ(verdict.kind, Verdict::Kind::failed);
  EXPECT_EQ(verdict.fix, "a fix\n");
}

}  // namespace
}  // namespace penstock::test
