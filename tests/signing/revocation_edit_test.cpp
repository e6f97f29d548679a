// SPDX-License-Identifier: Apache-2.0
#include "signing/revocation_edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::errors_of;
using ::testing::HasSubstr;

const KeyId key = *parse_key_id("AB8F7644E4497FF5");

std::string added(std::string_view yaml, const NewRevocation& revocation) {
  const auto text = add_revocation(yaml, "revoked.yaml", revocation);
  return text ? *text : errors_of(text);
}

TEST(RevocationEdit, BeginsAList) {
  EXPECT_EQ(added("", {.what = key}), "keys:\n  - {id: 'AB8F7644E4497FF5'}\n");
}

TEST(RevocationEdit, KeepsWhatIsThere) {
  const std::string before =
      "# ours\nkeys:   # see ticket 12\n    # first\n    - 0123456789ABCDEF\n\nfiles: []\n# end";
  EXPECT_EQ(added(before, {.what = key, .reason = "it's lost"}),
            "# ours\nkeys:   # see ticket 12\n    - {id: 'AB8F7644E4497FF5', reason: 'it''s "
            "lost'}\n    # first\n    - 0123456789ABCDEF\n\nfiles: []\n# end\n");
}

TEST(RevocationEdit, KeepsListsThatAreNotIndented) {
  EXPECT_EQ(added("keys:\n- 0123456789ABCDEF\n", {.what = key}),
            "keys:\n- {id: 'AB8F7644E4497FF5'}\n- 0123456789ABCDEF\n");
}

TEST(RevocationEdit, WritesWhatIsReadAgain) {
  RevokedVersions versions{.id = *IdPattern::parse("org.example.*"),
                           .from = Version::parse("1.0.0-rc.1"),
                           .before = Version::parse("1.2.0")};
  std::string text = added("", {.what = versions, .reason = "# no comment: {x}"});
  text = added(text, {.what = Sha256{1, 2, 3}, .reason = "tampered"});
  const auto all = parse_revocations(text, "revoked.yaml");
  ASSERT_TRUE(all) << errors_of(all);
  ASSERT_NE(all->of_version("org.example.a", "1.1.0"), nullptr);
  EXPECT_EQ(*all->of_version("org.example.a", "1.1.0"), "# no comment: {x}");
  EXPECT_EQ(all->of_version("org.example.a", "1.2.0"), nullptr);
  EXPECT_EQ(all->sha256.at(Sha256{1, 2, 3}), "tampered");
}

TEST(RevocationEdit, RefusesFilesThatItCannotAddTo) {
  EXPECT_THAT(added("keys: [0123456789ABCDEF]\n", {.what = key}),
              HasSubstr("add to 'keys' yourself: {id: 'AB8F7644E4497FF5'}"));
  EXPECT_THAT(added("{keys: []}\n", {.what = key}), HasSubstr("cannot be added to"));
  EXPECT_THAT(added("keys: 12\n", {.what = key}), HasSubstr("revoked.yaml:1"));
}

TEST(RevocationEdit, SaysThatItIsRevokedAlready) {
  EXPECT_THAT(added("keys: [AB8F7644E4497FF5]\n", {.what = key}), HasSubstr("revoked already"));
}

TEST(RevocationEdit, TakesReasonsOfOneLine) {
  EXPECT_THAT(added("", {.what = key, .reason = "a\nb"}), HasSubstr("must be one line"));
}

TEST(RevocationEdit, ReplacesTheFileAsAWhole) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.make("etc") + "/revoked.yaml";
  ASSERT_TRUE(write_revocation(path, ::geteuid(), {.what = key}));
  EXPECT_EQ(folder.read("etc/revoked.yaml"), "keys:\n  - {id: 'AB8F7644E4497FF5'}\n");
  const Status again = write_revocation(path, ::geteuid(), {.what = key});
  EXPECT_THAT(errors_of(again), HasSubstr("revoked already"));
  EXPECT_FALSE(write_revocation(folder / "nothing/revoked.yaml", ::geteuid(), {.what = key}));
}

}  // namespace
}  // namespace penstock::signing
