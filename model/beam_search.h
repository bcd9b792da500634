// Beam search for words over phone log-probabilities, one step at a time.
#ifndef OIDO_MODEL_BEAM_SEARCH_H_
#define OIDO_MODEL_BEAM_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/beam_scratch.h"
#include "model/decoder_resources.h"
#include "model/word_history.h"

namespace oido::model {

class HotWords;

// CTC prefix beam search (Hannun et al. 2014, "First-Pass Large Vocabulary
// Continuous Speech Recognition using Bi-Directional Recurrent DNNs") through a
// tree of pronunciations. A hypothesis is a place in the tree and a state of
// the language model; those that have both in common are one, with the words of
// the likelier. Paths to the same words add up, those to other words compete.
// Between words, and around them, there may be any number of blanks.
//
// Score: ln P of the paths, plus for each word lm_weight * ln P of the language
// model + word_insertion; unfinished words look ahead to the likeliest word
// they may become. The cost of a step does not depend on the steps before.
// Memory is fixed from construction but for the words that are settled and not
// taken. One thread at a time.
class BeamSearch {
 public:
  // Which hypotheses count.
  enum class Ending {
    kAnywhere,
    kBetweenWords,
    kSentence,  // between words, with the score of a sentence's end
  };

  // A step with a blank likelier than this (ln P) is taken for a blank by all
  // hypotheses: at most a hundredth of the paths are lost. On real speech that
  // is most steps, and the words stay the same; with -0.05 they begin to
  // suffer.
  static constexpr float kCertainBlank = -0.01f;

  // `options`: of `resources`, or what a request has put in their place; valid.
  // `hot_words`: made with both, or nullptr.
  BeamSearch(std::shared_ptr<const DecoderResources> resources,
             const WordSearchOptions& options,
             std::shared_ptr<const HotWords> hot_words = nullptr);

  // `log_probs`: [phones] of the next step. `scratch` is needed for the call
  // only.
  void Advance(absl::Span<const float> log_probs, BeamScratch& scratch);

  // Whether any hypothesis is between words.
  bool AnyBetweenWords() const;
  // The words of the best hypothesis that counts, behind those that are
  // settled; of the best of all if none does.
  WordHistory::Index Best(Ending ending) const;
  // The words that all hypotheses share, behind those that are settled.
  WordHistory::Index Shared() const;
  const WordHistory& history() const { return history_; }
  // Of a word that it has found. Lives as long as the search.
  absl::string_view Spelling(WordId word) const;
  // Distinct word sequences, best first, at most `count`; their scores may be
  // compared with each other.
  struct Alternative {
    WordHistory::Index words;
    float score;
  };
  std::vector<Alternative> Alternatives(Ending ending, size_t count) const;

  // Drops every hypothesis that does not go on from `words` or does not count.
  // REQUIRES: the one behind Best(ending) does both.
  void KeepOnly(WordHistory::Index words, Ending ending);
  // Moves the words that all hypotheses share to settled(); of other sequences
  // the indices change.
  void Settle();
  // Words that will not change any more, oldest first, until they are taken.
  const std::vector<FoundWord>& settled() const { return settled_; }
  void ClearSettled() { settled_.clear(); }

  // Back to the state after construction.
  void Reset();

  int32_t steps() const { return step_; }
  size_t size_bytes() const;

 private:
  struct Step;  // what the functions of one step share

  void AddBlank(const BeamHypothesis& from, float score, Step& step) const;
  void AddRepeat(const BeamHypothesis& from, Step& step) const;
  void AddPhones(const BeamHypothesis& from, Step& step) const;
  // `Tree`: the lexicon or what it lacks of the hot words.
  template <typename Tree>
  void AddChildren(const BeamHypothesis& from, const Tree& tree,
                   Step& step) const;
  void AddWords(const BeamHypothesis& from, absl::Span<const WordId> words,
                PhoneId phone, const BeamLane& lane, Step& step) const;
  void Join(const BeamLane& way, BeamLane* into) const;
  BeamLane Joined(const BeamHypothesis& hypothesis) const;
  uint64_t HashOf(const BeamLane& lane) const;
  float Ahead(Lexicon::NodeId node, HotPhrases::State phrase) const;
  // Elsewhere, so that what most streams need stays small.
  float HotAhead(Lexicon::NodeId node, HotPhrases::State phrase) const;
  float Total(const BeamHypothesis& hypothesis, Ending ending) const;
  float TotalOf(uint64_t hash, Ending ending) const;
  void Choose(Step& step);
  void NameNewWords();
  void MakeRoom();
  void ForceSettling();
  void MeasureRipePosteriors();
  // Of the words up to `last` that ended before that step and have none.
  void MeasurePosteriors(WordHistory::Index last, int32_t before);
  float Posterior(WordHistory::Index index) const;

  std::shared_ptr<const DecoderResources> resources_;
  std::shared_ptr<const HotWords> hot_words_;
  const Lexicon* lexicon_;
  WordSearchOptions options_;
  std::vector<BeamHypothesis> hypotheses_;  // best first
  WordHistory history_;
  std::vector<FoundWord> settled_;
  // How far behind the best of a step a hypothesis may be and still have a
  // chance to be kept, as far as the step before tells.
  float window_ = 0.0f;
  bool all_blank_ = false;  // every hypothesis ends in a blank
  int32_t step_ = 0;        // steps since construction or Reset
};

}  // namespace oido::model

#endif  // OIDO_MODEL_BEAM_SEARCH_H_
