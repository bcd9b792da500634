// Implements StreamingClient on gRPC's synchronous API and one reader thread.
#include "client/streaming_client.h"

#include <algorithm>
#include <utility>

#include "client/grpc_status.h"

namespace oido::client {

StreamingClient::StreamingClient(const std::shared_ptr<grpc::Channel>& channel,
                                 const v1::StreamingRecognitionConfig& config,
                                 ResponseCallback on_response)
    : stub_(v1::SpeechRecognizer::NewStub(channel)),
      on_response_(std::move(on_response)),
      stream_(stub_->StreamingRecognize(&context_)),
      reader_([this] { ReadResponses(); }) {
  v1::StreamingRecognizeRequest request;
  *request.mutable_streaming_config() = config;
  // If this fails the stream has ended, which the next call finds out too.
  Send(request).IgnoreError();
}

StreamingClient::~StreamingClient() {
  if (phase_ == Phase::kFinished) return;
  Cancel();
  Finish().IgnoreError();
}

void StreamingClient::ReadResponses() {
  v1::StreamingRecognizeResponse response;
  while (stream_->Read(&response)) on_response_(response);
}

absl::Status StreamingClient::Write(absl::string_view audio) {
  v1::StreamingRecognizeRequest request;
  while (!audio.empty()) {
    const absl::string_view message = audio.substr(0, kMaxMessageBytes);
    request.set_audio_content(message.data(), message.size());
    if (absl::Status status = Send(request); !status.ok()) return status;
    audio.remove_prefix(message.size());
  }
  return absl::OkStatus();
}

absl::Status StreamingClient::Finalize() {
  v1::StreamingRecognizeRequest request;
  request.mutable_control()->mutable_finalize();
  return Send(request);
}

absl::Status StreamingClient::Marker(absl::string_view id) {
  v1::StreamingRecognizeRequest request;
  request.mutable_control()->mutable_marker()->set_id(std::string(id));
  return Send(request);
}

absl::Status StreamingClient::Send(
    const v1::StreamingRecognizeRequest& request) {
  if (phase_ == Phase::kWritesDone) {
    return absl::FailedPreconditionError("nothing can follow WritesDone");
  }
  if (phase_ == Phase::kWriting && stream_->Write(request)) {
    return absl::OkStatus();
  }
  // A failed write does not say why; the status of the ended stream does.
  absl::Status status = Finish();
  if (!status.ok()) return status;
  return absl::AbortedError("the server ended the stream before the audio did");
}

absl::Status StreamingClient::WritesDone() {
  if (phase_ == Phase::kFinished) return status_;
  if (phase_ == Phase::kWritesDone) return absl::OkStatus();
  if (!stream_->WritesDone()) return Finish();
  phase_ = Phase::kWritesDone;
  return absl::OkStatus();
}

absl::Status StreamingClient::Finish() {
  if (phase_ == Phase::kFinished) return status_;
  // If this fails the stream has ended already, and Finish says how.
  if (phase_ == Phase::kWriting) stream_->WritesDone();
  reader_.join();
  status_ = FromGrpc(stream_->Finish());
  phase_ = Phase::kFinished;
  return status_;
}

void StreamingClient::Cancel() { context_.TryCancel(); }

}  // namespace oido::client
