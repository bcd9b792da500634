// Greedy CTC decoding, one model step at a time.
#ifndef OIDO_MODEL_CTC_GREEDY_H_
#define OIDO_MODEL_CTC_GREEDY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "model/bundle.h"
#include "model/decoder.h"
#include "model/hypothesis.h"

namespace oido::model {

// Collapses repeats, drops blanks (Graves et al. 2006, "Connectionist Temporal
// Classification", best path decoding) and forms words at the ▁ token. What was
// decoded is never revised. A word's confidence is the geometric mean of its
// tokens' probabilities.
class CtcGreedyDecoder final : public Decoder {
 public:
  // Keeps the bundle alive (tokens, timing options).
  explicit CtcGreedyDecoder(std::shared_ptr<const Bundle> bundle);
  // `timing` in place of the bundle's.
  CtcGreedyDecoder(std::shared_ptr<const Bundle> bundle,
                   const DecoderOptions& timing);

  // `log_probs`: [tokens] of the next step. Of equal ones the lowest id counts.
  void Advance(absl::Span<const float> log_probs);
  void Advance(absl::Span<const float> log_probs, BeamScratch&) override {
    Advance(log_probs);
  }

  bool AtEndpoint() const override;
  // The last word counts once nothing came behind it for kPauseMs.
  Hypothesis TakeOverdue() override;
  // A step is that of the token's spike.
  Hypothesis Partial() const override;
  uint64_t PartialFingerprint() const override;
  // Ends an open word too; the collapse of repeats goes on.
  Hypothesis Finalize() override;
  Hypothesis Finish() override { return Finalize(); }
  void Reset() override;

  size_t size_bytes() const override;

 private:
  // A word while its tokens come in.
  struct WordInProgress {
    std::string text;
    int64_t first_step = 0;
    int64_t last_step = 0;
    int tokens = 0;
    // Sum over its tokens of the largest log-probability in the run of steps
    // that showed the token.
    double log_prob = 0.0;
  };

  void Emit(int token, float log_prob);
  Word ToWord(const WordInProgress& word) const;
  Hypothesis FirstWords(size_t count) const;
  int64_t SilenceMs() const;
  int64_t UtteranceSteps() const;

  std::shared_ptr<const Bundle> bundle_;
  DecoderOptions timing_;
  std::vector<WordInProgress> words_;  // of this utterance
  bool last_word_open_ = false;
  int previous_token_ = kBlank;
  // While the run that gave the open word its last token goes on: the run's
  // largest log-probability, which is part of the word's sum.
  bool run_in_word_ = false;
  float run_log_prob_ = 0.0f;
  int64_t step_ = 0;             // steps since construction or Reset
  int64_t utterance_start_ = 0;  // its first step
  // The first step of its first word, if that was taken.
  std::optional<int64_t> taken_word_step_;
  int64_t last_token_step_ = -1;  // the last step that was not blank
};

}  // namespace oido::model

#endif  // OIDO_MODEL_CTC_GREEDY_H_
