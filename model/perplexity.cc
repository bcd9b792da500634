// Adds up what a language model scores for the sentences of a text.
#include "model/perplexity.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace oido::model {

double TextFit::Perplexity() const {
  const uint64_t scored = words - unknown_words + sentences;
  return scored == 0 ? 1.0
                     : std::exp(-log_probability / static_cast<double>(scored));
}

double TextFit::UnknownShare() const {
  return words == 0
             ? 0.0
             : static_cast<double>(unknown_words) / static_cast<double>(words);
}

TextFit MeasureText(const LanguageModel& model, std::istream& in) {
  TextFit fit;
  std::string line;
  while (std::getline(in, line)) {
    const std::vector<absl::string_view> spellings =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (spellings.empty()) continue;
    LmState state = model.Begin();
    for (const absl::string_view spelling : spellings) {
      const WordId word = model.Find(spelling).value_or(kUnknownWord);
      const float score = model.Score(state, word, &state);
      ++fit.words;
      if (word == kUnknownWord) {
        ++fit.unknown_words;
      } else {
        fit.log_probability += double{score};
      }
    }
    fit.log_probability += double{model.EndScore(state)};
    ++fit.sentences;
  }
  return fit;
}

}  // namespace oido::model
