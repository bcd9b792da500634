// Greedy CTC decoding, one model step at a time.
#ifndef OIDO_MODEL_CTC_GREEDY_H_
#define OIDO_MODEL_CTC_GREEDY_H_

#include <cstddef>
#include <memory>

#include "absl/types/span.h"
#include "model/bundle.h"
#include "model/hypothesis.h"

namespace oido::model {

// Collapses repeats, drops blanks (Graves et al. 2006, "Connectionist Temporal
// Classification", best path decoding) and forms words at the ▁ token. What was
// decoded is never revised. The memory held is bounded by the utterance, which
// ends at Finalize. One thread at a time.
class CtcGreedyDecoder {
 public:
  // Keeps the bundle alive (tokens, timing options).
  explicit CtcGreedyDecoder(std::shared_ptr<const Bundle> bundle);

  // `log_probs`: [tokens] of the next step.
  void Advance(absl::Span<const float> log_probs);

  // True when the endpoint rules of DecoderOptions say that the utterance is
  // over: enough silence behind a word, or too long and at a word boundary.
  bool AtEndpoint() const;

  // What the current utterance has so far. Word times count from construction
  // or Reset, over all utterances.
  Hypothesis Partial() const;

  // Ends the utterance and starts the next one; time goes on, and so does the
  // collapse of repeats.
  Hypothesis Finalize();

  // Back to the state after construction.
  void Reset();

  size_t size_bytes() const;

 private:
  // Declared by the implementer.
};

}  // namespace oido::model

#endif  // OIDO_MODEL_CTC_GREEDY_H_
