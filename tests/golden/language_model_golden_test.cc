// Scores of a small pruned model equal KenLM's.
//
// tests/data/decoder/scores.tsv: KenLM (PyPI kenlm 0.3.0) on tiny.arpa, by
// tests/golden/generate_language_model.py. Tolerance: both add float32 of at
// most a few units; KenLM's are base-10 logarithms.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "model/perplexity.h"
#include "tests/support/decoder_files.h"

namespace oido::model {
namespace {

constexpr float kTolerance = 1e-5f;

struct Line {
  std::string start;
  std::vector<std::string> words;
  std::vector<float> log10;  // one more than words: </s>
};

std::vector<Line> GoldenLines() {
  std::vector<Line> lines;
  for (const absl::string_view text :
       absl::StrSplit(test::ReadFile("tests/data/decoder/scores.tsv"), '\n',
                      absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(text, '\t');
    Line line{
        parts.at(0), absl::StrSplit(parts.at(1), ' ', absl::SkipEmpty()), {}};
    for (const absl::string_view number : absl::StrSplit(parts.at(2), ' ')) {
      line.log10.emplace_back();
      EXPECT_TRUE(absl::SimpleAtof(number, &line.log10.back()));
    }
    EXPECT_EQ(line.log10.size(), line.words.size() + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

// The model has fewer n-grams of an order than a codebook has bins, so 8 bits
// lose nothing here.
class LanguageModelGoldenTest : public ::testing::TestWithParam<LmValues> {};

TEST_P(LanguageModelGoldenTest, EveryWordScoresAsKenLmDoes) {
  const test::TempDir directory;
  const auto model =
      test::MakeLanguageModel(test::TestArpa(), directory, GetParam());
  const std::vector<Line> lines = GoldenLines();
  ASSERT_GT(lines.size(), 100u);
  for (const Line& line : lines) {
    LmState state = line.start == "begin" ? model->Begin() : model->Empty();
    for (size_t i = 0; i < line.words.size(); ++i) {
      const WordId word = model->Find(line.words[i]).value_or(kUnknownWord);
      const float score = model->Score(state, word, &state);
      EXPECT_NEAR(score / std::numbers::ln10_v<float>, line.log10[i],
                  kTolerance)
          << line.words[i];
    }
    EXPECT_NEAR(model->EndScore(state) / std::numbers::ln10_v<float>,
                line.log10.back(), kTolerance);
  }
}

TEST_P(LanguageModelGoldenTest, PerplexityIsThatOfKnownWordsAndEnds) {
  const test::TempDir directory;
  const auto model =
      test::MakeLanguageModel(test::TestArpa(), directory, GetParam());
  std::string text;
  double log10 = 0.0;
  int scored = 0;
  int words = 0;
  int unknown = 0;
  for (const Line& line : GoldenLines()) {
    if (line.start != "begin" || line.words.empty()) continue;
    text += absl::StrJoin(line.words, " ") + "\n";
    for (size_t i = 0; i < line.log10.size(); ++i) {
      const bool is_end = i == line.words.size();
      const bool is_known = is_end || model->Find(line.words[i]) > kUnknownWord;
      if (!is_end) ++words;
      if (!is_known) ++unknown;
      if (is_known) ++scored;
      if (is_known) log10 += double{line.log10[i]};
    }
  }
  std::istringstream in(text);
  const TextFit fit = MeasureText(*model, in);
  EXPECT_NEAR(fit.Perplexity(), std::pow(10.0, -log10 / scored), 1e-3);
  EXPECT_NEAR(fit.UnknownShare(), static_cast<double>(unknown) / words, 1e-9);
  EXPECT_GT(unknown, 10);
}

INSTANTIATE_TEST_SUITE_P(Values, LanguageModelGoldenTest,
                         ::testing::Values(LmValues::kExact,
                                           LmValues::kQuantised));

}  // namespace
}  // namespace oido::model
