// SPDX-License-Identifier: Apache-2.0
// Each bad plugin fails one case and no other, and the kit says what to do about it.
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kit_support.hpp"

namespace penstock::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool allocates_by_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool allocates_by_sanitizer = true;
#else
constexpr bool allocates_by_sanitizer = false;
#endif
#else
constexpr bool allocates_by_sanitizer = false;
#endif

struct Bad {
  const char* name;
  const char* fails;
  bool hangs = false;
  const char* among = "*";  // these cases; those that are slow all the time take only some
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

// Of the folder bad.
constexpr Bad bad_plugins[] = {
    {"allocates_unchecked", "fault.memory"},
    {"any_extension", "life.extension"},
    {"any_name", "life.unknown-name"},
    {"any_point", "load.unknown-point"},
    {"batch_size", "abi.structs-larger"},
    {"batch_tail", "abi.structs-exact"},
    {"believes_config", "config.host-errors"},
    {"changes_arithmetic", "hygiene.arithmetic"},
    {"changes_directory", "hygiene.directory"},
    {"changes_environment", "hygiene.environment"},
    {"changes_locale", "hygiene.locale"},
    {"changes_signal", "hygiene.signals"},
    {"changes_umask", "hygiene.umask"},
    {"close_waits", "life.close-deadline"},
    {"create_crashes", "config.extremes"},
    {"create_refuses", "life.create"},
    {"create_says_nothing", "config.extremes"},
    {"deinit_crashes", "life.deinit"},
    {"describes_no_end", "load.describe-beyond"},
    {"destroy_needs_open", "life.never-opened"},
    {"empty_batch", "write.empty"},
    {"exec_stack", "static.no-exec-stack"},
    {"few_fields", "write.wide"},
    {"few_levels", "write.levels"},
    {"flush_needs_batches", "life.nothing-written"},
    {"flush_waits", "life.flush-deadline"},
    {"host_major", "abi.host-other-major"},
    {"host_minor", "abi.host-newer"},
    {"host_name", "abi.host-name"},
    {"host_size", "abi.host-larger"},
    {"host_tail", "abi.host-exact"},
    {"impatient", "fault.slow", true},
    {"knows_all_requests", "life.control"},
    {"knows_file_name", "load.another-name"},
    {"leaves_descriptor", "hygiene.descriptors"},
    {"leaves_memory", "hygiene.memory"},
    {"leaves_process", "hygiene.processes"},
    {"leaves_thread", "hygiene.threads"},
    {"looks_after_close", "settle.no-more"},
    {"looks_back", "write.keeps-nothing"},
    {"loose", "config.unknown-key"},
    {"loses_at_close", "settle.at-close"},
    {"measures_unasked", "abi.structs-oldest"},
    {"needs_message", "write.bare"},
    {"never_settles", "write.one", true},
    {"no_second_try", "write.again"},
    {"once_in_a_process", "load.twice"},
    {"one_for_each_thread", "load.threads"},
    {"one_thread", "life.other-thread"},
    {"only_one", "life.two"},
    {"open_says_nothing", "life.open"},
    {"open_unchecked", "fault.descriptors"},
    {"opens_once", "life.reopen"},
    {"other_concurrency", "load.describe"},
    {"other_id", "load.handshake"},
    {"own_stride", "abi.event-stride"},
    {"prints", "hygiene.quiet"},
    {"processor_answers", "process.one"},
    {"processor_broken_event", "process.large"},
    {"processor_looks_back", "process.keeps-nothing"},
    {"processor_says_nothing", "process.hostile"},
    {"processor_writes_behind", "process.event-exact"},
    {"processor_writes_input", "process.read-only"},
    {"reject_says_nothing", "write.large"},
    {"rejects_outage", "fault.outage"},
    {"search_path", "static.no-rpath"},
    {"second_export", "static.one-export"},
    {"settles_others", "settle.known"},
    {"settles_twice", "settle.once"},
    {"slow_to_load", "load.fast", false, "load.*"},
    {"small_buffer", "write.most"},
    {"text_relocation", "static.no-text-relocations"},
    {"undeclared_library", "static.needed"},
    {"undefined_symbol", "load.opens"},
    {"unique_symbol", "static.no-unique"},
    {"unknown_status", "write.one"},
    {"unknown_value", "write.unknown-value"},
    {"write_exits", "write.one"},
    {"write_unchecked", "fault.space"},
    {"writes_events", "write.read-only"},
    {"wrong_positions", "write.hostile"},
};

// Those of the tests of the loader, which throw, crash and hang on the way to a sink.
constexpr Bad bad_fixtures[] = {
    {"no_manifest", "static.manifest"},
    {"two_manifests", "static.manifest"},
    {"bad_key", "static.manifest"},
    {"other_major", "static.manifest"},
    {"symbol_missing", "load.opens"},
    {"constructor_crashes", "load.opens"},
    {"constructor_exits", "load.opens"},
    {"constructor_hangs", "load.opens", true},
    {"constructor_throws", "load.opens"},
    {"constructor_prints", "hygiene.quiet"},
    {"constructor_takes_signals", "hygiene.signals"},
    {"entry_crashes", "load.handshake"},
    {"entry_throws", "load.handshake"},
    {"init_fails", "load.handshake"},
    {"struct_too_small", "load.handshake"},
    {"describes_another", "load.handshake"},
    {"create_throws_in_c", "life.create"},
    {"create_hangs", "life.create", true},
    {"sink_without_write", "life.create"},
    {"open_hangs", "life.open", true},
    {"write_throws_in_c", "write.one"},
};

std::string name_of(const ::testing::TestParamInfo<Bad>& info) { return info.param.name; }

void expect_one_failure(const std::string& file, const Bad& bad) {
  const Ran ran = run_kit({file, "--timeout", bad.hangs ? "2s" : "10s", "--case", bad.among});
  EXPECT_EQ(ran.status, 1) << ran.error;
  EXPECT_THAT(read_tap(ran.output).failed(), ElementsAre(bad.fails)) << ran.output;
  for (const char* const part : {"\n  expected: \"", "\n  found: \"", "\n  fix: \""}) {
    EXPECT_THAT(ran.output, HasSubstr(part));
  }
}

bool needs_own_allocator(const std::string& case_id) {
  return case_id == "hygiene.memory" || case_id == "fault.memory" || case_id == "fault.outage" ||
         case_id == "fault.slow" || case_id == "load.fast";
}

class BadPlugin : public ::testing::TestWithParam<Bad> {};

TEST_P(BadPlugin, FailsItsCaseAndNoOther) {
  const std::string case_id = GetParam().fails;
  if (allocates_by_sanitizer && needs_own_allocator(case_id)) {
    GTEST_SKIP() << case_id << " is not run where a sanitizer has taken its place";
  }
  expect_one_failure(bad_plugin(GetParam().name), GetParam());
}

// Each goes through all cases. With a sanitizer, which makes that long, every fourth does: its code
// is the same, and the good ones go through all of it.
template <class All>
std::vector<Bad> chosen(const All& all) {
  std::vector<Bad> some;
  for (std::size_t i = 0; i < std::size(all); i += allocates_by_sanitizer ? 4 : 1) {
    some.push_back(all[i]);
  }
  return some;
}

INSTANTIATE_TEST_SUITE_P(Kit, BadPlugin, ::testing::ValuesIn(chosen(bad_plugins)), name_of);

class BadFixture : public ::testing::TestWithParam<Bad> {};

TEST_P(BadFixture, FailsItsCaseAndNoOther) {
  expect_one_failure(fixture_plugin(GetParam().name), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Kit, BadFixture, ::testing::ValuesIn(chosen(bad_fixtures)), name_of);

class GoodPlugin : public ::testing::TestWithParam<std::string> {};

TEST_P(GoodPlugin, FailsNothing) {
  const Ran ran = run_kit({GetParam()});
  EXPECT_EQ(ran.status, 0) << ran.output << ran.error;
  EXPECT_THAT(read_tap(ran.output).failed(), IsEmpty()) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(Kit, GoodPlugin,
                         ::testing::Values(bad_plugin("good"), bad_plugin("good_late"),
                                           bad_plugin("good_client"), bad_plugin("processor_good"),
                                           bad_plugin("open_says_why"),
                                           bad_plugin("never_delivers"), fixture_plugin("loadable"),
                                           fixture_plugin("double"), fixture_plugin("open_fails"),
                                           fixture_plugin("open_throws"),
                                           fixture_plugin("write_throws")),
                         [](const auto& tested) {
                           std::string name = tested.param.substr(tested.param.rfind('/') + 1);
                           return name.substr(0, name.find('.'));
                         });

TEST(GoodPlugins, OfOneThatNeverDeliversItIsSaidWhatWasNotSeen) {
  const Ran ran = run_kit({bad_plugin("never_delivers")});
  const Tap tap = read_tap(ran.output);
  const TapLine* const line = tap.find("write.delivers");
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->skipped, "never delivered: retry, no server answers");
}

TEST(GoodPlugins, OfOneThatConnectsToAServerItsOutageIsTested) {
  if (allocates_by_sanitizer) GTEST_SKIP() << "the faults are made where the sanitizer stands";
  const Tap tap = read_tap(run_kit({bad_plugin("good_client")}).output);
  for (const char* const id : {"fault.outage", "fault.slow"}) {
    const TapLine* const line = tap.find(id);
    ASSERT_NE(line, nullptr);
    EXPECT_TRUE(line->ok && line->skipped.empty()) << line->skipped;
  }
}

TEST(GoodPlugins, NoCaseIsSkippedOfOneThatAnswersLaterButItsSignature) {
  const Ran ran = run_kit({bad_plugin("good_late")});
  for (const TapLine& line : read_tap(ran.output).lines) {
    const bool may_be = line.id == "static.signature" || line.id == "fault.outage" ||
                        line.id == "fault.slow" ||
                        (allocates_by_sanitizer && needs_own_allocator(line.id));
    EXPECT_TRUE(line.skipped.empty() || may_be) << line.id << ": " << line.skipped;
  }
}

}  // namespace
}  // namespace penstock::test
