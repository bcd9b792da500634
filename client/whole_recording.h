// Sends a recording in one message and waits for all of its text.
#ifndef OIDO_CLIENT_WHOLE_RECORDING_H_
#define OIDO_CLIENT_WHOLE_RECORDING_H_

#include <memory>

#include "absl/status/statusor.h"
#include "client/audio_source.h"
#include "grpcpp/channel.h"
#include "oido/v1/speech.grpc.pb.h"

namespace oido::client {

// The answer of Recognize to all that `source` gives; encoding and rate of
// `config` are set to those of the source. Seconds of audio come from the
// answer. Any thread; errors are the source's and the server's.
absl::StatusOr<v1::RecognizeResponse> RecognizeWhole(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::RecognitionConfig& config, AudioSource& source);

}  // namespace oido::client

#endif  // OIDO_CLIENT_WHOLE_RECORDING_H_
