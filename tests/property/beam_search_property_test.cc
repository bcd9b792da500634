// The beam search against all paths through all sentences, on tiny cases.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/beam_search.h"
#include "tests/support/word_search.h"

namespace oido::model {
namespace {

using Sentence = std::vector<std::string>;
using LogProbs = std::vector<std::vector<float>>;  // [steps, phones]

const std::vector<std::string> kPhones = {"<blank>", "p", "q"};
const std::vector<std::string> kWords = {"one", "six", "ten", "two"};
constexpr double kLn10 = 2.302585092994046;

// ln(e^a + e^b).
double Sum(double a, double b) {
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

// A trigram model in which every n-gram has a value of its own, so that no two
// histories of two words are the same to it.
struct RandomModel {
  explicit RandomModel(std::mt19937& random) {
    std::uniform_real_distribution<double> log10_p(-2.0, -0.01);
    std::vector<std::string> next = kWords;
    next.push_back("</s>");
    std::vector<Sentence> contexts = {{"<s>"}};
    for (const std::string& word : kWords) contexts.push_back({word});
    std::string bigrams;
    std::string trigrams;
    int bigram_count = 0;
    int trigram_count = 0;
    for (const Sentence& context : contexts) {
      for (const std::string& word : next) {
        Sentence ngram = {context[0], word};
        values[ngram] = log10_p(random);
        absl::StrAppend(&bigrams, values[ngram], "\t",
                        absl::StrJoin(ngram, " "),
                        word == "</s>" ? "\n" : "\t-0.3\n");
        ++bigram_count;
        for (const std::string& last : next) {
          if (word == "</s>") continue;
          ngram = {context[0], word, last};
          values[ngram] = log10_p(random);
          absl::StrAppend(&trigrams, values[ngram], "\t",
                          absl::StrJoin(ngram, " "), "\n");
          ++trigram_count;
        }
      }
    }
    arpa = absl::StrCat("\\data\\\nngram 1=7\nngram 2=", bigram_count,
                        "\nngram 3=", trigram_count, "\n\n\\1-grams:\n",
                        "-2\t<unk>\n-99\t<s>\t-0.2\n-1\t</s>\n");
    for (const std::string& word : kWords)
      absl::StrAppend(&arpa, log10_p(random), "\t", word, "\t-0.4\n");
    absl::StrAppend(&arpa, "\n\\2-grams:\n", bigrams, "\n\\3-grams:\n",
                    trigrams, "\n\\end\\\n");
  }

  // ln P of the sentence with its end; sentences of at most two words are in
  // the model as they are.
  double Score(const Sentence& sentence) const {
    Sentence all = {"<s>"};
    all.insert(all.end(), sentence.begin(), sentence.end());
    all.push_back("</s>");
    double score = 0.0;
    for (size_t end = 2; end <= all.size(); ++end) {
      const size_t begin = end > 3 ? end - 3 : 0;
      score += values.at(Sentence(all.begin() + begin, all.begin() + end));
    }
    return score * kLn10;
  }

  std::map<Sentence, double> values;  // log10 P of bigrams and trigrams
  std::string arpa;
};

// Each word has two phones, some words a second pronunciation; homophones are
// common.
std::multimap<std::string, std::string> RandomLexicon(std::mt19937& random) {
  const std::vector<std::string> sounds = {"pp", "pq", "qp", "qq", "ppq"};
  std::multimap<std::string, std::string> lexicon;  // sound -> word
  for (const std::string& word : kWords) {
    const std::string first = sounds[random() % sounds.size()];
    lexicon.emplace(first, word);
    const std::string second = sounds[random() % sounds.size()];
    if (second != first && random() % 2 == 0) lexicon.emplace(second, word);
  }
  return lexicon;
}

// "pq" as "p q".
std::string Spaced(const std::string& sound) {
  std::string result;
  for (const char phone : sound)
    absl::StrAppend(&result, std::string(1, phone), " ");
  return result;
}

class Everything {
 public:
  Everything(const RandomModel& language_model,
             const std::multimap<std::string, std::string>& lexicon,
             const WordSearchOptions& options)
      : language_model_(language_model), lexicon_(lexicon), options_(options) {}

  // Score of every sentence that has a path.
  std::map<Sentence, double> Scores(const LogProbs& log_probs) {
    std::map<std::string, double> sounds;
    AddPaths(log_probs, 0, "", '\0', 0.0, &sounds);
    for (const auto& [sound, score] : sounds) AddSentences(sound, {}, score);
    return std::move(scores_);
  }

 private:
  // `last`: the phone of the step before, '\0' after a blank.
  void AddPaths(const LogProbs& log_probs, size_t step,
                const std::string& sound, char last, double score,
                std::map<std::string, double>* sounds) const {
    if (step == log_probs.size()) {
      const auto [place, is_new] = sounds->emplace(sound, score);
      if (!is_new) place->second = Sum(place->second, score);
      return;
    }
    const std::vector<float>& row = log_probs[step];
    AddPaths(log_probs, step + 1, sound, '\0',
             score + double{row[0]} - double{options_.blank_penalty}, sounds);
    for (size_t phone = 1; phone < row.size(); ++phone) {
      const char name = kPhones[phone][0];
      AddPaths(log_probs, step + 1, name == last ? sound : sound + name, name,
               score + double{row[phone]}, sounds);
    }
  }

  void AddSentences(const std::string& rest, const Sentence& sentence,
                    double score) {
    if (rest.empty()) {
      const double total =
          score + double{options_.lm_weight} * language_model_.Score(sentence) +
          double{options_.word_insertion} *
              static_cast<double>(sentence.size());
      const auto [place, is_new] = scores_.emplace(sentence, total);
      if (!is_new) place->second = Sum(place->second, total);
      return;
    }
    for (const auto& [sound, word] : lexicon_) {
      if (rest.compare(0, sound.size(), sound) != 0) continue;
      Sentence longer = sentence;
      longer.push_back(word);
      AddSentences(rest.substr(sound.size()), longer, score);
    }
  }

  const RandomModel& language_model_;
  const std::multimap<std::string, std::string>& lexicon_;
  const WordSearchOptions options_;
  std::map<Sentence, double> scores_;
};

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
      absl::StrAppend(&text, word, " ", Spaced(sound), "\n");
    resources_ = test::MakeWordSearch(model_.arpa, text, kPhones, options_);
  }

  Sentence Words(const BeamSearch& search, WordHistory::Index words) const {
    std::vector<FoundWord> found;
    search.history().AppendWords(WordHistory::kStart, words, &found);
    Sentence sentence;
    for (const FoundWord& word : found)
      sentence.emplace_back(resources_->language_model->Word(word.word));
    return sentence;
  }

  std::mt19937 random_{GetParam()};
  RandomModel model_{random_};
  std::multimap<std::string, std::string> lexicon_ = RandomLexicon(random_);
  WordSearchOptions options_;
  std::shared_ptr<const DecoderResources> resources_;
};

// Five steps hold two words at most: no two sentences have the same future, so
// the search must find every one with the sum of its paths.
TEST_P(BeamSearchPropertyTest, AWideBeamFindsEverySentenceWithItsScore) {
  const LogProbs log_probs = RandomSteps(random_, 1 + random_() % 5);
  const auto expected =
      Everything(model_, lexicon_, options_).Scores(log_probs);

  BeamSearch search(resources_, options_);
  BeamScratch scratch;
  for (const auto& row : log_probs) search.Advance(row, scratch);
  const auto found = search.Alternatives(BeamSearch::Ending::kSentence, 1000);

  ASSERT_EQ(found.size(), expected.size()) << "seed " << GetParam();
  const double best = expected.at(Words(search, found.front().words));
  for (const BeamSearch::Alternative& alternative : found) {
    const Sentence words = Words(search, alternative.words);
    ASSERT_TRUE(expected.count(words)) << absl::StrJoin(words, " ");
    EXPECT_NEAR(alternative.score - found.front().score,
                expected.at(words) - best, 2e-3)
        << absl::StrJoin(words, " ") << ", seed " << GetParam();
    EXPECT_LE(expected.at(words), best + 2e-3) << "seed " << GetParam();
  }
  EXPECT_EQ(Words(search, search.Best(BeamSearch::Ending::kSentence)),
            Words(search, found.front().words));
}

// As many steps of certain silence as one likes, before, between and behind.
TEST_P(BeamSearchPropertyTest, CertainBlanksLeaveTheScoresAlone) {
  LogProbs log_probs = RandomSteps(random_, 1 + random_() % 4);
  const std::vector<float> silence = {-1e-5f, -13.0f, -13.0f};
  log_probs.insert(log_probs.begin() + random_() % (log_probs.size() + 1),
                   silence);
  const auto expected =
      Everything(model_, lexicon_, options_).Scores(log_probs);

  BeamSearch search(resources_, options_);
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

INSTANTIATE_TEST_SUITE_P(Seeds, BeamSearchPropertyTest,
                         testing::Range(1u, 101u));

}  // namespace
}  // namespace oido::model
