// All sentences that tiny models of sounds and words allow, with their scores:
// what a beam search must find.
#ifndef OIDO_TESTS_SUPPORT_EVERY_SENTENCE_H_
#define OIDO_TESTS_SUPPORT_EVERY_SENTENCE_H_

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/decoder_resources.h"

namespace oido::test {

using Sentence = std::vector<std::string>;
using LogProbs = std::vector<std::vector<float>>;  // [steps, phones]

inline const std::vector<std::string> kPhones = {"<blank>", "p", "q"};
inline const std::vector<std::string> kWords = {"one", "six", "ten", "two"};
inline const std::string kNewWord = "new";  // to model and lexicon
inline constexpr double kLn10 = 2.302585092994046;

// ln(e^a + e^b).
inline double Sum(double a, double b) {
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
    values[{"<unk>"}] = -2.0;
    values[{"</s>"}] = -1.0;
    for (const std::string& word : kWords) {
      values[{word}] = log10_p(random);
      absl::StrAppend(&arpa, values[{word}], "\t", word, "\t-0.4\n");
    }
    absl::StrAppend(&arpa, "\n\\2-grams:\n", bigrams, "\n\\3-grams:\n",
                    trigrams, "\n\\end\\\n");
  }

  // ln P of the sentence with its end; words it does not know are <unk>.
  double Score(const Sentence& sentence) const {
    Sentence all = {"<s>"};
    for (const std::string& word : sentence)
      all.push_back(values.count({word}) != 0 ? word : "<unk>");
    all.push_back("</s>");
    double score = 0.0;
    for (size_t end = 2; end <= all.size(); ++end) {
      const size_t begin = end > 3 ? end - 3 : 0;
      score += Ngram(Sentence(all.begin() + begin, all.begin() + end));
    }
    return score * kLn10;
  }

  // log10 P of the last word behind the others.
  double Ngram(const Sentence& ngram) const {
    if (const auto found = values.find(ngram); found != values.end())
      return found->second;
    const Sentence context(ngram.begin(), ngram.end() - 1);
    double backoff = context == Sentence{"<s>"} ? -0.2 : -0.4;
    if (context.size() == 2) backoff = -0.3;
    const bool known = context == Sentence{"<s>"} || values.count(context) != 0;
    return (known && context != Sentence{"<unk>"} ? backoff : 0.0) +
           Ngram(Sentence(ngram.begin() + 1, ngram.end()));
  }

  std::map<Sentence, double> values;  // log10 P of all n-grams
  std::string arpa;
};

// Each word has two phones, some words a second pronunciation; homophones are
// common.
inline std::multimap<std::string, std::string> RandomLexicon(
    std::mt19937& random) {
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
inline std::string Spaced(const std::string& sound) {
  std::string result;
  for (const char phone : sound)
    absl::StrAppend(&result, std::string(1, phone), " ");
  return result;
}

using Phrases = std::map<Sentence, double>;  // boost for each word

// Every occurrence counts.
inline double Bonus(const Sentence& sentence, const Phrases& phrases) {
  double bonus = 0.0;
  for (size_t begin = 0; begin < sentence.size(); ++begin) {
    for (const auto& [phrase, boost] : phrases) {
      if (phrase.size() <= sentence.size() - begin &&
          std::equal(phrase.begin(), phrase.end(), sentence.begin() + begin)) {
        bonus += boost * static_cast<double>(phrase.size());
      }
    }
  }
  return bonus;
}

class Everything {
 public:
  Everything(const RandomModel& language_model,
             const std::multimap<std::string, std::string>& lexicon,
             const model::WordSearchOptions& options, const Phrases& phrases)
      : language_model_(language_model),
        lexicon_(lexicon),
        options_(options),
        phrases_(phrases) {}

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
      // One of as many as the model's words and symbols.
      const double unknown = static_cast<double>(std::count(
                                 sentence.begin(), sentence.end(), kNewWord)) *
                             std::log(static_cast<double>(kWords.size() + 3));
      const double total = score +
                           double{options_.lm_weight} *
                               (language_model_.Score(sentence) - unknown) +
                           double{options_.word_insertion} *
                               static_cast<double>(sentence.size()) +
                           Bonus(sentence, phrases_);
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
  const model::WordSearchOptions options_;
  const Phrases& phrases_;
  std::map<Sentence, double> scores_;
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_EVERY_SENTENCE_H_
