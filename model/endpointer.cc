// Evaluates the endpoint rules.
#include "model/endpointer.h"

namespace oido::model {

bool IsEndpoint(const DecoderOptions& options,
                const UtteranceProgress& progress) {
  if (progress.has_word && progress.silence_ms >= options.endpoint_silence_ms)
    return true;
  const bool at_boundary =
      progress.has_word &&
      (!progress.word_open || progress.silence_ms >= kPauseMs);
  if (at_boundary && progress.length_ms >= options.max_utterance_ms)
    return true;
  return 2 * progress.length_ms >= 3 * int64_t{options.max_utterance_ms};
}

}  // namespace oido::model
