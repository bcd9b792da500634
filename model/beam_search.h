// Beam search over log-probabilities, one step at a time, whatever it is made
// of: the part that words and letters have in common.
#ifndef OIDO_MODEL_BEAM_SEARCH_H_
#define OIDO_MODEL_BEAM_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "model/beam_scratch.h"
#include "model/decoder_resources.h"
#include "model/word_history.h"

namespace oido::model {

// CTC prefix beam search (Hannun et al. 2014, "First-Pass Large Vocabulary
// Continuous Speech Recognition using Bi-Directional Recurrent DNNs"). What a
// hypothesis has found is a sequence of units: words (word_search.h) or letters
// and ends of words (letter_search.h). Hypotheses with the same key have the
// same future and are one, with the units of the likelier: paths to the same
// units add up, those to others compete.
//
// Score: ln P of the paths and what the units add. The cost of a step does not
// depend on the steps before. Memory is fixed from construction but for the
// units that are settled and not taken. One thread at a time.
class BeamSearch {
 public:
  // Which hypotheses count.
  enum class Ending {
    kAnywhere,
    kBetweenWords,
    kSentence,  // between words, with the score of a sentence's end
  };

  virtual ~BeamSearch() = default;

  // `log_probs`: of the next step. `scratch` is needed for the call only.
  void Advance(absl::Span<const float> log_probs, BeamScratch& scratch);

  // Whether any hypothesis is between words.
  bool AnyBetweenWords() const;
  // The units of the best hypothesis that counts, behind those that are
  // settled; of the best of all if none does.
  WordHistory::Index Best(Ending ending) const;
  // The units that all hypotheses share, behind those that are settled.
  WordHistory::Index Shared() const;
  // Those of them up to the last that ends a word: nothing about them, their
  // posteriors included, depends on what follows.
  WordHistory::Index SureWords() const;
  const WordHistory& history() const { return history_; }
  // Distinct sequences of units, best first, at most `count`; their scores may
  // be compared with each other.
  struct Alternative {
    WordHistory::Index words;
    float score;
  };
  std::vector<Alternative> Alternatives(Ending ending, size_t count) const;

  // Drops every hypothesis that does not go on from `words` or does not count.
  // REQUIRES: the one behind Best(ending) does both.
  void KeepOnly(WordHistory::Index words, Ending ending);
  // Moves the units that all hypotheses share to settled(), or those up to
  // `shared`; of other sequences the indices change.
  // REQUIRES: all hypotheses go on from `shared`.
  void Settle() { Settle(Shared()); }
  void Settle(WordHistory::Index shared);
  // Units that will not change any more, oldest first, until they are dropped.
  const std::vector<FoundWord>& settled() const { return settled_; }
  void DropSettled(size_t count);
  // How many there are up to the last that ends a word.
  size_t SettledWords() const;

  // Ends the word that a hypothesis has begun, where one may end anywhere.
  virtual void EndWords() {}
  // Whether a word ends with this unit.
  virtual bool EndsWord(const FoundWord& unit) const = 0;

  // A word that units spell.
  struct SpelledWord {
    std::string text;
    int32_t first_step = 0;
    int32_t last_step = 0;
    float confidence = 0.0f;
    bool ended = false;  // may not become longer
  };
  // REQUIRES: the first unit begins a word.
  virtual std::vector<SpelledWord> Spell(
      absl::Span<const FoundWord> units) const = 0;

  // Back to the state after construction.
  void Reset();

  int32_t steps() const { return step_; }
  virtual size_t size_bytes() const;

 protected:
  // What the functions of one step share.
  struct Step {
    void Saw(float score) {
      if (score <= best) return;
      best = score;
      threshold = score - window;
    }

    absl::Span<const float> log_probs;
    BeamScratch& scratch;
    int32_t number;
    float window;                // candidates this far behind are not made
    float best = kNoScore;       // of the candidates so far
    float threshold = kNoScore;  // best - window
  };

  // What hypotheses with the same key have in common.
  enum class Keys { kFuture, kUnits };

  // `language_model` may be nullptr; it lives as long as the search.
  // `history_capacity`: sequences that hypotheses may differ in.
  BeamSearch(const LanguageModel* language_model,
             const WordSearchOptions& options, Keys keys,
             size_t history_capacity);

  // Adds the candidates that have a phone or letter more.
  virtual void Extend(const BeamHypothesis& from, Step& step) const = 0;
  // Behind the choice of the best: their new units go into the history.
  virtual void NameNewUnits(const Step& step) = 0;
  // Added where the hypothesis ends here; kNoScore where it does not count.
  // Asked for kBetweenWords and kSentence only.
  virtual float EndingScore(const BeamHypothesis& hypothesis,
                            Ending ending) const = 0;

  void Join(const BeamLane& way, BeamLane* into) const;
  BeamLane Joined(const BeamHypothesis& hypothesis) const;
  // Room for so many sequences more of each hypothesis.
  void MakeRoom(size_t each);
  // Of the units up to `last` that ended before that step and have none.
  void MeasurePosteriors(WordHistory::Index last, int32_t before);
  void SortHypotheses();

  const LanguageModel* const language_model_;
  const Keys keys_;
  const WordSearchOptions options_;
  const float skipped_blank_;               // ln P
  std::vector<BeamHypothesis> hypotheses_;  // best first
  WordHistory history_;
  std::vector<FoundWord> settled_;

 private:
  void AddBlank(const BeamHypothesis& from, float score, Step& step) const;
  void AddRepeat(const BeamHypothesis& from, Step& step) const;
  uint64_t HashOf(const BeamLane& lane) const;
  float Total(const BeamHypothesis& hypothesis, Ending ending) const;
  float TotalOf(uint64_t hash, Ending ending) const;
  void Choose(Step& step);
  void ForceSettling();
  float Posterior(WordHistory::Index index) const;

  // How far behind the best of a step a hypothesis may be and still have a
  // chance to be kept, as far as the step before tells.
  float window_ = 0.0f;
  bool all_blank_ = false;  // every hypothesis ends in a blank
  int32_t step_ = 0;        // steps since construction or Reset
};

}  // namespace oido::model

#endif  // OIDO_MODEL_BEAM_SEARCH_H_
