// Tests of the token table and the UTF-8 check behind it.
#include "model/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/utf8.h"

namespace oido::model {
namespace {

using ::testing::HasSubstr;

TEST(TokensTest, LinesAreIds) {
  const auto tokens = Tokens::Parse("<blank>\n▁\na\n▁the\nñ\n");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 5);
  EXPECT_EQ((*tokens)[0].text, "");
  EXPECT_FALSE((*tokens)[0].begins_word);
  EXPECT_EQ((*tokens)[1].text, "");
  EXPECT_TRUE((*tokens)[1].begins_word);
  EXPECT_EQ((*tokens)[2].text, "a");
  EXPECT_FALSE((*tokens)[2].begins_word);
  EXPECT_EQ((*tokens)[3].text, "the");
  EXPECT_TRUE((*tokens)[3].begins_word);
  EXPECT_EQ((*tokens)[4].text, "ñ");
}

TEST(TokensTest, LastLineNeedsNoLineFeed) {
  EXPECT_EQ(Tokens::Parse("<blank>\na")->size(), 2);
  EXPECT_EQ(Tokens::Parse("<blank>\na\n")->size(), 2);
}

TEST(TokensTest, BlankSpellsNothingWhateverItsName) {
  EXPECT_EQ((*Tokens::Parse("▁blank▁\na"))[0].text, "");
}

struct BadTokens {
  std::string text;
  std::string message;
};

class BadTokensTest : public ::testing::TestWithParam<BadTokens> {};

TEST_P(BadTokensTest, IsRefusedWithItsLine) {
  const auto tokens = Tokens::Parse(GetParam().text);
  EXPECT_EQ(tokens.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(tokens.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTokensTest,
    ::testing::Values(
        BadTokens{"", "line 1: empty"},
        BadTokens{"<blank>\n\na", "line 2: empty"},
        BadTokens{"<blank>\na\na", "line 3: token \"a\" appears twice"},
        BadTokens{"<blank>\r\na", "line 1: token is not UTF-8"},
        BadTokens{"<blank>\na b", "line 2: token is not UTF-8"},
        BadTokens{"<blank>\n\xC3", "line 2: token is not UTF-8"},
        BadTokens{"<blank>\na▁b", "line 2: token has the word mark"},
        BadTokens{"<blank>\n▁▁", "line 2: token has the word mark"},
        BadTokens{"<blank>\n" + std::string(65, 'x'),
                  "line 2: token of 65 bytes"}));

TEST(Utf8Test, AcceptsEveryLength) {
  EXPECT_TRUE(IsPrintableUtf8(""));
  EXPECT_TRUE(IsPrintableUtf8("a ~"));
  EXPECT_TRUE(IsPrintableUtf8("é \u07FF"));
  EXPECT_TRUE(IsPrintableUtf8("\u0800 \uD7FF \uE000 \uFFFD ▁"));
  EXPECT_TRUE(IsPrintableUtf8("\U00010000 \U0010FFFF"));
}

TEST(Utf8Test, RefusesWhatIsNotWellFormed) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF",
        "\xE2\x96", "\xE2\x96 ", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsPrintableUtf8(text)) << ::testing::PrintToString(text);
  }
}

TEST(Utf8Test, RefusesControlCharacters) {
  for (const char* text : {"\n", "\x1B[0m", "\x7F", "\xC2\x85"}) {
    EXPECT_FALSE(IsPrintableUtf8(text)) << ::testing::PrintToString(text);
  }
  EXPECT_FALSE(IsPrintableUtf8(absl::string_view("\0", 1)));
}

}  // namespace
}  // namespace oido::model
