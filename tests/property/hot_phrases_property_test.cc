// Hot phrases against a search for every phrase at every place.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/hot_phrases.h"

namespace oido::model {
namespace {

class HotPhrasesPropertyTest : public testing::TestWithParam<uint32_t> {
 protected:
  std::vector<WordId> RandomWords(size_t count) {
    std::vector<WordId> words(count);
    for (WordId& word : words)
      word = kFirstRealWord + static_cast<WordId>(random_() % 3);
    return words;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(HotPhrasesPropertyTest, EveryOccurrenceCountsAndWhatBreaksOffDoesNot) {
  std::vector<HotPhrase> phrases;
  for (size_t left = 1 + random_() % 8; left > 0; --left) {
    phrases.push_back(
        {RandomWords(1 + random_() % 4), static_cast<float>(random_() % 10)});
  }
  const HotPhrases automaton(phrases);
  const std::vector<WordId> words = RandomWords(30);

  HotPhrases::State state = HotPhrases::kNone;
  float score = 0.0f;
  float expected = 0.0f;
  for (size_t end = 1; end <= words.size(); ++end) {
    const auto next = automaton.Next(state, words[end - 1]);
    score += automaton.Gain(state, next);
    state = next;
    float begun = 0.0f;
    for (size_t i = 0; i < phrases.size(); ++i) {
      const auto& [phrase, boost] = phrases[i];
      // Of equal phrases the first with the largest boost counts.
      bool counts = true;
      for (size_t k = 0; k < phrases.size(); ++k) {
        if (phrases[k].words == phrase && k != i)
          counts = counts && (phrases[k].boost < boost ||
                              (phrases[k].boost == boost && i < k));
      }
      for (size_t length = 1; length <= std::min(end, phrase.size());
           ++length) {
        if (!std::equal(phrase.begin(), phrase.begin() + length,
                        words.begin() + (end - length))) {
          continue;
        }
        const float value = boost * static_cast<float>(length);
        if (length < phrase.size()) begun = std::max(begun, value);
        if (length == phrase.size() && counts) expected += value;
      }
    }
    ASSERT_FLOAT_EQ(automaton.Begun(state), begun) << "seed " << GetParam();
    ASSERT_FLOAT_EQ(score, expected + begun) << "seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HotPhrasesPropertyTest,
                         testing::Range(1u, 101u));

}  // namespace
}  // namespace oido::model
