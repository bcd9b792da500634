// The beam search against all paths through all sentences, on tiny cases.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/hot_words.h"
#include "model/word_search.h"
#include "tests/support/every_sentence.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

using test::kNewWord;
using test::kPhones;
using test::kWords;
using test::LogProbs;
using test::RandomModel;
using test::Sentence;

LogProbs RandomSteps(std::mt19937& random, size_t steps) {
  std::uniform_real_distribution<float> logit(-4.0f, 0.0f);
  LogProbs result(steps, std::vector<float>(kPhones.size()));
  for (auto& row : result) {
    float sum = kNoScore;
    for (float& value : row) {
      value = logit(random);
      sum = LogAdd(sum, value);
    }
    for (float& value : row) value -= sum;
  }
  return result;
}

class BeamSearchPropertyTest : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    std::uniform_real_distribution<float> weight(-1.5f, 1.5f);
    options_.lm_weight = 0.2f + std::abs(weight(random_));
    options_.word_insertion = weight(random_);
    options_.blank_penalty = weight(random_);
    options_.beam_size = 1024;
    options_.beam_threshold = 1000.0f;
    std::string text;
    for (const auto& [sound, word] : lexicon_)
      absl::StrAppend(&text, word, " ", test::Spaced(sound), "\n");
    resources_ = test::MakeWordSearch(model_.arpa, text, kPhones, options_);
  }

  Sentence Words(const WordSearch& search, WordHistory::Index words) const {
    std::vector<FoundWord> found;
    search.history().AppendWords(WordHistory::kStart, words, &found);
    Sentence sentence;
    for (const FoundWord& word : found)
      sentence.emplace_back(search.Spelling(word.word));
    return sentence;
  }

  std::map<Sentence, double> Expected(const LogProbs& log_probs) const {
    return test::Everything(model_, lexicon_, options_, phrases_)
        .Scores(log_probs);
  }

  // Half of all phrases of one and two of `words`, with random boosts.
  void MakePhrases(const Sentence& words) {
    std::uniform_real_distribution<double> boost(0.0, 5.0);
    for (const std::string& first : words) {
      if (random_() % 2 == 0) phrases_[{first}] = boost(random_);
      for (const std::string& second : words) {
        if (random_() % 2 == 0) phrases_[{first, second}] = boost(random_);
      }
    }
  }

  WordSearch MakeSearch(
      absl::Span<const WantedPronunciation> pronunciations) const {
    std::vector<WantedPhrase> wanted;
    for (const auto& [words, boost] : phrases_)
      wanted.push_back({words, static_cast<float>(boost)});
    auto hot_words = HotWords::Create(resources_, options_.lm_weight, wanted,
                                      pronunciations);
    EXPECT_TRUE(hot_words.ok()) << hot_words.status();
    return WordSearch(resources_, options_, *std::move(hot_words));
  }

  // What the search has found, best first, is what was expected of it.
  void ExpectScores(const WordSearch& search,
                    const std::vector<BeamSearch::Alternative>& found,
                    const std::map<Sentence, double>& expected) const {
    ASSERT_EQ(found.empty(), expected.empty()) << "seed " << GetParam();
    if (found.empty()) return;
    double best = kNoScore;
    for (const auto& [words, score] : expected) best = std::max(best, score);
    for (const BeamSearch::Alternative& alternative : found) {
      const Sentence words = Words(search, alternative.words);
      ASSERT_TRUE(expected.count(words)) << absl::StrJoin(words, " ");
      EXPECT_NEAR(alternative.score - found.front().score,
                  expected.at(words) - best, 2e-3)
          << absl::StrJoin(words, " ") << ", seed " << GetParam();
    }
    EXPECT_EQ(Words(search, search.Best(BeamSearch::Ending::kSentence)),
              Words(search, found.front().words));
  }

  std::mt19937 random_{GetParam()};
  RandomModel model_{random_};
  std::multimap<std::string, std::string> lexicon_ =
      test::RandomLexicon(random_);
  test::Phrases phrases_;
  WordSearchOptions options_;
  std::shared_ptr<const DecoderResources> resources_;
};

// Five steps hold two words at most: no two sentences have the same future, so
// the search must find every one with the sum of its paths.
TEST_P(BeamSearchPropertyTest, AWideBeamFindsEverySentenceWithItsScore) {
  const LogProbs log_probs = RandomSteps(random_, 1 + random_() % 5);
  const auto expected = Expected(log_probs);

  WordSearch search(resources_, options_);
  BeamScratch scratch;
  for (const auto& row : log_probs) search.Advance(row, scratch);
  const auto found = search.Alternatives(BeamSearch::Ending::kSentence, 1000);

  ASSERT_EQ(found.size(), expected.size()) << "seed " << GetParam();
  ExpectScores(search, found, expected);
}

TEST_P(BeamSearchPropertyTest, HotPhrasesAddTheirBoostAndNothingElse) {
  MakePhrases(kWords);
  const LogProbs log_probs = RandomSteps(random_, 1 + random_() % 5);
  const auto expected = Expected(log_probs);

  WordSearch search = MakeSearch({});
  BeamScratch scratch;
  for (const auto& row : log_probs) search.Advance(row, scratch);
  const auto found = search.Alternatives(BeamSearch::Ending::kSentence, 1000);

  ASSERT_EQ(found.size(), expected.size()) << "seed " << GetParam();
  ExpectScores(search, found, expected);
}

// Behind a word that it does not know the language model has forgotten what
// came before; phrases of three words keep the sentences apart.
TEST_P(BeamSearchPropertyTest, NewWordsAndPronunciationsAreFoundToo) {
  Sentence words = kWords;
  words.push_back(kNewWord);
  MakePhrases(words);
  for (const std::string& word : words)
    phrases_[{word, kNewWord, kWords[0]}] = 0.0;
  const std::vector<WantedPronunciation> pronunciations = {
      {kNewWord, "p1 q q"}, {kNewWord, "q p"}, {kWords[0], "q q p"}};
  lexicon_.insert({{"pqq", kNewWord}, {"qp", kNewWord}, {"qqp", kWords[0]}});
  const LogProbs log_probs = RandomSteps(random_, 1 + random_() % 5);
  const auto expected = Expected(log_probs);

  WordSearch search = MakeSearch(pronunciations);
  BeamScratch scratch;
  for (const auto& row : log_probs) search.Advance(row, scratch);
  const auto found = search.Alternatives(BeamSearch::Ending::kSentence, 1000);

  ASSERT_EQ(found.size(), expected.size()) << "seed " << GetParam();
  ExpectScores(search, found, expected);
}

// As many steps of certain silence as one likes, before, between and behind.
TEST_P(BeamSearchPropertyTest, CertainBlanksLeaveTheScoresAlone) {
  LogProbs log_probs = RandomSteps(random_, 1 + random_() % 4);
  const std::vector<float> silence = {-1e-5f, -13.0f, -13.0f};
  log_probs.insert(log_probs.begin() + random_() % (log_probs.size() + 1),
                   silence);
  const auto expected = Expected(log_probs);

  WordSearch search(resources_, options_);
  BeamScratch scratch;
  for (const auto& row : log_probs) {
    for (int i = 0; i < (row == silence ? 3 : 1); ++i)
      search.Advance(row, scratch);
  }
  const auto found = search.Alternatives(BeamSearch::Ending::kSentence, 3);
  const double best = expected.at(Words(search, found.front().words));
  for (const BeamSearch::Alternative& alternative : found) {
    EXPECT_NEAR(alternative.score - found.front().score,
                expected.at(Words(search, alternative.words)) - best, 5e-3)
        << "seed " << GetParam();
  }
}

// Behind the first certain blank such steps make no candidates, and that one
// makes none but the hypotheses themselves.
TEST_P(BeamSearchPropertyTest, CertainBlanksAreNotSearched) {
  const std::vector<float> silence = {-1e-5f, -13.0f, -13.0f};
  WordSearch search(resources_, options_);
  BeamScratch speech;
  for (const auto& row : RandomSteps(random_, 8)) search.Advance(row, speech);
  BeamScratch first;
  search.Advance(silence, first);
  EXPECT_LE(first.candidates().size(), speech.ranks().size());
  EXPECT_FALSE(first.candidates().empty());
  BeamScratch next;
  for (int i = 0; i < 100; ++i) search.Advance(silence, next);
  EXPECT_TRUE(next.candidates().empty());
  EXPECT_EQ(search.steps(), 109);
}

// Above the threshold a step is a blank and nothing else, below it counts
// whole.
TEST_P(BeamSearchPropertyTest, TheSkipThresholdDecidesWhatIsABlankToAll) {
  LogProbs log_probs = RandomSteps(random_, 1 + random_() % 4);
  log_probs.insert(log_probs.begin() + random_() % (log_probs.size() + 1),
                   {std::log(0.9f), std::log(0.06f), std::log(0.04f)});
  for (const float threshold : {0.89f, 0.91f}) {
    LogProbs counted = log_probs;
    for (auto& row : counted) {
      if (std::exp(row[0]) > threshold) row = {row[0], -1000.0f, -1000.0f};
    }
    options_.blank_skip_threshold = threshold;
    WordSearch search(resources_, options_);
    BeamScratch scratch;
    for (const auto& row : log_probs) search.Advance(row, scratch);
    ExpectScores(search, search.Alternatives(BeamSearch::Ending::kSentence, 3),
                 Expected(counted));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BeamSearchPropertyTest,
                         testing::Range(1u, 101u));

}  // namespace
}  // namespace oido::model
