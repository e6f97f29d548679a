// SPDX-License-Identifier: Apache-2.0
#include "signing/content_hash.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace penstock::signing {
namespace {

using testing::OpenFile;
using testing::TemporaryFolder;

std::string big_text() {
  std::string text;
  for (int i = 0; text.size() < 200'000; ++i) text += std::to_string(i);
  return text;
}

TEST(ContentHash, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("abc"), big_text(),
                                  std::string(64 * 1024, 'x'), std::string(64 * 1024 + 1, 'x')}) {
    const OpenFile file(folder.write("f", text));
    const auto hash = hash_content(file.get());
    ASSERT_TRUE(hash) << testing::errors_of(hash);
    EXPECT_EQ(*hash, hash_content(bytes_of(text))) << text.size();
  }
}

TEST(ContentHash, BeginsAtTheBeginningAndLeavesTheOffsetAlone) {
  const TemporaryFolder folder;
  const OpenFile file(folder.write("f", "abcdef"));
  ASSERT_EQ(::lseek(file.get(), 3, SEEK_SET), 3);
  EXPECT_EQ(*hash_content(file.get()), hash_content(bytes_of("abcdef")));
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 3);
}

TEST(ContentHash, ChangesWithEachByteThatIsCutOrAdded) {
  const TemporaryFolder folder;
  const std::string text = "a plugin";
  const ContentHash whole = hash_content(bytes_of(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(hash_content(bytes_of(text.substr(0, size))), whole);
  }
  EXPECT_NE(hash_content(bytes_of(text + '\0')), whole);
}

// The loader goes on with the descriptor, so a name that is given to another file changes nothing.
TEST(ContentHash, IsOfTheOpenFileNotOfItsName) {
  const TemporaryFolder folder;
  const OpenFile file(folder.write("plugin.so", "signed"));
  const std::string other = folder.write("other", "evil");
  std::filesystem::rename(other, folder / "plugin.so");
  EXPECT_EQ(*hash_content(file.get()), hash_content(bytes_of("signed")));
}

TEST(ContentHash, RefusesWhatIsNoFileOrTooLarge) {
  const TemporaryFolder folder;
  const OpenFile directory(folder.path());
  EXPECT_NE(testing::errors_of(hash_content(directory.get())).find("is no regular file"),
            std::string::npos);
  const OpenFile zeros("/dev/zero");
  EXPECT_FALSE(hash_content(zeros.get()));
  const OpenFile file(folder.write("f", "123456"));
  EXPECT_TRUE(hash_content(file.get(), 6));
  EXPECT_EQ(testing::errors_of(hash_content(file.get(), 5)), "is larger than 5 bytes\n");
  EXPECT_FALSE(hash_content(-1));
}

}  // namespace
}  // namespace penstock::signing
