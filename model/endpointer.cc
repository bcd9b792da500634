// Evaluates the endpoint rules.
#include "model/endpointer.h"

#include <algorithm>

namespace oido::model {

bool IsEndpoint(const DecoderOptions& options,
                const UtteranceProgress& progress) {
  if (progress.has_word && progress.silence_ms >= options.endpoint_silence_ms)
    return true;
  if (!progress.has_word && options.start_silence_ms > 0 &&
      std::min(progress.silence_ms, progress.length_ms) >=
          options.start_silence_ms) {
    return true;
  }
  const bool at_boundary =
      progress.has_word && !progress.may_change &&
      (!progress.word_open || progress.silence_ms >= kPauseMs);
  if (at_boundary && progress.length_ms >= options.max_utterance_ms)
    return true;
  return 2 * progress.length_ms >= 3 * int64_t{options.max_utterance_ms};
}

}  // namespace oido::model
