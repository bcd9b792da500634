// Working memory of a beam search's step, shared by all streams of a thread.
#ifndef OIDO_MODEL_BEAM_SCRATCH_H_
#define OIDO_MODEL_BEAM_SCRATCH_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/hot_phrases.h"
#include "model/language_model.h"
#include "model/lexicon.h"
#include "model/word_history.h"

namespace oido::model {

inline constexpr float kNoScore = -std::numeric_limits<float>::infinity();

// ln(e^a + e^b).
inline float LogAdd(float a, float b) {
  const float larger = std::max(a, b);
  const float difference = std::min(a, b) - larger;
  // Below, the sum is `larger` in float.
  if (!(difference > -17.0f)) return larger;
  return larger + std::log1p(std::exp(difference));
}

// The best way to one end of a hypothesis, with the score of all ways.
struct BeamLane {
  bool empty() const { return score == kNoScore; }

  float score = kNoScore;  // natural logarithm
  WordHistory::Index history = WordHistory::kStart;
  int32_t first_step = 0;  // of the word begun, where the node is not the root
  // Found at this step and not yet in the history; kUnknownWord: none.
  WordId new_word = kUnknownWord;
};

// What hypotheses with the same future have in common.
struct BeamKey {
  friend bool operator==(const BeamKey& a, const BeamKey& b) {
    return a.node == b.node && a.last == b.last && a.phrase == b.phrase &&
           a.lm == b.lm && a.prefix == b.prefix;
  }

  Lexicon::NodeId node = Lexicon::kRoot;
  // The phone or letter that ends the path, where another step of it is no new
  // one; 0 where a blank has followed and the node does not tell it.
  uint16_t last = 0;
  HotPhrases::State phrase = HotPhrases::kNone;
  LmState lm;
  // Of searches that keep apart whatever was said differently: its hash.
  uint64_t prefix = 0;
};

struct BeamHypothesis {
  BeamKey key;
  BeamLane blank;  // paths that end in a blank
  BeamLane phone;  // paths that end in the last phone or letter
  // What the unfinished word may still become, as far as it is known: compared,
  // but part of no score.
  float ahead = 0.0f;
};

// One thread's. Keeps its memory from step to step.
class BeamScratch {
 public:
  BeamScratch();

  // Forgets the candidates of the step before.
  void Begin(const LanguageModel* language_model);
  // The candidate of this key, made with `ahead` if need be. References last
  // until the next call.
  BeamHypothesis& At(const BeamKey& key, float ahead);
  std::vector<BeamHypothesis>& candidates() { return candidates_; }
  // Score of each candidate and its place; for the choice of the best.
  struct Rank {
    float score;
    uint32_t place;
  };
  std::vector<Rank>& ranks() { return ranks_; }

  // As LanguageModel::Score, from memory where it was asked lately.
  float Score(const LmState& from, WordId word, LmState* to);

 private:
  struct CachedScore {
    LmState from;
    WordId word = kSentenceBegin;  // which nobody asks for
    float score = 0.0f;
    LmState to;
  };

  void Grow();
  size_t SlotOf(const BeamKey& key) const;

  const LanguageModel* language_model_ = nullptr;
  std::vector<BeamHypothesis> candidates_;
  std::vector<Rank> ranks_;
  std::vector<uint32_t> slots_;  // place in candidates_ + 1; 0: free
  std::vector<uint32_t> used_slots_;
  std::vector<CachedScore> cache_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_BEAM_SCRATCH_H_
