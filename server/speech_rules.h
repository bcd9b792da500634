// Checks what a stream asks of endpoints, delays and events.
#ifndef OIDO_SERVER_SPEECH_RULES_H_
#define OIDO_SERVER_SPEECH_RULES_H_

#include "absl/status/statusor.h"
#include "model/bundle.h"
#include "oido/v1/speech.pb.h"
#include "server/speech_events.h"

namespace oido::server {

// `defaults` with what the request sets. INVALID_ARGUMENT names the field below
// "streaming_config.", its value and the limit.
absl::StatusOr<model::DecoderOptions> CheckTiming(
    const v1::StreamingRecognitionConfig& config,
    const model::DecoderOptions& defaults);

absl::StatusOr<SpeechRules> CheckSpeechRules(
    const v1::StreamingRecognitionConfig& config);

}  // namespace oido::server

#endif  // OIDO_SERVER_SPEECH_RULES_H_
