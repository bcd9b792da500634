// On random models: scores by the textbook, states that mean the same, and
// what 8 bits may cost.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "tests/support/decoder_files.h"
#include "tests/support/random_arpa.h"

namespace oido::model {
namespace {

using test::Words;

constexpr float kTolerance = 1e-4f;  // order of float32 additions

struct Walk {
  Words history;
  LmState state;
};

// Histories from an empty context, so that the textbook has the same.
std::vector<Walk> RandomWalks(const LanguageModel& model, int count,
                              std::mt19937& random) {
  std::vector<Walk> walks;
  for (int i = 0; i < count; ++i) {
    Walk walk{{}, model.Empty()};
    const size_t length = random() % 6;
    while (walk.history.size() < length) {
      walk.history.push_back(static_cast<WordId>(random() % model.size()));
      model.Score(walk.state, walk.history.back(), &walk.state);
    }
    walks.push_back(walk);
  }
  return walks;
}

class LanguageModelPropertyTest : public ::testing::TestWithParam<int> {};

TEST_P(LanguageModelPropertyTest, ScoresAreTheTextbooks) {
  for (uint32_t seed = 0; seed < 3; ++seed) {
    SCOPED_TRACE(seed);
    const ArpaModel arpa = test::RandomArpa(40, GetParam(), 300, seed);
    const test::TextbookScorer textbook(arpa);
    const test::TempDir directory;
    const auto model =
        test::MakeLanguageModel(arpa, directory, LmValues::kExact);
    std::mt19937 random(seed);
    for (const Walk& walk : RandomWalks(*model, 200, random)) {
      for (WordId word = 0; word < model->size(); ++word) {
        LmState next;
        ASSERT_NEAR(model->Score(walk.state, word, &next),
                    textbook.Score(walk.history, word), kTolerance);
      }
    }
  }
}

TEST_P(LanguageModelPropertyTest, EqualStatesHaveEqualFutures) {
  for (uint32_t seed = 0; seed < 3; ++seed) {
    SCOPED_TRACE(seed);
    const ArpaModel arpa = test::RandomArpa(25, GetParam(), 120, seed);
    const test::TextbookScorer textbook(arpa);
    const test::TempDir directory;
    const auto model =
        test::MakeLanguageModel(arpa, directory, LmValues::kExact);
    std::mt19937 random(seed);
    std::map<std::array<uint32_t, 2>, Words> first;  // history of each state
    int shared = 0;
    for (const Walk& walk : RandomWalks(*model, 400, random)) {
      const auto [entry, is_new] =
          first.emplace(walk.state.context, walk.history);
      if (is_new || entry->second == walk.history) continue;
      ++shared;
      Words one = entry->second;
      Words other = walk.history;
      // All continuations of as many words as a context can hold.
      for (WordId a = 0; a < model->size(); ++a) {
        ASSERT_NEAR(textbook.Score(one, a), textbook.Score(other, a),
                    kTolerance);
        one.push_back(a);
        other.push_back(a);
        for (WordId b = 0; b < model->size(); ++b) {
          ASSERT_NEAR(textbook.Score(one, b), textbook.Score(other, b),
                      kTolerance);
        }
        one.pop_back();
        other.pop_back();
      }
    }
    EXPECT_GT(shared, 50) << "states are hardly ever shared";
  }
}

// The widest of the bins of equally many nonzero values; zero has its own.
float WidestBin(const std::vector<ArpaNgram>& ngrams,
                float ArpaNgram::*member) {
  std::vector<float> values;
  for (const ArpaNgram& ngram : ngrams) {
    if (ngram.*member != 0.0f) values.push_back(ngram.*member);
  }
  std::sort(values.begin(), values.end());
  const size_t bins = values.size() == ngrams.size() ? 256 : 255;
  float widest = 0.0f;
  for (size_t bin = 0; bin < bins; ++bin) {
    const size_t begin = values.size() * bin / bins;
    const size_t end = values.size() * (bin + 1) / bins;
    widest = std::max(widest, values[end - 1] - values[begin]);
  }
  return widest;
}

TEST(QuantisedLanguageModelTest, DiffersByNoMoreThanItsBinsAreWide) {
  const ArpaModel arpa = test::RandomArpa(400, 3, 5000, 1);
  const test::TempDir exact_directory;
  const test::TempDir directory;
  const auto exact =
      test::MakeLanguageModel(arpa, exact_directory, LmValues::kExact);
  const auto quantised =
      test::MakeLanguageModel(arpa, directory, LmValues::kQuantised);
  const float probability =
      std::max(WidestBin(arpa.ngrams[1], &ArpaNgram::log_probability),
               WidestBin(arpa.ngrams[2], &ArpaNgram::log_probability));
  const float backoff = WidestBin(arpa.ngrams[1], &ArpaNgram::backoff);
  const float bound = probability + backoff + kTolerance;
  EXPECT_LT(bound, 0.1f);

  std::mt19937 random(1);
  float largest = 0.0f;
  for (const Walk& walk : RandomWalks(*exact, 500, random)) {
    LmState from = quantised->Empty();
    for (const WordId word : walk.history) quantised->Score(from, word, &from);
    EXPECT_EQ(from, walk.state);
    for (WordId word = 0; word < exact->size(); ++word) {
      LmState to_exact;
      LmState to;
      const float difference =
          std::abs(quantised->Score(from, word, &to) -
                   exact->Score(walk.state, word, &to_exact));
      largest = std::max(largest, difference);
      ASSERT_LE(difference, bound);
      ASSERT_EQ(to, to_exact);
    }
  }
  EXPECT_GT(largest, 0.0f) << "nothing was quantised";
}

INSTANTIATE_TEST_SUITE_P(Orders, LanguageModelPropertyTest,
                         ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace oido::model
