// The ARPA reader takes what the form allows and names the line of the rest.
#include "model/arpa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"

namespace oido::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kArpa[] =
    "\n\\data\\\nngram 1=5\nngram 2=2\n\n"
    "\\1-grams:\n"
    "-1.0\t<unk>\n"
    "-99\t<s>\t-0.5\n"
    "-1.5\tzoo\t-0.25\n"
    "-2\t</s>\n"
    "-0.75\tant\n"
    "\n\\2-grams:\n"
    "-0.5\t<s> zoo\n"
    "-0.25 zoo ant\r\n"
    "\n\\end\\\n";

absl::StatusOr<ArpaModel> Read(const std::string& text) {
  std::istringstream in(text);
  return ReadArpa(in);
}

std::string Changed(const char* from, const char* to) {
  std::string text = absl::StrReplaceAll(kArpa, {{from, to}});
  EXPECT_NE(text, kArpa) << from;
  return text;
}

TEST(ArpaTest, SortsWordsBehindTheSymbolsAndTakesNaturalLogarithms) {
  const auto model = Read(kArpa);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->vocabulary,
              ElementsAre("<unk>", "<s>", "</s>", "ant", "zoo"));
  ASSERT_EQ(model->order(), 2);
  EXPECT_FLOAT_EQ(model->ngrams[0][4].log_probability,
                  -1.5f * std::numbers::ln10_v<float>);
  EXPECT_FLOAT_EQ(model->ngrams[0][4].backoff,
                  -0.25f * std::numbers::ln10_v<float>);
  EXPECT_EQ(model->ngrams[0][3].backoff, 0.0f);
  ASSERT_EQ(model->ngrams[1].size(), 2u);
  EXPECT_THAT(model->ngrams[1][0].words, ElementsAre(1, 4, 0));
  EXPECT_THAT(model->ngrams[1][1].words, ElementsAre(4, 3, 0));
}

TEST(ArpaTest, UnknownWordIsAddedOrFoundUnderItsOtherName) {
  std::string text = Changed("-1.0\t<unk>\n", "");
  text = absl::StrReplaceAll(text, {{"1=5", "1=4"}});
  const auto without = Read(text);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->vocabulary[0], "<unk>");
  EXPECT_FLOAT_EQ(without->ngrams[0][0].log_probability,
                  -100.0f * std::numbers::ln10_v<float>);
  const auto upper = Read(Changed("<unk>", "<UNK>"));
  ASSERT_TRUE(upper.ok()) << upper.status();
  EXPECT_EQ(upper->vocabulary[0], "<unk>");
}

TEST(ArpaTest, ErrorsNameTheLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 0: the file ends, \\data\\ expected"},
      {Changed("\\data\\", "data"), "line 2: \"data\""},
      {Changed("ngram 2=2", "ngram 3=2"), "line 4: "},
      {Changed("ngram 2=2", "ngram 2=2\nngram 3=1\nngram 4=1"),
       "line 6: n-grams of order 4, at most 3 are supported"},
      {Changed("ngram 1=5", "ngram 1=6"),
       "line 13: 5 n-grams of order 1, 6 announced"},
      {Changed("ngram 1=5", "ngram 1=4"), "line 11: \"-0.75"},
      {Changed("ngram 2=2", "ngram 2=3"),
       "line 17: 2 n-grams of order 2, 3 announced"},
      {Changed("\\2-grams:", "\\3-grams:"), "line 13: "},
      {Changed("-2\t</s>", "nan\t</s>"), "line 10: log10 P is \"nan\""},
      {Changed("-2\t</s>", "-inf\t</s>"), "line 10: log10 P is \"-inf\""},
      {Changed("-2\t</s>", "0.5\t</s>"), "line 10: log10 P is 0.5"},
      {Changed("-0.5\n-1.5", "x\n-1.5"), "line 8: back-off weight is \"x\""},
      {Changed("-0.5\t<s> zoo", "-0.5\t<s> zoo\t-1"), "line 14: 4 fields"},
      {Changed("-0.5\t<s> zoo", "-0.5\tzoo"), "line 14: 2 fields"},
      {Changed("<s> zoo", "<s> cow"), "line 14: \"cow\" is not among"},
      {Changed("<s> zoo", "zoo ant"), "comes twice"},
      {Changed("\tant\n", "\tzoo\n"), "\"zoo\" comes twice"},
      {Changed("-2\t</s>\n", "-2\tcow\n"), "order 1 is </s>"},
      {Changed("\\end\\", ""), "line 17: the file ends"},
      {Changed("\\end\\\n", "\\end\\\nmore\n"), "\"more\" behind"},
      {Changed("zoo\t-0.25", "\xFF\t-0.25"), "line 9: a word is not UTF-8"},
  };
  for (const auto& [text, message] : cases) {
    const auto model = Read(text);
    ASSERT_FALSE(model.ok()) << message;
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(model.status().message()), HasSubstr(message));
  }
}

TEST(ArpaTest, NgramWithoutItsContextIsRefused) {
  const std::string text = absl::StrReplaceAll(
      kArpa, {{"ngram 2=2\n", "ngram 2=2\nngram 3=1\n"},
              {"\\end\\", "\\3-grams:\n-1\tant zoo ant\n\n\\end\\"}});
  const auto model = Read(text);
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("line 19: its context is not among"));
}

}  // namespace
}  // namespace oido::model
