// SPDX-License-Identifier: Apache-2.0
//
// plugin_keys_test.cpp: penstock plugin keygen, sign, verify, trust and revoke, as their users call
// them; what they write, minisign and `penstock run` read.
#include <cstdlib>

#include "program_support.hpp"
#include "safe_folder.hpp"

namespace penstock::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PluginKeys : public ProgramTest {
 protected:
  void SetUp() override {
    safe = make_safe_folder();
    ASSERT_FALSE(safe.empty()) << "set HOME to a folder that nobody else can write to";
    ASSERT_EQ(sh("cp " PENSTOCK_PLUGINS "/print.penstock.so . && chmod 644 *.so && mkdir trust"),
              0);
  }
  void TearDown() override {
    std::error_code ignored;
    if (!safe.empty()) std::filesystem::remove_all(safe, ignored);
  }

  // Its exit code, in the folder; `penstock` is the program.
  int sh(const std::string& command) {
    const std::string line = "cd " + safe.string() + " && umask 022 && penstock() { '" +
                             PENSTOCK_PROGRAM + "' \"$@\"; } && { " + command + "; } >" +
                             path("said") + " 2>&1 </dev/null";
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string said() const { return read("said"); }
  std::string key_id(const std::string& name = "key") {
    EXPECT_EQ(sh("head -1 " + name + ".pub"), 0);
    return said().substr(said().rfind(' ') + 1, 16);
  }
  void make_and_sign() {
    ASSERT_EQ(sh("penstock plugin keygen -o key --no-password"), 0) << said();
    ASSERT_EQ(sh("penstock plugin sign print.penstock.so -s key.key --serial 7"), 0) << said();
  }
  int verify() {
    return sh("penstock plugin verify print.penstock.so --trust trust --revoked revoked.yaml");
  }

  std::filesystem::path safe{};
};

TEST_F(PluginKeys, WhatIsSignedIsLoadedOnceItsKeyIsTrusted) {
  make_and_sign();
  const std::string config =
      configure("plugins: {directories: [" + safe.string() + "], signature: enforce, trust: " +
                (safe / "trust").string() + "}\nlogging: {sinks: [{name: p, type: print}]}\n");
  const std::string run = "echo hello | penstock run -c " + config;
  EXPECT_EQ(sh(run), 2);
  EXPECT_THAT(said(), HasSubstr("signature: key-unknown:"));
  ASSERT_EQ(sh("penstock plugin trust add key.pub --trust trust --ids 'org.penstock.*'"), 0);
  EXPECT_EQ(sh(run), 0) << said();
  EXPECT_THAT(said(), HasSubstr("hello"));
  ASSERT_EQ(sh("penstock plugin trust remove " + key_id() + " --trust trust"), 0) << said();
  EXPECT_EQ(sh(run), 2);
}

TEST_F(PluginKeys, WhatIsSignedMinisignVerifies) {
  if (sh("command -v minisign") != 0) GTEST_SKIP() << "minisign is not installed";
  make_and_sign();
  EXPECT_EQ(sh("minisign -V -p key.pub -m print.penstock.so"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("penstock1 id=org.penstock.print version=0.1.0 abi=1.0 "));
  EXPECT_EQ(sh("minisign -S -W -s key.key -m print.penstock.so -x other"), 0) << said();
}

TEST_F(PluginKeys, MinisignsKeysSign) {
  if (sh("command -v minisign") != 0) GTEST_SKIP() << "minisign is not installed";
  ASSERT_EQ(sh("minisign -G -W -p key.pub -s key.key && chmod 600 key.key"), 0) << said();
  ASSERT_EQ(sh("penstock plugin sign print.penstock.so -s key.key"), 0) << said();
  ASSERT_EQ(sh("penstock plugin trust add key.pub --trust trust"), 0) << said();
  EXPECT_EQ(sh("penstock plugin verify print.penstock.so --trust trust"), 0) << said();
}

TEST_F(PluginKeys, WithoutATrustStoreItIsSaidHowToGetOne) {
  EXPECT_EQ(sh("penstock plugin verify print.penstock.so --trust nowhere"), 1);
  EXPECT_THAT(said(), AllOf(HasSubstr("nowhere"), HasSubstr("penstock plugin trust add")));
}

TEST_F(PluginKeys, APasswordIsAskedForAndCounts) {
  ASSERT_EQ(sh("echo secret | penstock plugin keygen -o key --password-file -"), 0) << said();
  EXPECT_EQ(sh("echo secret | penstock plugin sign print.penstock.so -s key.key "
               "--password-file /dev/fd/0"),
            0)
      << said();
  EXPECT_EQ(sh("echo wrong | penstock plugin sign print.penstock.so -s key.key --password-file -"),
            1);
  EXPECT_THAT(said(), HasSubstr("the password does not fit"));
  EXPECT_EQ(sh("setsid -w '" PENSTOCK_PROGRAM "' plugin sign print.penstock.so -s key.key"), 1);
  EXPECT_THAT(said(), HasSubstr("there is no terminal to ask for the password"));
}

TEST_F(PluginKeys, KeysAreNeverReplacedAndSecretOnesAreNobodyElses) {
  ASSERT_EQ(sh("penstock plugin keygen -o key --no-password"), 0) << said();
  EXPECT_EQ(sh("stat -c %a key.key"), 0);
  EXPECT_EQ(said(), "600\n");
  EXPECT_EQ(sh("penstock plugin keygen -o key --no-password"), 1);
  EXPECT_THAT(said(), HasSubstr("key.key: is there already"));
  ASSERT_EQ(sh("chmod 644 key.key"), 0);
  EXPECT_EQ(sh("penstock plugin sign print.penstock.so -s key.key"), 1);
  EXPECT_THAT(said(), HasSubstr("can be read by others"));
}

TEST_F(PluginKeys, WhatIsNoPluginIsNotSigned) {
  ASSERT_EQ(sh("penstock plugin keygen -o key --no-password"), 0) << said();
  EXPECT_EQ(sh("penstock plugin sign key.pub -s key.key"), 1);
  EXPECT_THAT(said(), HasSubstr("not signed: "));
  EXPECT_FALSE(std::filesystem::exists(safe / "key.pub.minisig"));
}

TEST_F(PluginKeys, AKeyIsTrustedForWhatItIsAddedForAndOnce) {
  make_and_sign();
  ASSERT_EQ(sh("penstock plugin trust add key.pub --trust trust --ids org.example.a --ids "
               "'org.example.b.*' --label \"it's ours\""),
            0)
      << said();
  EXPECT_EQ(sh("penstock plugin trust list --trust trust"), 0);
  EXPECT_THAT(said(), AllOf(HasSubstr("it's ours"), HasSubstr("org.example.a, org.example.b.*")));
  EXPECT_EQ(sh("penstock plugin trust add key.pub --trust trust"), 1);
  EXPECT_THAT(said(), HasSubstr("is trusted already"));
  EXPECT_EQ(sh("penstock plugin verify print.penstock.so --trust trust"), 1);
  EXPECT_THAT(said(), HasSubstr(": scope: "));
  EXPECT_EQ(sh("penstock plugin trust add key.pub --trust trust --ids 'org*'"), 2);
}

TEST_F(PluginKeys, WhatIsRevokedIsRefused) {
  make_and_sign();
  ASSERT_EQ(sh("penstock plugin trust add key.pub --trust trust"), 0) << said();
  const std::string revoke =
      "rm -f revoked.yaml; penstock plugin revoke --revoked revoked.yaml "
      "--reason \"it's bad\" ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--key " + key_id(), "key-revoked"},
      {"--file print.penstock.so", "hash-revoked"},
      {"--version org.penstock.print '>=0.1.0,<0.1.1'", "version-revoked"},
      {"--version 'org.penstock.*' all", "version-revoked"},
  };
  for (const auto& [what, code] : cases) {
    ASSERT_EQ(sh(revoke + what), 0) << said();
    EXPECT_EQ(verify(), 1);
    EXPECT_THAT(said(), AllOf(HasSubstr(": " + code + ": "), HasSubstr("it's bad")));
  }
  ASSERT_EQ(sh(revoke + "--version org.penstock.print '<0.1.0'"), 0) << said();
  EXPECT_EQ(verify(), 0) << said();
  EXPECT_EQ(sh(revoke + "--version org.penstock.print 0.1.0"), 1);
  EXPECT_THAT(said(), HasSubstr("'0.1.0' is no range"));
  EXPECT_EQ(sh("penstock plugin revoke --revoked revoked.yaml"), 2);
}

TEST_F(PluginKeys, ACommandThatIsNoneIsAnsweredWithTheNearest) {
  EXPECT_EQ(sh("penstock plugin sgin"), 2);
  EXPECT_THAT(said(), HasSubstr("did you mean 'sign'?"));
  EXPECT_EQ(sh("penstock plugin sign print.penstock.so"), 2);
  EXPECT_THAT(said(), AllOf(HasSubstr("the secret key is missing"),
                            HasSubstr("try 'penstock plugin sign --help'")));
  EXPECT_EQ(sh("penstock plugin trust add --help"), 0);
  EXPECT_THAT(said(), AllOf(HasSubstr("--label"), HasSubstr("Examples:"), Not(HasSubstr("--key"))));
}

}  // namespace
}  // namespace penstock::test
