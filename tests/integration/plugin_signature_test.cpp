// SPDX-License-Identifier: Apache-2.0
//
// plugin_signature_test.cpp: the program, a real plugin, and the minisign program: which plugins
// come in, and which do not.
#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "program_support.hpp"
#include "safe_folder.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view comment =
    "penstock1 id=org.penstock.print version=0.1.0 abi=1.0 arch=x86_64 serial=7 "
    "ts=2026-01-02T03:04:05Z";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t place = text.find(what);
  EXPECT_NE(place, std::string::npos) << what;
  return place == std::string::npos ? text : text.replace(place, what.size(), by);
}

class PluginSignature : public ProgramTest {
 protected:
  void SetUp() override {
    if (std::system("command -v minisign >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "minisign is not installed";
    }
    safe = make_safe_folder();
    ASSERT_FALSE(safe.empty()) << "set HOME to a folder that nobody else can write to";
    for (const char* const folder : {"plugins", "trust", "state"}) {
      std::filesystem::create_directory(safe / folder);
      ::chmod((safe / folder).c_str(), 0755);
    }
    install("print");
    make_key("key");
    trust("key");
  }
  void TearDown() override {
    std::error_code ignored;
    if (!safe.empty()) std::filesystem::remove_all(safe, ignored);
  }

  std::filesystem::path plugin() const { return safe / "plugins/print.penstock.so"; }
  std::filesystem::path signature() const { return safe / "plugins/print.penstock.so.minisig"; }
  void put(const std::filesystem::path& file, std::string_view text) const {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    ::chmod(file.c_str(), 0644);
  }
  // That build, always under the same name.
  void install(const std::string& build) const {
    std::filesystem::copy_file(std::string(PENSTOCK_PLUGINS) + "/" + build + ".penstock.so",
                               plugin(), std::filesystem::copy_options::overwrite_existing);
    ::chmod(plugin().c_str(), 0644);
  }
  std::string output_of(const std::string& command) const {
    const std::string line =
        "cd " + safe.string() + " && { " + command + "; } >" + path("said") + " 2>&1";
    EXPECT_EQ(std::system(line.c_str()), 0) << command << "\n" << read("said");
    return read("said");
  }
  void make_key(const std::string& name) const {
    output_of("minisign -G -W -p " + name + ".pub -s " + name + ".key");
  }
  void trust(const std::string& name, std::string_view scope = "ids: [org.penstock.*]\n") const {
    put(safe / "trust" / (name + ".yaml"), scope);
    std::filesystem::copy_file(safe / (name + ".pub"), safe / "trust" / (name + ".pub"));
    ::chmod((safe / "trust" / (name + ".pub")).c_str(), 0644);
  }
  void sign(std::string_view trusted_comment = comment, const std::string& key = "key") const {
    output_of("minisign -S -W -s " + key + ".key -m plugins/print.penstock.so -t '" +
              std::string(trusted_comment) + "' && chmod 644 plugins/print.penstock.so.minisig");
  }
  std::string key_id() const {
    const std::string text = output_of("head -1 key.pub");
    const std::string digits = text.substr(text.rfind(' ') + 1);
    const std::size_t count = digits.find_last_not_of('\n') + 1;
    return std::string(16 - count, '0') + digits.substr(0, count);  // minisign leaves out zeros
  }
  std::string hash() const {
    return output_of("sha256sum plugins/print.penstock.so").substr(0, 64);
  }

  // Runs one event through the plugin. `rules` are lines of the section `plugins`.
  int run(const std::string& rules, bool required = false) {
    configure("plugins:\n  directories: [" + (safe / "plugins").string() +
              "]\n  trust: " + (safe / "trust").string() + "\n" + rules +
              "logging:\n  sinks:\n    - {name: other, type: file, path: '{DIR}/other'}\n"
              "    - {name: p, type: print, required: " +
              (required ? "true" : "false") + "}\n");
    Program program({.arguments = {"run", "-c", path("penstock.yml")},
                     .input_file = write("input", "hello\n"),
                     .output_file = path("out"),
                     .error_file = path("err")});
    return program.wait();
  }
  std::string list() {
    Program program({.arguments = {"plugin", "list", "-c", path("penstock.yml")},
                     .input_file = "",
                     .output_file = path("list"),
                     .error_file = path("list_err")});
    program.wait();
    return read("list") + read("list_err");
  }
  // It is used, without a word.
  void expect_loaded(const std::string& rules = "  signature: enforce\n") {
    EXPECT_EQ(run(rules), 0) << read("err");
    EXPECT_EQ(read("out"), "hello\n") << read("err");
    EXPECT_THAT(read("err"), Not(HasSubstr("signature"))) << read("err");
  }
  // Its sink is left out, and the other one runs.
  void expect_left_out(const std::string& code,
                       const std::string& rules = "  signature: enforce\n") {
    run(rules);
    EXPECT_EQ(read("out"), "");
    EXPECT_THAT(read("err"), AllOf(HasSubstr("sink 'p' is left out: "),
                                   HasSubstr(": signature: " + code + ":")));
    EXPECT_THAT(read("other"), HasSubstr("hello"));
    EXPECT_THAT(list(), AllOf(HasSubstr("not used: "), HasSubstr(": signature: " + code + ":")));
  }
  // It is used, and it is told why it would not be under stricter rules.
  void expect_warned(const std::string& code, const std::string& rules = "  signature: warn\n") {
    EXPECT_EQ(run(rules), 0) << read("err");
    EXPECT_EQ(read("out"), "hello\n");
    EXPECT_THAT(read("err"), HasSubstr("signature: " + code + ":"));
    EXPECT_THAT(list(), AllOf(HasSubstr("warning "), HasSubstr(": signature: " + code + ":")));
  }

  std::filesystem::path safe{};
};

// ---- those that are let in

TEST_F(PluginSignature, ByATrustedKeyLetsThePluginIn) {
  sign();
  expect_loaded();
  EXPECT_THAT(list(), AllOf(HasSubstr("signature  key " + key_id()), Not(HasSubstr("not used"))));
  expect_loaded("  signature: warn\n");
}

TEST_F(PluginSignature, IsNotLookedAtWhenItIsOff) {
  expect_loaded("  signature: off\n");
  EXPECT_THAT(list(), HasSubstr("signature  not looked at"));
  // Nor when another plugin is pinned.
  expect_loaded("  signature: off\n  pins: {org.example.a: 'sha256:" + hash() + "'}\n");
  EXPECT_THAT(list(), HasSubstr("signature  not looked at"));
}

TEST_F(PluginSignature, IsNotNeededByAPluginThatMayBeUnsigned) {
  expect_loaded("  signature: enforce\n  allow_unsigned: [org.penstock.print]\n");
  expect_left_out("signature-missing",
                  "  signature: enforce\n  allow_unsigned: [org.penstock.other]\n");
}

TEST_F(PluginSignature, ThatDoesNotHoldIsNoneThatMayBeMissing) {
  make_key("stranger");
  sign(comment, "stranger");
  expect_left_out("key-unknown", "  signature: enforce\n  allow_unsigned: [org.penstock.print]\n");
}

TEST_F(PluginSignature, IsNotNeededByAPluginThatIsPinned) {
  expect_loaded("  signature: enforce\n  pins: {org.penstock.print: 'sha256:" + hash() + "'}\n");
  EXPECT_THAT(list(), HasSubstr("signature  none needed: it is pinned by its hash"));
}

TEST_F(PluginSignature, DoesNotHelpAPluginOtherThanThePinnedOne) {
  const std::string pins = "  pins: {org.penstock.print: 'sha256:" + hash() + "'}\n";
  install("print_newer");
  sign(replaced(std::string(comment), "0.1.0", "0.2.0"));
  for (const char* const rule : {"enforce", "warn", "off"}) {
    expect_left_out("pin-mismatch", std::string("  signature: ") + rule + "\n" + pins);
  }
}

// ---- those that are left out

TEST_F(PluginSignature, ThatIsMissingLeavesTheSinkOut) { expect_left_out("signature-missing"); }

TEST_F(PluginSignature, OfOtherBytesLeavesTheSinkOut) {
  sign();
  std::ofstream(plugin(), std::ios::binary | std::ios::app) << 'x';
  expect_left_out("bad-signature");
  expect_left_out("bad-signature", "  signature: warn\n");
}

TEST_F(PluginSignature, OfAnotherBuildLeavesTheSinkOut) {
  sign();
  install("print_newer");
  expect_left_out("bad-signature");
}

TEST_F(PluginSignature, ThatSaysAnotherVersionLeavesTheSinkOut) {
  install("print_newer");
  sign();
  expect_left_out("comment-mismatch");
  sign(replaced(std::string(comment), "0.1.0", "0.2.0"));
  expect_loaded();
}

TEST_F(PluginSignature, OfAFileThatIsNoPluginLeavesTheSinkOut) {
  sign("timestamp:1700000000 file:print.penstock.so hashed");
  expect_left_out("comment-invalid");
}

TEST_F(PluginSignature, ByAnUnknownKeyLeavesTheSinkOut) {
  make_key("stranger");
  sign(comment, "stranger");
  expect_left_out("key-unknown");
}

TEST_F(PluginSignature, ByAKeyOfAnotherScopeLeavesTheSinkOut) {
  put(safe / "trust/key.yaml", "ids: [org.example.*]\n");
  sign();
  expect_left_out("scope");
}

TEST_F(PluginSignature, ByAKeyWhoseTimeIsOverLeavesTheSinkOut) {
  put(safe / "trust/key.yaml", "ids: ['*']\nnot_after: 2020-01-01T00:00:00Z\n");
  sign();
  expect_left_out("expired");
}

TEST_F(PluginSignature, OfWhatIsRevokedLeavesTheSinkOut) {
  sign();
  const std::string rules = "  revoked: " + (safe / "revoked.yaml").string() + "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"key-revoked", "keys: [" + key_id() + "]\n"},
      {"hash-revoked", "files: ['sha256:" + hash() + "']\n"},
      {"version-revoked", "versions: [{id: org.penstock.print, before: 0.1.1}]\n"},
      {"rollback", "minimum_serials: {org.penstock.print: 8}\n"},
  };
  for (const auto& [code, list_of_revoked] : cases) {
    put(safe / "revoked.yaml", list_of_revoked);
    expect_left_out(code, "  signature: enforce\n" + rules);
    // What is revoked is known to be bad.
    if (code != "rollback") expect_left_out(code, "  signature: warn\n" + rules);
  }
  put(safe / "revoked.yaml", "files: ['sha256:" + hash() + "']\n");
  expect_left_out("hash-revoked", "  signature: enforce\n  pins: {org.penstock.print: 'sha256:" +
                                      hash() + "'}\n" + rules);
}

TEST_F(PluginSignature, WithALowerSerialThanBeforeLeavesTheSinkOut) {
  const std::string rules = "  signature: enforce\n  state: " + (safe / "state").string() + "\n";
  sign();
  expect_loaded(rules);
  sign(replaced(std::string(comment), "serial=7", "serial=6"));
  expect_left_out("rollback", rules);
  expect_loaded();  // nobody remembers
  sign();
  expect_loaded(rules);
}

TEST_F(PluginSignature, StopsTheStartWhenTheSinkIsRequired) {
  EXPECT_EQ(run("  signature: enforce\n", true), 2);
  EXPECT_THAT(read("err"), HasSubstr(": signature: signature-missing:"));
  EXPECT_FALSE(exists("out") && !read("out").empty());
}

// ---- several signers

TEST_F(PluginSignature, OfSeveralTheFirstThatHoldsIsEnough) {
  const std::filesystem::path more = signature().string() + ".d";
  std::filesystem::create_directory(more);
  ::chmod(more.c_str(), 0755);
  const auto move_to = [&](const std::string& name) {
    std::filesystem::rename(signature(), more / name);
  };
  make_key("stranger");
  sign();
  move_to("b.minisig");
  sign(comment, "stranger");
  move_to("a.minisig");
  put(more / "README", "is no signature");
  expect_loaded();
  sign(comment, "stranger");
  expect_loaded();
  // What is wrong with the others is told by who looks closer.
  const std::string verify =
      std::string(PENSTOCK_PROGRAM) + " plugin verify " + plugin().string() + " --trust trust";
  EXPECT_THAT(output_of(verify),
              AllOf(HasSubstr("print.penstock.so.minisig: key-unknown: "),
                    HasSubstr("minisig.d/a.minisig: key-unknown: "), Not(HasSubstr("b.minisig")),
                    HasSubstr("signed by key " + key_id())));
  std::filesystem::remove(more / "b.minisig");
  expect_left_out("key-unknown");
}

TEST_F(PluginSignature, OfSeveralSignersAreAsSafeAndAsFewAsTheyHaveToBe) {
  const std::filesystem::path more = signature().string() + ".d";
  std::filesystem::create_directory(more);
  sign();
  std::filesystem::rename(signature(), more / "a.minisig");
  ::chmod(more.c_str(), 0777);
  expect_left_out("signature-unreadable");
  ::chmod(more.c_str(), 0755);
  expect_loaded();
  ::chmod((more / "a.minisig").c_str(), 0666);
  expect_left_out("signature-unreadable");
  ::chmod((more / "a.minisig").c_str(), 0644);
  for (int i = 0; i < 16; ++i) put(more / ("b" + std::to_string(i) + ".minisig"), "none");
  expect_left_out("signature-unreadable");
}

// ---- what it takes to judge

TEST_F(PluginSignature, IsJudgedByNobodyWithoutATrustStore) {
  sign();
  std::filesystem::remove_all(safe / "trust");
  expect_left_out("trust-store");
  expect_warned("key-unknown");
}

TEST_F(PluginSignature, IsRefusedByATrustStoreThatOthersCanWrite) {
  sign();
  ::chmod((safe / "trust").c_str(), 0777);
  expect_left_out("trust-store");
  expect_warned("trust-store");
}

TEST_F(PluginSignature, NeedsTheListOfRevocationsThatIsNamed) {
  sign();
  const std::string rules = "  revoked: " + (safe / "nothing.yaml").string() + "\n";
  expect_left_out("trust-store", "  signature: enforce\n" + rules);
  expect_warned("trust-store", "  signature: warn\n" + rules);
  // That nobody can read the list is no reason to load what was tampered with.
  std::ofstream(plugin(), std::ios::binary | std::ios::app) << 'x';
  expect_left_out("bad-signature", "  signature: warn\n" + rules);
}

TEST_F(PluginSignature, NeedsTheSerialsThatAreKept) {
  sign();
  const std::string rules = "  state: " + (safe / "nothing").string() + "\n";
  expect_left_out("state", "  signature: enforce\n" + rules);
  expect_warned("state", "  signature: warn\n" + rules);
}

TEST_F(PluginSignature, ThatOthersCanWriteIsNone) {
  sign();
  ::chmod(signature().c_str(), 0666);
  expect_left_out("signature-unreadable");
}

// ---- warnings

TEST_F(PluginSignature, ThatIsMissingIsToldOnceWhenNobodySaysWhatToDo) {
  expect_warned("signature-missing", "");
  const std::string said = read("err");
  // While it runs, if that takes long enough, and in the account.
  const std::size_t first = said.find("has trouble: ");
  if (first == std::string::npos) return;
  EXPECT_EQ(said.find("has trouble: ", first + 1), std::string::npos) << said;
}

TEST_F(PluginSignature, ByAnUnknownKeyIsToldUnderWarn) {
  make_key("stranger");
  sign(comment, "stranger");
  expect_warned("key-unknown");
}

TEST_F(PluginSignature, CannotBeSwitchedOffByTheEnvironment) {
  ::setenv("PENSTOCK_TEST_RULE", "off", 1);
  EXPECT_EQ(run("  signature: ${PENSTOCK_TEST_RULE}\n"), 2);
  EXPECT_THAT(read("err"), HasSubstr("'signature' cannot have ${...}"));
  EXPECT_EQ(run("  ${PENSTOCK_TEST_RULE:-signature}: warn\n"), 2);
  ::unsetenv("PENSTOCK_TEST_RULE");
}

}  // namespace
}  // namespace penstock::test
