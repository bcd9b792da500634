// Random n-gram models, and how the textbook scores with them.
#ifndef OIDO_TESTS_SUPPORT_RANDOM_ARPA_H_
#define OIDO_TESTS_SUPPORT_RANDOM_ARPA_H_

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/arpa.h"

namespace oido::test {

using Words = std::vector<model::WordId>;

// Every n-gram's context is there; its end often is not, as after pruning.
// Some back-off weights are zero, of contexts that go on and of those that do
// not.
inline model::ArpaModel RandomArpa(model::WordId words, int order,
                                   size_t ngrams_of_order, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> probability(-9.0f, -3.0f);
  std::uniform_real_distribution<float> backoff(-1.5f, 1.5f);
  model::ArpaModel arpa;
  for (model::WordId word = 0; word < words; ++word)
    arpa.vocabulary.push_back(absl::StrCat("w", 100000 + word));
  arpa.vocabulary[0] = "<unk>";
  arpa.vocabulary[1] = "<s>";
  arpa.vocabulary[2] = "</s>";
  std::vector<Words> contexts = {{}};
  for (int n = 1; n <= order; ++n) {
    std::map<Words, model::ArpaNgram> found;
    const size_t wanted = n == 1 ? words : ngrams_of_order;
    while (found.size() < wanted) {
      Words key = contexts[random() % contexts.size()];
      key.push_back(n == 1 ? static_cast<model::WordId>(found.size())
                           : static_cast<model::WordId>(random() % words));
      model::ArpaNgram ngram;
      std::copy(key.begin(), key.end(), ngram.words.begin());
      ngram.log_probability = probability(random);
      if (n < order && random() % 3 != 0) ngram.backoff = backoff(random);
      found[key] = ngram;
    }
    contexts.clear();
    arpa.ngrams.emplace_back();
    for (const auto& [key, ngram] : found) {
      arpa.ngrams.back().push_back(ngram);
      // Half of the contexts go on, so that groups have several words.
      if (random() % 2 == 0) contexts.push_back(key);
    }
  }
  return arpa;
}

// Katz's recursion over maps, with the whole history.
class TextbookScorer {
 public:
  explicit TextbookScorer(const model::ArpaModel& arpa) {
    for (size_t n = 1; n <= arpa.ngrams.size(); ++n) {
      for (const model::ArpaNgram& ngram : arpa.ngrams[n - 1])
        ngrams_[Words(ngram.words.begin(), ngram.words.begin() + n)] = ngram;
    }
    order_ = arpa.ngrams.size();
  }

  float Score(Words history, model::WordId word) const {
    if (history.size() >= order_)
      history.erase(history.begin(), history.end() - (order_ - 1));
    Words ngram = history;
    ngram.push_back(word);
    const auto found = ngrams_.find(ngram);
    if (found != ngrams_.end()) return found->second.log_probability;
    const auto context = ngrams_.find(history);
    const float backoff =
        context == ngrams_.end() ? 0.0f : context->second.backoff;
    return Score(Words(history.begin() + 1, history.end()), word) + backoff;
  }

 private:
  std::map<Words, model::ArpaNgram> ngrams_;
  size_t order_ = 0;
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_RANDOM_ARPA_H_
