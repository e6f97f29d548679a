// SPDX-License-Identifier: Apache-2.0
//
// minisign_test.cpp: our files and those of the minisign program, each read by the other.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/content_hash.hpp"
#include "signing/signature.hpp"
#include "signing/statement.hpp"
#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;

constexpr const char* statement =
    "penstock1 id=org.example.demo version=1.2.3 abi=1.0 arch=x86_64 serial=7 "
    "ts=2026-01-02T03:04:05Z";

class Minisign : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v minisign >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "minisign is not installed";
    }
    folder.write("plugin.so", content);
  }

  // Whether the command succeeds, in the folder.
  bool runs(const std::string& command) const {
    const std::string line = "cd " + folder.path() + " && { " + command + "; } >out 2>&1";
    return std::system(line.c_str()) == 0;
  }
  std::string output() const { return folder.read("out"); }

  ContentHash hash() const {
    const testing::OpenFile file(folder / "plugin.so");
    return hash_content(file.get()).value();
  }
  Verdict verify_file() const {
    const auto key = parse_public_key(folder.read("key.pub"));
    const auto signature = parse_signature(folder.read("plugin.so.minisig"));
    EXPECT_TRUE(key) << errors_of(key);
    EXPECT_TRUE(signature) << errors_of(signature);
    return verify(*key, hash().blake2b, *signature);
  }
  void write_pair(const SecretKey& key, std::string_view password) const {
    const auto secret = format_secret_key(key, password, testing::small_limits);
    ASSERT_TRUE(secret) << errors_of(secret);
    folder.write("key.key", text_of(*secret), 0600);
    folder.write("key.pub", format_public_key(key.public_key()));
  }

  testing::TemporaryFolder folder;
  std::string content =
      "\x7f"
      "ELF, or nearly so";
};

TEST_F(Minisign, WhatItSignedWeVerify) {
  ASSERT_TRUE(runs("minisign -G -W -p key.pub -s key.key")) << output();
  ASSERT_TRUE(runs(std::string("minisign -S -W -s key.key -m plugin.so -t '") + statement + "'"))
      << output();
  EXPECT_EQ(verify_file(), Verdict::good);
  EXPECT_TRUE(parse_statement(parse_signature(folder.read("plugin.so.minisig"))->trusted_comment));
  folder.write("plugin.so", content + "x");
  EXPECT_EQ(verify_file(), Verdict::wrong_content);
}

TEST_F(Minisign, WhatItSignedWithItsOwnCommentWeVerify) {
  ASSERT_TRUE(
      runs("minisign -G -W -p key.pub -s key.key && minisign -S -W -s key.key -m plugin.so"))
      << output();
  EXPECT_EQ(verify_file(), Verdict::good);
}

TEST_F(Minisign, WhatItSignedInTheLegacyFormWeRefuse) {
  ASSERT_TRUE(
      runs("minisign -G -W -p key.pub -s key.key && minisign -S -l -W -s key.key -m plugin.so"))
      << output();
  EXPECT_EQ(verify_file(), Verdict::legacy);
}

TEST_F(Minisign, VerifiesWhatWeSigned) {
  const SecretKey key = generate_key();
  write_pair(key, "");
  const auto signature = sign(key, hash().blake2b, statement);
  ASSERT_TRUE(signature);
  folder.write("plugin.so.minisig", format_signature(*signature));
  EXPECT_TRUE(runs("minisign -V -p key.pub -m plugin.so")) << output();
  EXPECT_THAT(output(), ::testing::HasSubstr(statement));
  EXPECT_TRUE(runs("minisign -V -P " + format_public_key_line(key.public_key()) + " -m plugin.so"))
      << output();
  folder.write("plugin.so", content + "x");
  EXPECT_FALSE(runs("minisign -V -p key.pub -m plugin.so"));
}

TEST_F(Minisign, SignsWithOurKey) {
  write_pair(generate_key(), "");
  ASSERT_TRUE(runs("minisign -S -W -s key.key -m plugin.so")) << output();
  EXPECT_EQ(verify_file(), Verdict::good);
}

TEST_F(Minisign, SignsWithOurKeyAndItsPassword) {
  write_pair(generate_key(), "correct horse");
  ASSERT_TRUE(runs("echo correct horse | minisign -S -s key.key -m plugin.so")) << output();
  EXPECT_EQ(verify_file(), Verdict::good);
  EXPECT_FALSE(runs("echo wrong horse | minisign -S -s key.key -m plugin.so"));
}

TEST_F(Minisign, MakesOurPublicKeyAgainFromTheSecretOne) {
  const SecretKey key = generate_key();
  write_pair(key, "correct horse");
  ASSERT_TRUE(runs("rm key.pub && echo correct horse | minisign -R -s key.key -p key.pub"))
      << output();
  EXPECT_EQ(*parse_public_key(folder.read("key.pub")), key.public_key());
}

TEST_F(Minisign, ItsKeyWithoutAPasswordWeRead) {
  ASSERT_TRUE(runs("minisign -G -W -p key.pub -s key.key")) << output();
  const auto key = parse_secret_key(folder.read("key.key"))->unlock("");
  ASSERT_TRUE(key) << errors_of(key);
  EXPECT_EQ(key->public_key(), *parse_public_key(folder.read("key.pub")));
}

// For the password it takes a GiB and seconds, as we do, or less when it gets less.
TEST_F(Minisign, KeysWithAPasswordAreReadByBoth) {
  const char* const given = std::getenv("PENSTOCK_LONG");
  const bool full = given != nullptr && *given == '1';
  const std::string limit = full ? "" : "ulimit -v 100000; ";
  const KdfLimits our_limits = full ? KdfLimits{} : testing::small_limits;
  ASSERT_TRUE(
      runs(limit + "printf 'correct horse\\ncorrect horse\\n' | minisign -G -p key.pub -s key.key"))
      << output();
  const auto locked = parse_secret_key(folder.read("key.key"));
  ASSERT_TRUE(locked) << errors_of(locked);
  ASSERT_TRUE(locked->needs_password());
  EXPECT_FALSE(locked->unlock("correct horse\n"));
  const auto key = locked->unlock("correct horse");
  ASSERT_TRUE(key) << errors_of(key);
  EXPECT_EQ(key->public_key(), *parse_public_key(folder.read("key.pub")));

  const auto ours = format_secret_key(*key, "other horse", our_limits);
  ASSERT_TRUE(ours) << errors_of(ours);
  folder.write("key.key", text_of(*ours), 0600);
  ASSERT_TRUE(runs("echo other horse | minisign -S -s key.key -m plugin.so")) << output();
  EXPECT_EQ(verify_file(), Verdict::good);
}

}  // namespace
}  // namespace penstock::signing
