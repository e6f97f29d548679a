// SPDX-License-Identifier: Apache-2.0
// Plugins in the real program: a good one works; of one that does something wrong, before or when
// its sink is made or opened, the sink is left out, and its sibling gets every event.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <signal.h>
#include <string>
#include <vector>

#include "plugin/plugin_file.hpp"
#include "program_support.hpp"
#include "support/run.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder that plugins may be loaded from: nobody else can write to it or to those above it, which
// rules out /tmp. Gone at the end.
class TrustedFolder {
 public:
  TrustedFolder() {
    const char* const home = std::getenv("HOME");
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    for (std::string base : {PENSTOCK_PLUGIN_FIXTURES, runtime == nullptr ? "" : runtime,
                             home == nullptr ? "" : home}) {
      if (base.empty() || !plugin::PluginDirectory::open(base)) continue;
      std::string path = base + "/penstock-test-XXXXXX";
      if (::mkdtemp(path.data()) == nullptr) continue;
      path_ = path;
      return;
    }
  }
  ~TrustedFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  TrustedFolder(const TrustedFolder&) = delete;
  TrustedFolder& operator=(const TrustedFolder&) = delete;

  bool exists() const { return !path_.empty(); }
  std::string path() const { return path_; }
  std::string add(const std::string& fixture, const std::string& name) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::copy_file(PENSTOCK_PLUGIN_FIXTURES "/" + fixture + ".penstock.so", path);
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0644));
    return path;
  }

 private:
  std::string path_{};
};

// What the program is to say of a fixture, and when.
struct Fault {
  const char* fixture;
  const char* stage_and_code;
  const char* reason;
  const char* fix;
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.fixture; }

class ProgramPlugins : public ProgramTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(plugins_.exists()) << "the build folder, $XDG_RUNTIME_DIR or $HOME must be such "
                                      "that nobody else can write to it";
  }

  std::string install(const std::string& fixture) const {
    return plugins_.add(fixture, "fixture.penstock.so");
  }

  // A file, and the sink `bad` of the plugin.
  void configure_both(std::string_view more = {}) const {
    std::string yaml = R"(logging:
  sinks:
    - {name: good, type: file, path: "{DIR}/good", format: json}
    - {name: bad, type: fixture, path: "{DIR}/bad")";
    yaml += more;
    yaml += "}\n";
    configure(yaml);
  }

  Program::Options options(std::string input) const {
    return {.arguments = {"run", "-c", path("penstock.yml"), "--format", "text", "--plugin-dir",
                          plugins_.path(), "--report", path("report.json")},
            .input_file = std::move(input),
            .output_file = path("out"),
            .error_file = path("err")};
  }
  int run() const {
    write("input", "one\ntwo\nthree\n");
    return Program(options(path("input"))).wait();
  }
  std::string error() const { return read("err"); }
  // The messages that the file has got.
  std::vector<std::string> good() const {
    std::vector<std::string> messages;
    for (const nlohmann::json& event : json_of("good")) messages.push_back(event["message"]);
    return messages;
  }

  TrustedFolder plugins_{};
};

TEST_F(ProgramPlugins, AGoodOneGetsEveryEventAndItsOptions) {
  install("loadable");
  configure_both();
  EXPECT_EQ(run(), 0) << error();
  EXPECT_THAT(good(), ElementsAre("one", "two", "three"));
  EXPECT_THAT(lines_of("bad"), ElementsAre("one", "two", "three"));
  expect_exact_account(report());
  EXPECT_TRUE(report()["left_out"].empty());
}

TEST_F(ProgramPlugins, TwoSinksOfOnePluginShareItAndNotTheirOptions) {
  install("loadable");
  configure(R"(logging:
  sinks:
    - {name: a, type: fixture, path: "{DIR}/a"}
    - {name: b, type: fixture, path: "{DIR}/b"}
)");
  EXPECT_EQ(run(), 0) << error();
  EXPECT_EQ(lines_of("a").size(), 3u);
  EXPECT_EQ(lines_of("b").size(), 3u);
}

#if defined(PENSTOCK_HAS_PLUGIN_BY_GCC)
TEST_F(ProgramPlugins, OneThatGccBuiltWorksInAHostThatClangBuilt) {
  const std::string file = plugins_.path() + "/print.penstock.so";
  std::filesystem::copy_file(PENSTOCK_PLUGINS "/print_by_gcc.penstock.so", file);
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
  configure("logging: {sinks: [{name: out, type: print, prefix: '> '}]}\n");
  EXPECT_EQ(run(), 0) << error();
  EXPECT_THAT(lines_of("out"), ElementsAre("> one", "> two", "> three"));
}
#endif

TEST_F(ProgramPlugins, TheExamplesWithShippedPluginsAreRight) {
  for (const char* const name : {"kafka.yml", "syslog.yml", "demo_plugins.yml"}) {
    const std::string file = std::string(PENSTOCK_TESTS_DIR "/../examples/") + name;
    Program check({.arguments = {"check", "-c", file, "--plugin-dir", PENSTOCK_PLUGINS},
                   .output_file = path("out"),
                   .error_file = path("err")});
    EXPECT_EQ(check.wait(), 0) << name << ": " << error();
  }
}

TEST_F(ProgramPlugins, OneThatIsBuiltForALaterMinorWorksWhenItNeedsNoneOfIt) {
  install("built_newer");
  configure_both();
  EXPECT_EQ(run(), 0) << error();
  EXPECT_THAT(lines_of("bad"), ElementsAre("one", "two", "three"));
}

// ---- what is wrong before there are events

// What becomes of an exception of a constructor on its way through the loader is for the loader,
// and for what stands before it, to say.
#if defined(__clang__)
constexpr bool clang = true;
#else
constexpr bool clang = false;
#endif
constexpr Fault constructor_throws =
    clang && penstock::test::under_asan
        ? Fault{"constructor_throws", "load: dlopen", "no licence", "install what"}
        : Fault{"constructor_throws", "probe: crash", "signal 6", "ask its vendor"};

class PluginFault : public ProgramPlugins, public ::testing::WithParamInterface<Fault> {};

TEST_P(PluginFault, LeavesItsSinkOutAndNothingElse) {
  const Fault& fault = GetParam();
  const std::string file = install(fault.fixture);
  configure_both();
  const auto start = Clock::now();
  EXPECT_EQ(run(), 0) << error();
  EXPECT_LT(Clock::now() - start, 5s);
  EXPECT_THAT(good(), ElementsAre("one", "two", "three"));
  EXPECT_FALSE(exists("bad"));
  EXPECT_THAT(error(), HasSubstr("sink 'bad' is left out: " + file +
                                 " (org.example.fixture): " + fault.stage_and_code + ": "));
  EXPECT_THAT(error(), AllOf(HasSubstr(fault.reason), HasSubstr(std::string("; ") + fault.fix)));
  EXPECT_THAT(report()["left_out"].dump(), HasSubstr(fault.stage_and_code));
  expect_exact_account(report());
}

TEST_P(PluginFault, StartsNothingWhenTheSinkIsRequired) {
  const Fault& fault = GetParam();
  install(fault.fixture);
  configure_both(", required: true");
  EXPECT_EQ(run(), 2) << error();
  EXPECT_TRUE(lines_of("good").empty());
  EXPECT_FALSE(exists("bad"));
  EXPECT_FALSE(exists("report.json"));
  EXPECT_THAT(error(), AllOf(HasSubstr("sink 'bad'"), HasSubstr(fault.stage_and_code),
                             HasSubstr(fault.reason), HasSubstr(fault.fix)));
}

INSTANTIATE_TEST_SUITE_P(
    All, PluginFault,
    ::testing::Values(
        Fault{"constructor_crashes", "probe: crash", "signal 11", "ask its vendor"},
        Fault{"constructor_hangs", "probe: timeout", "not ready 2 s after", "it must not wait"},
        constructor_throws,
        Fault{"constructor_exits", "probe: crash", "with the status 0", "ask its vendor"},
        Fault{"entry_crashes", "probe: crash", "signal 4", "ask its vendor"},
        Fault{"entry_returns_null", "handshake: refused-host", "does not want", "see what"},
        Fault{"entry_throws", "handshake: threw", "out of C", "no exception may leave"},
        Fault{"other_id", "handshake: identity", "'org.example.stranger'", "build it with"},
        Fault{"other_version", "handshake: identity", "'2.0.0'", "build it with"},
        Fault{"other_abi", "handshake: abi", "2.0", "use a newer Penstock"},
        Fault{"struct_too_small", "handshake: struct-size", "24 bytes", "build it with"},
        Fault{"init_crashes", "probe: crash", "signal 7", "ask its vendor"},
        Fault{"init_fails", "handshake: init", "no licence", "see what"},
        Fault{"no_factory", "handshake: no-factory", "penstock.sink/1", "correct `provides`"},
        Fault{"factory_too_small", "handshake: struct-size", "too small", "build it with"},
        Fault{"factory_without_create", "handshake: no-function", "create", "build it with"},
        Fault{"describes_another", "handshake: describe", "it makes another", "correct `provides`"},
        Fault{"symbol_missing", "load: dlopen", "penstock_test_nobody_has_this", "install what"},
        Fault{"create_fails", "create: create", "this path will not do", "correct the options"},
        Fault{"create_throws", "create: create", "of no known type", "correct the options"},
        Fault{"create_throws_in_c", "create: threw", "out of C", "no exception may leave"},
        Fault{"sink_too_small", "create: struct-size", "too small", "build it with"},
        Fault{"sink_without_write", "create: no-function", "write", "build it with"},
        Fault{"open_fails", "open: open", "the port is shut", "correct"},
        Fault{"open_throws", "open: open", "the port flew away", "correct"}),
    [](const auto& test) { return test.param.fixture; });

// ---- what hangs, and what goes wrong later

class PluginHang : public ProgramPlugins, public ::testing::WithParamInterface<const char*> {};

// The start does not wait for ever, the sibling gets everything, and the account names the sink.
TEST_P(PluginHang, IsStuckAndItsSiblingGetsEveryEvent) {
  install(GetParam());
  configure_both(", call_timeout: 200ms");
  Program::Options given = options({});
  given.arguments.insert(given.arguments.end(), {"--stop-timeout", "500ms"});
  Program program(std::move(given));
  ASSERT_TRUE(program.write("one\ntwo\nthree\n"));
  EXPECT_TRUE(eventually([&] { return lines_of("good").size() == 3; }));
  program.end_input();
  EXPECT_EQ(program.wait(), 1) << error();
  EXPECT_THAT(error(), AllOf(HasSubstr("sink 'bad'"), HasSubstr("takes longer than")));
  expect_exact_account(report());
  EXPECT_EQ(report()["sinks"]["good"]["delivered"], 3);
}

INSTANTIATE_TEST_SUITE_P(All, PluginHang, ::testing::Values("create_hangs", "open_hangs"),
                         [](const auto& test) { return test.param; });

class PluginThrow : public ProgramPlugins, public ::testing::WithParamInterface<const char*> {};

TEST_P(PluginThrow, OutOfWriteKeepsItsEventsAndItsSiblingGetsThem) {
  install(GetParam());
  configure_both();
  Program::Options given = options({});
  given.arguments.insert(given.arguments.end(), {"--stop-timeout", "500ms"});
  Program program(std::move(given));
  ASSERT_TRUE(program.write("one\ntwo\nthree\n"));
  program.end_input();
  EXPECT_EQ(program.wait(), 1) << error();
  EXPECT_THAT(good(), ElementsAre("one", "two", "three"));
  EXPECT_THAT(error(), AnyOf(HasSubstr("the ink is dry"), HasSubstr("out of C")));
  expect_exact_account(report());
  EXPECT_EQ(report()["sinks"]["bad"]["delivered"], 0);
}

INSTANTIATE_TEST_SUITE_P(All, PluginThrow, ::testing::Values("write_throws", "write_throws_in_c"),
                         [](const auto& test) { return test.param; });

// ---- what does no harm

TEST_F(ProgramPlugins, WhatAConstructorPrintsDoesNotKeepItFromWorking) {
  install("constructor_prints");
  configure_both();
  EXPECT_EQ(run(), 0) << error();
  EXPECT_EQ(lines_of("bad").size(), 3u);
  EXPECT_THAT(lines_of("out"),
              ElementsAre("a word from the constructor"));  // once: not by the probe
}

TEST_F(ProgramPlugins, SignalsStillEndTheProgramWhenAConstructorTookThem) {
  install("constructor_takes_signals");
  for (const int number : {SIGTERM, SIGINT}) {
    configure_both();
    Program program(options({}));
    ASSERT_TRUE(program.write("one\n"));
    EXPECT_TRUE(eventually([&] { return lines_of("bad").size() == 1; }));
    program.signal(number);
    EXPECT_EQ(program.wait(), 0) << error();
    std::filesystem::remove(path("bad"));
    std::filesystem::remove(path("good"));
  }
}

// ---- the configuration

TEST_F(ProgramPlugins, OptionsAreCheckedAgainstTheManifestWithTheirPlaces) {
  install("loadable");
  configure(R"(logging:
  sinks:
    - name: bad
      type: fixture
      path: [1, 2]
      colour: red
)");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(error(), AllOf(HasSubstr("penstock.yml:5:13"), HasSubstr("path"),
                             HasSubstr("penstock.yml:6:7"), HasSubstr("colour")));
}

// What looks like a number is text where the manifest wants text; defaults are filled in; a secret
// stays a reference.
TEST_F(ProgramPlugins, OptionsArriveAsTheManifestWantsThem) {
  install("loadable");
  configure(R"(logging:
  sinks:
    - name: bad
      type: fixture
      level: TRACE
      echo: "{DIR}/echo"
      ratio: 2
      strict: true
      names: [1, true, "two", 3.50]
      token: "${env:PENSTOCK_TEST_TOKEN}"
      wait: 5ms
      again: {limit: -4, note: 0080.50}
)");
  EXPECT_EQ(run(), 0) << error();
  nlohmann::json expected = {{"echo", path("echo")},
                             {"ratio", 2},
                             {"strict", true},
                             {"names", {"1", "true", "two", "3.50"}},
                             {"token", "${env:PENSTOCK_TEST_TOKEN}"},
                             {"wait", "5ms"},
                             {"again", {{"limit", -4}, {"note", "0080.50"}}},
                             {"count", 3}};
  EXPECT_EQ(nlohmann::json::parse(read("echo")), expected);
}

TEST_F(ProgramPlugins, EveryOptionThatIsWrongIsToldAtOnce) {
  install("loadable");
  configure(R"(logging:
  sinks:
    - name: bad
      type: fixture
      count: 1.5
      strict: "true"
      names: one
      wait: soon
      again: {limit: many}
)");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(error(), AllOf(HasSubstr("yml:5:14"), HasSubstr("yml:6:15"), HasSubstr("yml:7:14"),
                             HasSubstr("yml:8:13"), HasSubstr("yml:9:22")));
}

TEST_F(ProgramPlugins, ASecretIsRefusedWhereTheManifestWantsNone) {
  install("loadable");
  configure(R"(logging:
  sinks:
    - {name: bad, type: fixture, path: "${env:TOKEN}"}
)");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(error(), HasSubstr("'path' cannot refer to a secret"));
}

// As when the plugin has been uninstalled: the section says that there may be types of plugins.
TEST_F(ProgramPlugins, ATypeThatNoPluginHasIsLeftOutOrStartsNothing) {
  const std::string yaml = R"(plugins: {directories: ["{DIR}/none"]}
logging:
  own_events: false
  sinks:
    - {name: good, type: file, path: "{DIR}/good", format: json}
    - {name: bad, type: fixture, path: "{DIR}/bad")";
  configure(yaml + "}\n");
  EXPECT_EQ(run(), 0) << error();
  EXPECT_THAT(error(), AllOf(HasSubstr("sink 'bad' is left out"), HasSubstr("'fixture'")));
  EXPECT_EQ(good().size(), 3u);
  configure(yaml + ", required: true}\n");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(error(), HasSubstr("'fixture'"));
}

TEST_F(ProgramPlugins, AFileThatTheRulesRefuseIsNamedWithItsReason) {
  const std::string file = install("loadable");
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0666));
  configure_both();
  EXPECT_EQ(run(), 0) << error();
  EXPECT_THAT(error(), AllOf(HasSubstr("sink 'bad' is left out: " + file + ": find: mode: "),
                             HasSubstr("chmod go-w")));
}

}  // namespace
}  // namespace penstock::test
