// Properties of greedy CTC decoding on random log-probabilities.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/ctc_greedy.h"
#include "tests/support/decoder_bundle.h"

namespace oido::model {
namespace {

constexpr char kTokens[] = "<blank>\n▁\na\nb\n▁c\ndd\n";
const std::vector<std::string> kSpellings = {"", " ", "a", "b", " c", "dd"};

using LogProbs = std::vector<std::vector<float>>;  // [steps, tokens]

LogProbs RandomLogProbs(std::mt19937& random, size_t steps) {
  std::uniform_real_distribution<float> logit(-3.0f, 0.0f);
  LogProbs result(steps, std::vector<float>(kSpellings.size()));
  for (auto& row : result) {
    for (float& value : row) value = logit(random);
    // Half of the steps repeat the one before, so that runs are common.
    if (&row != &result.front() && random() % 2 == 0) row = *(&row - 1);
  }
  return result;
}

// Best path decoding over the whole matrix at once: winners, runs collapsed,
// blanks dropped, spaces squeezed.
std::string BruteForce(const LogProbs& log_probs) {
  std::vector<size_t> path;
  for (const auto& row : log_probs) {
    size_t best = 0;
    for (size_t token = 1; token < row.size(); ++token) {
      if (row[token] > row[best]) best = token;
    }
    path.push_back(best);
  }
  path.erase(std::unique(path.begin(), path.end()), path.end());
  std::string text;
  for (const size_t token : path) absl::StrAppend(&text, kSpellings[token]);
  std::string squeezed;
  for (const char c : text) {
    if (c != ' ' || (!squeezed.empty() && squeezed.back() != ' '))
      squeezed += c;
  }
  if (!squeezed.empty() && squeezed.back() == ' ') squeezed.pop_back();
  return squeezed;
}

DecoderOptions Options() {
  DecoderOptions options;
  options.step_ms = 40;
  options.emission_delay_ms = 130;
  return options;
}

class CtcGreedyPropertyTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  std::mt19937 random_{GetParam()};
  std::shared_ptr<const Bundle> bundle_ =
      test::DecoderBundle(kTokens, Options());
};

TEST_P(CtcGreedyPropertyTest, AgreesWithCollapsingTheWholeMatrix) {
  const LogProbs log_probs = RandomLogProbs(random_, 1 + random_() % 60);
  CtcGreedyDecoder decoder(bundle_);
  for (const auto& row : log_probs) decoder.Advance(row);
  EXPECT_EQ(Text(decoder.Finalize()), BruteForce(log_probs))
      << "seed " << GetParam();
}

TEST_P(CtcGreedyPropertyTest, PartialsOnlyGrow) {
  const LogProbs log_probs = RandomLogProbs(random_, 60);
  CtcGreedyDecoder decoder(bundle_);
  Hypothesis before;
  for (const auto& row : log_probs) {
    decoder.Advance(row);
    const Hypothesis now = decoder.Partial();
    EXPECT_EQ(Text(now).rfind(Text(before), 0), 0u) << "seed " << GetParam();
    const size_t closed = before.words.size() - (before.last_word_open ? 1 : 0);
    for (size_t i = 0; i < closed; ++i) {
      EXPECT_EQ(now.words[i].text, before.words[i].text)
          << "seed " << GetParam();
      EXPECT_EQ(now.words[i].end_ms, before.words[i].end_ms)
          << "seed " << GetParam();
    }
    before = now;
  }
}

TEST_P(CtcGreedyPropertyTest, TimesRiseAndConfidencesAreProbabilities) {
  const LogProbs log_probs = RandomLogProbs(random_, 80);
  CtcGreedyDecoder decoder(bundle_);
  int time_ms = 0;
  for (const auto& row : log_probs) {
    decoder.Advance(row);
    if (random_() % 8 != 0) continue;
    for (const Word& word : decoder.Finalize().words) {
      EXPECT_GE(word.start_ms, time_ms) << "seed " << GetParam();
      EXPECT_GE(word.end_ms, word.start_ms) << "seed " << GetParam();
      EXPECT_GT(word.confidence, 0.0f) << "seed " << GetParam();
      EXPECT_LE(word.confidence, 1.0f) << "seed " << GetParam();
      time_ms = word.end_ms;
    }
  }
}

// Cutting into utterances loses and invents no letter.
TEST_P(CtcGreedyPropertyTest, FinalizeAnywhereKeepsEveryLetter) {
  const LogProbs log_probs = RandomLogProbs(random_, 80);
  CtcGreedyDecoder whole(bundle_);
  CtcGreedyDecoder cut(bundle_);
  std::string letters;
  const auto add_letters = [&letters](const Hypothesis& hypothesis) {
    for (const Word& word : hypothesis.words) letters += word.text;
  };
  for (const auto& row : log_probs) {
    whole.Advance(row);
    cut.Advance(row);
    if (random_() % 5 == 0) add_letters(cut.Finalize());
  }
  add_letters(cut.Finalize());
  std::string expected;
  for (const Word& word : whole.Finalize().words) expected += word.text;
  EXPECT_EQ(letters, expected) << "seed " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Seeds, CtcGreedyPropertyTest,
                         ::testing::Range(1u, 101u));

}  // namespace
}  // namespace oido::model
