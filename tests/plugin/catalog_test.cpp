// SPDX-License-Identifier: Apache-2.0
#include "plugin/catalog.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf_builder.hpp"
#include "plugin_support.hpp"

namespace penstock::plugin::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CatalogTest : public ::testing::Test {
 protected:
  Catalog read_all(std::vector<std::string> directories) const {
    return Catalog::read({.directories = std::move(directories), .rules = folder_.rules()});
  }
  Catalog read_folder() const { return read_all({folder_.path()}); }

  static std::vector<std::string> ids(const Catalog& catalog) {
    std::vector<std::string> ids;
    for (const Plugin& plugin : catalog.plugins()) ids.push_back(plugin.manifest.id);
    return ids;
  }
  static std::vector<std::string> codes(const Catalog& catalog) {
    std::vector<std::string> codes;
    for (const Refusal& refusal : catalog.refusals()) codes.push_back(refusal.code);
    return codes;
  }

  const Folder folder_;
};

TEST_F(CatalogTest, OfAnEmptyFolderIsEmpty) {
  const Catalog catalog = read_folder();
  EXPECT_THAT(catalog.plugins(), IsEmpty());
  EXPECT_THAT(catalog.refusals(), IsEmpty());
}

TEST_F(CatalogTest, FindsPluginsByIdAndByWhatTheyProvide) {
  folder_.add_fixture("good", "a.penstock.so");
  folder_.add_fixture("other", "b.penstock.so");
  const Catalog catalog = read_folder();
  EXPECT_THAT(codes(catalog), IsEmpty());
  EXPECT_THAT(ids(catalog), ElementsAre("org.example.print", "org.example.other"));
  ASSERT_NE(catalog.find_id("org.example.other"), nullptr);
  EXPECT_EQ(catalog.find_id("org.example"), nullptr);
  EXPECT_EQ(catalog.providers("penstock.sink/1", "print").size(), 2u);
  EXPECT_EQ(catalog.providers("penstock.sink/1", "other").size(), 1u);
  EXPECT_EQ(catalog.providers("penstock.sink/2", "other").size(), 0u);
  EXPECT_GE(catalog.plugins()[0].file.fd(), 0);
}

TEST_F(CatalogTest, OneBadFileDoesNotHideTheOthers) {
  for (const std::string name : {"no_manifest", "two_manifests", "exec_stack", "needed", "good"}) {
    folder_.add_fixture(name, name + ".penstock.so");
  }
  folder_.add("text.penstock.so", "no plugin at all");
  folder_.add("empty.penstock.so", "");
  std::filesystem::create_symlink("good.penstock.so", folder_.path("link.penstock.so"));
  const Catalog catalog = read_folder();
  EXPECT_THAT(ids(catalog), ElementsAre("org.example.print"));
  EXPECT_THAT(codes(catalog), UnorderedElementsAre("no-manifest", "two-manifests", "exec-stack",
                                                   "needed", "not-elf", "size", "symlink"));
  for (const Refusal& refusal : catalog.refusals()) {
    EXPECT_THAT(refusal.file, HasSubstr(folder_.path()));
    EXPECT_FALSE(refusal.reason.empty());
    EXPECT_FALSE(refusal.fix.empty());
  }
}

TEST_F(CatalogTest, ARefusalNamesThePluginWhenItIsKnown) {
  folder_.add_fixture("second_export", "a.penstock.so");
  const Catalog catalog = read_folder();
  ASSERT_EQ(catalog.refusals().size(), 1u);
  EXPECT_EQ(catalog.refusals()[0].plugin, "org.example.print");
  EXPECT_THAT(catalog.refusals()[0].reason, HasSubstr("'second_export'"));
}

TEST_F(CatalogTest, TheHigherVersionOfOneIdIsUsedWhateverItsName) {
  for (const bool newer_first : {true, false}) {
    folder_.add_fixture(newer_first ? "newer" : "good", "a.penstock.so");
    folder_.add_fixture(newer_first ? "good" : "newer", "b.penstock.so");
    const Catalog catalog = read_folder();
    ASSERT_EQ(catalog.plugins().size(), 1u);
    EXPECT_EQ(catalog.plugins()[0].manifest.version.text(), "1.10.0");
    ASSERT_EQ(catalog.shadowed().size(), 1u);
    EXPECT_EQ(catalog.shadowed()[0].version.text(), "1.2.3");
    EXPECT_EQ(catalog.shadowed()[0].by, catalog.plugins()[0].file.path());
    EXPECT_EQ(catalog.shadowed()[0].reason, "1.10.0 is newer");
  }
}

TEST_F(CatalogTest, OfEqualVersionsTheFirstIsUsed) {
  folder_.add_fixture("good", "a.penstock.so");
  folder_.add_fixture("good", "b.penstock.so");
  const Catalog catalog = read_folder();
  ASSERT_EQ(catalog.plugins().size(), 1u);
  EXPECT_EQ(catalog.plugins()[0].file.path(), folder_.path("a.penstock.so"));
  ASSERT_EQ(catalog.shadowed().size(), 1u);
  EXPECT_EQ(catalog.shadowed()[0].reason, "1.2.3 is found first");
}

TEST_F(CatalogTest, OneFileUnderTwoNamesIsReadOnce) {
  folder_.add_fixture("good", "a.penstock.so");
  folder_.add_fixture("no_manifest", "c.penstock.so");
  std::filesystem::create_hard_link(folder_.path("a.penstock.so"), folder_.path("b.penstock.so"));
  const Catalog catalog = read_all({folder_.path(), folder_.path() + "/"});
  EXPECT_EQ(catalog.plugins().size(), 1u);
  EXPECT_EQ(catalog.refusals().size(), 1u);
  ASSERT_EQ(catalog.shadowed().size(), 4u);  // b, and all three the second time
  for (const Shadowed& shadowed : catalog.shadowed()) {
    EXPECT_EQ(shadowed.reason, "it is the same file");
  }
}

TEST_F(CatalogTest, FoldersAreReadInTheOrderGivenAndNotInto) {
  folder_.add_folder("one");
  folder_.add_folder("two");
  folder_.add_folder("two/deep");
  folder_.add_fixture("good", "one/a.penstock.so");
  folder_.add_fixture("good", "two/a.penstock.so");
  folder_.add_fixture("other", "two/deep/b.penstock.so");
  const Catalog catalog = read_all({folder_.path("two"), folder_.path("one")});
  ASSERT_EQ(catalog.plugins().size(), 1u);
  EXPECT_EQ(catalog.plugins()[0].file.path(), folder_.path("two/a.penstock.so"));
}

TEST_F(CatalogTest, AFolderThatCannotBeReadIsRefusedAndTheOthersAreRead) {
  folder_.add_folder("good");
  folder_.add_folder("open");
  folder_.set_mode("open", 0777);
  folder_.add_fixture("good", "good/a.penstock.so");
  const Catalog catalog =
      read_all({folder_.path("none"), "relative", folder_.path("open"), folder_.path("good")});
  EXPECT_EQ(catalog.plugins().size(), 1u);
  EXPECT_THAT(codes(catalog), ElementsAre("not-found", "path", "mode"));
}

TEST_F(CatalogTest, TheHostsMinorVersionCounts) {
  folder_.add_fixture("newer_minor", "a.penstock.so");
  CatalogOptions options{
      .directories = {folder_.path()}, .rules = folder_.rules(), .host_minor = 8};
  EXPECT_THAT(codes(Catalog::read(options)), ElementsAre("abi"));
  options.host_minor = 9;
  EXPECT_EQ(Catalog::read(options).plugins().size(), 1u);
}

TEST_F(CatalogTest, AForeignMachineIsRefusedBeforeAnythingElse) {
  Bytes bytes = bytes_of(fixture("good"));
  put(bytes, offsetof(Elf64_Ehdr, e_machine),
      static_cast<std::uint16_t>(host_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64));
  folder_.add("a.penstock.so", bytes);
  EXPECT_THAT(codes(read_folder()), ElementsAre("arch"));
}

}  // namespace
}  // namespace penstock::plugin::test
