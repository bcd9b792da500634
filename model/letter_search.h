// Beam search over letter log-probabilities for words of any spelling.
#ifndef OIDO_MODEL_LETTER_SEARCH_H_
#define OIDO_MODEL_LETTER_SEARCH_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/beam_search.h"
#include "model/bundle.h"

namespace oido::model {

// Over the tokens of a bundle, without a lexicon. A hypothesis is everything
// that it has spelled; a unit is a token or the end of a word.
//
// A word that ends adds lm_weight * ln P of the bundle's language model +
// word_insertion. A word that the language model lacks is one of as many as it
// knows (as with hot words). Bundles without one: lm_weight is not used.
class LetterSearch final : public BeamSearch {
 public:
  LetterSearch(std::shared_ptr<const Bundle> bundle,
               const WordSearchOptions& options);

  void EndWords() override;
  bool EndsWord(const FoundWord& unit) const override {
    return unit.word == word_end_;
  }
  // A word's confidence is the geometric mean of its letters' probabilities.
  std::vector<SpelledWord> Spell(
      absl::Span<const FoundWord> units) const override;

  size_t size_bytes() const override;

 private:
  void Extend(const BeamHypothesis& from, Step& step) const override;
  void NameNewUnits(const Step& step) override;
  float EndingScore(const BeamHypothesis& hypothesis,
                    Ending ending) const override;
  // nullptr: none.
  const FoundWord* LastUnit(WordHistory::Index units) const;
  bool WordOpen(WordHistory::Index units) const;
  // Lasts until the next call.
  absl::string_view OpenWord(WordHistory::Index units) const;
  // Of the open word; `*state` becomes that behind it.
  float WordScore(WordHistory::Index units, LmState* state) const;
  WordHistory::Index AppendEnd(WordHistory::Index units);

  const std::shared_ptr<const Bundle> bundle_;
  const WordId word_end_;     // behind the ids of the tokens
  mutable std::string text_;  // OpenWord's
};

}  // namespace oido::model

#endif  // OIDO_MODEL_LETTER_SEARCH_H_
