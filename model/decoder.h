// What every decoder does: log-probabilities in, words out, step by step.
#ifndef OIDO_MODEL_DECODER_H_
#define OIDO_MODEL_DECODER_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "model/hypothesis.h"

namespace oido::model {

class BeamScratch;

// One stream's. One thread at a time. The memory held is bounded by the
// utterance, which ends at Finalize.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // `log_probs`: of the next step, of the output head that this decoder reads.
  // `scratch` is the calling thread's.
  virtual void Advance(absl::Span<const float> log_probs,
                       BeamScratch& scratch) = 0;

  // True when the utterance is over by the rules of endpointer.h: enough
  // silence behind a word, or too long.
  virtual bool AtEndpoint() const = 0;

  // With max_final_delay_ms: the utterance's first words, if they ended so long
  // ago, become final and are taken; else nothing. The utterance goes on.
  virtual Hypothesis TakeOverdue() = 0;

  // What the current utterance has so far. Word times count from construction
  // or Reset, over all utterances. A word begins with the step that brought its
  // first token and ends behind that of its last; both are moved back by
  // emission_delay_ms, but not before 0.
  virtual Hypothesis Partial() const = 0;
  // Differs from its value before when Partial would.
  virtual uint64_t PartialFingerprint() const = 0;

  // Ends the utterance and starts the next one: what follows is decoded as if
  // there had been no end, time goes on.
  virtual Hypothesis Finalize() = 0;
  // Ends the utterance where the audio ends; Reset comes next.
  virtual Hypothesis Finish() = 0;

  // Back to the state after construction.
  virtual void Reset() = 0;

  virtual size_t size_bytes() const = 0;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_DECODER_H_
