// The search for spellings against all paths of letters, on tiny cases.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "model/letter_search.h"
#include "tests/support/decoder_bundle.h"
#include "tests/support/every_sentence.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

using test::LogProbs;
using test::Sentence;

// "two" and "ten" are words that the language model may know, most others that
// come out of these are none; the last begins a word by itself.
const char kTokens[] = "<blank>\n▁\nt\nwo\n▁en\n";
constexpr size_t kTokenCount = 5;

// Every sentence that has a path, with the sum of its paths.
class EverySpelling {
 public:
  EverySpelling(const Bundle& bundle, const test::RandomModel* language_model,
                const WordSearchOptions& options)
      : bundle_(bundle), language_model_(language_model), options_(options) {}

  std::map<Sentence, double> Scores(const LogProbs& log_probs) {
    AddPaths(log_probs, 0, {}, 0, 0.0);
    for (auto& [sentence, score] : scores_) score += WordScores(sentence);
    return std::move(scores_);
  }

 private:
  // `words`: those so far, the last one open if it is not empty.
  void AddPaths(const LogProbs& log_probs, size_t step, const Sentence& words,
                size_t last, double score) {
    if (step == log_probs.size()) {
      Sentence sentence = words;
      if (!sentence.empty() && sentence.back().empty()) sentence.pop_back();
      const auto [place, is_new] = scores_.emplace(sentence, score);
      if (!is_new) place->second = test::Sum(place->second, score);
      return;
    }
    for (size_t token = 0; token < kTokenCount; ++token) {
      double longer = score + double{log_probs[step][token]};
      if (token == 0) longer -= double{options_.blank_penalty};
      AddPaths(log_probs, step + 1,
               token == 0 || token == last ? words : With(words, token), token,
               longer);
    }
  }

  Sentence With(Sentence words, size_t token) const {
    const Token& spelling = bundle_.tokens[static_cast<int>(token)];
    if (words.empty() || (spelling.begins_word && !words.back().empty()))
      words.emplace_back();
    words.back() += spelling.text;
    return words;
  }

  double WordScores(const Sentence& sentence) const {
    double score =
        double{options_.word_insertion} * static_cast<double>(sentence.size());
    if (language_model_ == nullptr) return score;
    double unknown = 0.0;
    for (const std::string& word : sentence) {
      if (language_model_->values.count({word}) == 0)
        unknown += std::log(static_cast<double>(test::kWords.size() + 3));
    }
    return score + double{options_.lm_weight} *
                       (language_model_->Score(sentence) - unknown);
  }

  const Bundle& bundle_;
  const test::RandomModel* language_model_;
  const WordSearchOptions options_;
  std::map<Sentence, double> scores_;
};

class LetterSearchPropertyTest : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    std::uniform_real_distribution<float> weight(-1.5f, 1.5f);
    options_.lm_weight = 0.2f + std::abs(weight(random_));
    options_.word_insertion = weight(random_);
    options_.blank_penalty = weight(random_);
    options_.beam_size = 4096;
    options_.beam_threshold = 1000.0f;
  }

  LogProbs RandomSteps() {
    std::uniform_real_distribution<float> logit(-4.0f, 0.0f);
    LogProbs result(1 + random_() % 5, std::vector<float>(kTokenCount));
    for (auto& row : result) {
      float sum = kNoScore;
      for (float& value : row) {
        value = logit(random_);
        sum = LogAdd(sum, value);
      }
      for (float& value : row) value -= sum;
    }
    return result;
  }

  std::shared_ptr<Bundle> MakeBundle() const {
    return std::make_shared<Bundle>(*test::DecoderBundle(kTokens, {}));
  }

  void ExpectEverySentence(std::shared_ptr<const Bundle> bundle,
                           const test::RandomModel* language_model) {
    const LogProbs log_probs = RandomSteps();
    const auto expected =
        EverySpelling(*bundle, language_model, options_).Scores(log_probs);
    LetterSearch search(bundle, options_);
    BeamScratch scratch;
    for (const auto& row : log_probs) search.Advance(row, scratch);
    search.EndWords();
    const auto found =
        search.Alternatives(BeamSearch::Ending::kSentence, 1000000);
    ASSERT_EQ(found.size(), expected.size()) << "seed " << GetParam();
    const double best = expected.at(Spelled(search, found.front().words));
    for (const auto& [units, score] : found) {
      const Sentence words = Spelled(search, units);
      ASSERT_TRUE(expected.count(words)) << absl::StrJoin(words, " ");
      EXPECT_NEAR(score - found.front().score, expected.at(words) - best, 2e-3)
          << absl::StrJoin(words, " ") << ", seed " << GetParam();
    }
  }

  static Sentence Spelled(const LetterSearch& search,
                          WordHistory::Index units) {
    std::vector<FoundWord> found;
    search.history().AppendWords(WordHistory::kStart, units, &found);
    Sentence sentence;
    for (const auto& word : search.Spell(found)) sentence.push_back(word.text);
    return sentence;
  }

  std::mt19937 random_{GetParam()};
  WordSearchOptions options_;
};

TEST_P(LetterSearchPropertyTest, AWideBeamFindsEverySpellingWithItsScore) {
  ExpectEverySentence(MakeBundle(), nullptr);
}

TEST_P(LetterSearchPropertyTest, TheLanguageModelScoresWordsKnownAndUnknown) {
  const test::RandomModel language_model(random_);
  const auto bundle = MakeBundle();
  bundle->word_search = test::MakeWordSearch(
      language_model.arpa, "two p\n", test::kPhones, WordSearchOptions());
  ExpectEverySentence(bundle, &language_model);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LetterSearchPropertyTest,
                         testing::Range(1u, 41u));

}  // namespace
}  // namespace oido::model
