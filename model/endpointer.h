// The rules by which an utterance is over; no state, no clock.
#ifndef OIDO_MODEL_ENDPOINTER_H_
#define OIDO_MODEL_ENDPOINTER_H_

#include <cstdint>

#include "model/bundle.h"

namespace oido::model {

// What the rules look at; times are of audio.
struct UtteranceProgress {
  bool has_word = false;
  bool word_open = false;  // the last word may still grow
  // Since the last step that was not blank.
  int64_t silence_ms = 0;
  // Since the first word began; while there is none, since the utterance did,
  // so that silence before speech does not cut the speech short.
  int64_t length_ms = 0;
  bool may_change = false;  // the words may, by what comes next
};

// Speech without a token for this long is taken for a word boundary in an
// utterance that is too long: with tokens such as "▁the" a word closes only
// when the next one begins, which would be too late to cut before it.
inline constexpr int kPauseMs = 300;

// True when any rule holds:
// - a word is followed by endpoint_silence_ms of silence;
// - the utterance has no word and its last start_silence_ms, if that is set,
//   are silent;
// - the length is max_utterance_ms, the last word is closed or followed by
//   kPauseMs of silence, and the words will not change;
// - the length is 1.5 x max_utterance_ms, word or not (bounds the memory).
bool IsEndpoint(const DecoderOptions& options,
                const UtteranceProgress& progress);

}  // namespace oido::model

#endif  // OIDO_MODEL_ENDPOINTER_H_
