// Implements RecognizeWhole on gRPC's synchronous API.
#include "client/whole_recording.h"

#include <string>

#include "client/grpc_status.h"

namespace oido::client {

absl::StatusOr<v1::RecognizeResponse> RecognizeWhole(
    const std::shared_ptr<grpc::Channel>& channel,
    const v1::RecognitionConfig& config, AudioSource& source) {
  v1::RecognizeRequest request;
  *request.mutable_config() = config;
  request.mutable_config()->set_encoding(source.format().encoding);
  request.mutable_config()->set_sample_rate_hertz(
      source.format().sample_rate_hz);
  request.mutable_config()->set_audio_channel_count(source.format().channels);
  while (true) {
    const absl::StatusOr<std::string> bytes = source.Next();
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) break;
    request.mutable_audio_content()->append(*bytes);
  }
  grpc::ClientContext context;
  v1::RecognizeResponse response;
  const absl::Status status =
      FromGrpc(v1::SpeechRecognizer::NewStub(channel)->Recognize(
          &context, request, &response));
  if (!status.ok()) return status;
  return response;
}

}  // namespace oido::client
