// SPDX-License-Identifier: Apache-2.0
#include "signing/trust_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"
#include "vectors.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;
namespace vectors = testing::vectors;

class TrustStoreFiles : public ::testing::Test {
 protected:
  void SetUp() override { folder.make("trust.d"); }

  Status load(bool may_be_absent = false) {
    store = TrustStore();
    return load_trust_store(
        {.directory = folder / "trust.d", .revoked = revoked, .may_be_absent = may_be_absent},
        ::geteuid(), store);
  }
  void write_key(std::string_view name = "example.pub") {
    folder.write("trust.d/" + std::string(name), vectors::public_key);
  }
  const TrustedKey* key() const { return store.find(*parse_key_id(vectors::key_id)); }

  testing::TemporaryFolder folder;
  std::string revoked{};
  TrustStore store;
};

TEST_F(TrustStoreFiles, AKeyHasTheScopeBesideIt) {
  write_key();
  folder.write("trust.d/example.yaml", "label: Example Ltd\nids: [org.example.*]\n");
  folder.write("trust.d/README", "not read");
  const Status status = load();
  ASSERT_TRUE(status) << errors_of(status);
  ASSERT_NE(key(), nullptr);
  EXPECT_EQ(key()->key, *parse_public_key(vectors::public_key));
  EXPECT_EQ(key()->scope.label, "Example Ltd");
  EXPECT_EQ(key()->source, folder / "trust.d/example.pub");
  EXPECT_FALSE(key()->unlimited);
  EXPECT_FALSE(key()->scope.allows_id("net.other"));
  EXPECT_EQ(store.find(KeyId{}), nullptr);
}

TEST_F(TrustStoreFiles, AKeyWithoutAScopeIsMarked) {
  write_key();
  ASSERT_TRUE(load());
  EXPECT_TRUE(key()->unlimited);
  EXPECT_EQ(key()->scope.label, "example");
  EXPECT_TRUE(key()->scope.allows_id("net.other"));
}

TEST_F(TrustStoreFiles, AnEmptyFolderTrustsNobody) {
  ASSERT_TRUE(load());
  EXPECT_TRUE(store.keys().empty());
}

TEST_F(TrustStoreFiles, AnythingThatCannotBeReadIsAnError) {
  write_key();
  write_key("broken.pub");
  folder.write("trust.d/broken.pub", "untrusted comment: x\nAAAA\n");
  folder.write("trust.d/example.yaml", "ids: [nonsense]\n");
  const Status status = load();
  EXPECT_THAT(errors_of(status), HasSubstr("trust.d/broken.pub: the public key has 4 characters"));
  EXPECT_THAT(errors_of(status), HasSubstr("trust.d/example.yaml:1:7: 'nonsense'"));
}

TEST_F(TrustStoreFiles, AScopeThatBelongsToNoKeyIsAnError) {
  write_key("renamed.pub");
  folder.write("trust.d/example.yaml", "ids: [org.example.*]\n");
  EXPECT_THAT(errors_of(load()), HasSubstr("there is no example.pub beside it"));
  std::filesystem::rename(folder / "trust.d/example.yaml", folder / "trust.d/renamed.yml");
  EXPECT_THAT(errors_of(load()), HasSubstr("renamed.yml: is not read"));
}

TEST_F(TrustStoreFiles, TwoKeysOfOneIdAreAnError) {
  write_key("a.pub");
  write_key("b.pub");
  EXPECT_THAT(errors_of(load()), HasSubstr("b.pub: has the same key id as"));
}

TEST_F(TrustStoreFiles, OwnersAndModesAreLookedAt) {
  write_key();
  ::chmod((folder / "trust.d/example.pub").c_str(), 0666);
  EXPECT_THAT(errors_of(load()), HasSubstr("example.pub: can be written by others"));
  ::chmod((folder / "trust.d/example.pub").c_str(), 0644);
  ::chmod((folder / "trust.d").c_str(), 0775);
  EXPECT_THAT(errors_of(load()), HasSubstr("trust.d: can be written by others"));
  ::chmod((folder / "trust.d").c_str(), 0755);
  EXPECT_TRUE(load());
  std::filesystem::rename(folder / "trust.d/example.pub", folder / "elsewhere");
  std::filesystem::create_symlink(folder / "elsewhere", folder / "trust.d/example.pub");
  EXPECT_THAT(errors_of(load()), HasSubstr("example.pub: is a symbolic link"));
}

// Of what another user wrote nothing is believed, were it the right key.
TEST_F(TrustStoreFiles, AnotherUsersFilesAreNotTrusted) {
  write_key();
  uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::chown((folder / "trust.d/example.pub").c_str(), 12345, 0), 0);
  } else {
    user += 1;  // only root can give files away; to this one they are another's already
  }
  const Status status = load_trust_store({.directory = folder / "trust.d"}, user, store);
  EXPECT_THAT(errors_of(status), HasSubstr("belongs to user "));
}

TEST_F(TrustStoreFiles, WhatIsNotThereIsAnErrorUnlessNobodyNamedIt) {
  std::filesystem::remove_all(folder / "trust.d");
  EXPECT_THAT(errors_of(load()), HasSubstr("No such file or directory"));
  EXPECT_TRUE(load(true));
  revoked = folder / "revoked.yaml";
  EXPECT_TRUE(load(true));
  folder.make("trust.d");
  EXPECT_THAT(errors_of(load()), HasSubstr("revoked.yaml: is not there"));
}

TEST_F(TrustStoreFiles, RevocationsBelongToTheStore) {
  write_key();
  revoked = folder.write("revoked.yaml", "keys: [F872FBC2FB54F7DF]\n");
  ASSERT_TRUE(load());
  EXPECT_NE(store.revocations().of_key(key()->key.id), nullptr);
  folder.write("revoked.yaml", "keys: [F872]\n");
  EXPECT_THAT(errors_of(load()), HasSubstr("revoked.yaml:1:8"));
  EXPECT_FALSE(load(true)) << "unreadable is not absent";
  folder.write("revoked.yaml", "", 0666);
  EXPECT_THAT(errors_of(load()), HasSubstr("written by others"));
}

TEST_F(TrustStoreFiles, KeysThatAreBuiltInAreKept) {
  TrustStore built_in;
  ASSERT_TRUE(built_in.add({.key = *parse_public_key(vectors::open_public_key),
                            .scope = Scope::everything("built in"),
                            .source = "built in"}));
  write_key();
  ASSERT_TRUE(load_trust_store({.directory = folder / "trust.d"}, ::geteuid(), built_in));
  EXPECT_EQ(built_in.keys().size(), 2U);
  folder.write("trust.d/other.pub", vectors::open_public_key);
  EXPECT_FALSE(load_trust_store({.directory = folder / "trust.d"}, ::geteuid(), built_in));
}

}  // namespace
}  // namespace penstock::signing
