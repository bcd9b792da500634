// Words with times from a beam search: utterances, endpoints, partial results.
#ifndef OIDO_MODEL_BEAM_DECODER_H_
#define OIDO_MODEL_BEAM_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "model/beam_search.h"
#include "model/bundle.h"
#include "model/decoder.h"
#include "model/hypothesis.h"
#include "model/word_search.h"

namespace oido::model {

// In a pause of kCommitPauseMs the best hypothesis stays alone, so that what
// comes behind an endpoint is decoded as it would be without one, the language
// model's context included. An utterance that is too long (endpointer.h, last
// rules) ends behind the words that all hypotheses share. So an endpoint cuts
// the text and changes none of it.
class BeamDecoder final : public Decoder {
 public:
  static constexpr int kCommitPauseMs = 600;

  // `timing`: step, delay and endpoint rules. `max_alternatives`: hypotheses in
  // a final result, at least 1.
  BeamDecoder(const DecoderOptions& timing, std::unique_ptr<BeamSearch> search,
              int max_alternatives);
  // Of a WordSearch, which reads the phone head.
  BeamDecoder(const DecoderOptions& timing,
              std::shared_ptr<const DecoderResources> resources,
              const WordSearchOptions& options, int max_alternatives,
              std::shared_ptr<const HotWords> hot_words = nullptr);

  void Advance(absl::Span<const float> log_probs,
               BeamScratch& scratch) override;
  bool AtEndpoint() const override;
  // The best hypothesis's words; those that do not go on from them are dropped.
  Hypothesis TakeOverdue() override;
  // Words that all hypotheses share, and that no letter can lengthen, are
  // stable.
  Hypothesis Partial() const override;
  uint64_t PartialFingerprint() const override;
  // Within speech, words that may still change become the next utterance's
  // first, a word of a lexicon that is not yet complete in any case.
  Hypothesis Finalize() override;
  Hypothesis Finish() override;
  void Reset() override;
  size_t size_bytes() const override;

 private:
  // What else may have been said for units [begin, end) of the utterance.
  struct Rival {
    size_t begin = 0;
    size_t end = 0;
    float score = 0.0f;  // ln of its odds against them
    std::vector<FoundWord> units;
  };

  int SilenceMs() const;
  bool Overdue(const FoundWord& word) const;
  void EndOverdueWord();
  BeamSearch::Ending Ended() const;
  std::optional<WordHistory::Index> SureWords() const;
  void Commit(BeamSearch::Ending ending);
  void CollectRivals(BeamSearch::Ending ending, WordHistory::Index best);
  Hypothesis TakeSettled(size_t count);
  Hypothesis TakeUtterance(size_t count);
  Word ToWord(const BeamSearch::SpelledWord& found) const;
  Hypothesis ToHypothesis(absl::Span<const FoundWord> units) const;

  DecoderOptions timing_;
  std::unique_ptr<BeamSearch> search_;
  int max_alternatives_;
  std::vector<Rival> rivals_;    // of this utterance
  int32_t utterance_start_ = 0;  // its first step
  // The first step of its first word, if that was taken.
  std::optional<int32_t> taken_word_step_;
  int32_t last_phone_step_ = -1;  // the last step whose likeliest is no blank
  // The words before the pause that goes on are settled. What the search makes
  // of the pause itself waits for what follows.
  bool pause_committed_ = false;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_BEAM_DECODER_H_
