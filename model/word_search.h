// Beam search for words of a lexicon over phone log-probabilities.
#ifndef OIDO_MODEL_WORD_SEARCH_H_
#define OIDO_MODEL_WORD_SEARCH_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/beam_search.h"

namespace oido::model {

class HotWords;

// Through a tree of pronunciations. A hypothesis is a place in the tree and a
// state of the language model; a unit is a word. Between words, and around
// them, there may be any number of blanks.
//
// Each word adds lm_weight * ln P of the language model + word_insertion;
// unfinished words look ahead to the likeliest word they may become.
class WordSearch final : public BeamSearch {
 public:
  // `options`: of `resources`, or what a request has put in their place; valid.
  // `hot_words`: made with both, or nullptr.
  WordSearch(std::shared_ptr<const DecoderResources> resources,
             const WordSearchOptions& options,
             std::shared_ptr<const HotWords> hot_words = nullptr);

  // Of a word that it has found. Lives as long as the search.
  absl::string_view Spelling(WordId word) const;
  bool EndsWord(const FoundWord&) const override { return true; }
  std::vector<SpelledWord> Spell(
      absl::Span<const FoundWord> units) const override;

  size_t size_bytes() const override;

 private:
  void Extend(const BeamHypothesis& from, Step& step) const override;
  void NameNewUnits(const Step& step) override;
  float EndingScore(const BeamHypothesis& hypothesis,
                    Ending ending) const override;
  // `Tree`: the lexicon or what it lacks of the hot words.
  template <typename Tree>
  void AddChildren(const BeamHypothesis& from, const Tree& tree,
                   Step& step) const;
  void AddWords(const BeamHypothesis& from, absl::Span<const WordId> words,
                PhoneId phone, const BeamLane& lane, Step& step) const;
  float Ahead(Lexicon::NodeId node, HotPhrases::State phrase) const;
  float MostAhead(const BeamHypothesis& from) const;
  // Elsewhere, so that what most streams need stays small.
  float HotAhead(Lexicon::NodeId node, HotPhrases::State phrase) const;

  const std::shared_ptr<const DecoderResources> resources_;
  const std::shared_ptr<const HotWords> hot_words_;
  const Lexicon* const lexicon_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_WORD_SEARCH_H_
