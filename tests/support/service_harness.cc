// A real gRPC server in this process and simple clients of it.
#include "tests/support/service_harness.h"

#include <grpcpp/create_channel.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace oido::test {

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Channels of one process share a connection otherwise.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

TestServer::TestServer(server::ServerOptions options,
                       const server::ModelSet& models,
                       const server::Engines& engines) {
  options.listen = "127.0.0.1:0";
  // What tests see does not depend on how busy the machine is.
  const server::ServerOptions defaults;
  if (options.admission_utilization == defaults.admission_utilization)
    options.admission_utilization = 0;
  options.latency_target_ms = 0;
  auto server = server::Server::Start(options, models, &clock_, engines);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    std::abort();
  }
  server_ = *std::move(server);
}

std::unique_ptr<v1::SpeechRecognizer::Stub> TestServer::NewStub() const {
  return v1::SpeechRecognizer::NewStub(Connect(address()));
}

v1::StreamingRecognizeRequest ConfigRequest() {
  v1::StreamingRecognizeRequest request;
  v1::StreamingRecognitionConfig* streaming =
      request.mutable_streaming_config();
  streaming->set_request_id("test");
  v1::RecognitionConfig* config = streaming->mutable_config();
  config->set_encoding(v1::LINEAR16);
  config->set_sample_rate_hertz(16000);
  config->set_enable_word_time_offsets(true);
  config->set_enable_word_confidence(true);
  return request;
}

v1::StreamingRecognizeRequest AudioRequest(const std::string& bytes) {
  v1::StreamingRecognizeRequest request;
  request.set_audio_content(bytes);
  return request;
}

void ClientStream::SendPieces(const std::string& audio, size_t piece_bytes) {
  for (size_t begin = 0; begin < audio.size(); begin += piece_bytes) {
    if (!Send(AudioRequest(audio.substr(begin, piece_bytes)))) return;
  }
}

std::optional<v1::StreamingRecognizeResponse> ClientStream::Read() {
  v1::StreamingRecognizeResponse response;
  if (!stream_->Read(&response)) return std::nullopt;
  responses_.push_back(response);
  return response;
}

bool ClientStream::Sync() {
  v1::StreamingRecognizeRequest marker;
  marker.mutable_control()->mutable_marker()->set_id("sync");
  if (!Send(marker)) return false;
  while (const auto response = Read()) {
    if (!response->markers().empty()) return true;
  }
  return false;
}

grpc::Status ClientStream::Finish() {
  while (Read().has_value()) {
  }
  return stream_->Finish();
}

std::string ClientStream::Finals() const {
  std::string text;
  for (const v1::StreamingRecognizeResponse& response : responses_) {
    for (const v1::StreamingRecognitionResult& result : response.results()) {
      if (result.is_final()) text += result.SerializeAsString();
    }
  }
  return text;
}

RawCall::RawCall(const std::string& address, const std::string& method)
    : stub_(Connect(address)),
      call_(stub_.PrepareCall(&context_, method, &queue_)) {
  call_->StartCall(this);
  Wait();
}

RawCall::~RawCall() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawCall::Send(const std::string& message) {
  const grpc::Slice slice(message);
  call_->Write(grpc::ByteBuffer(&slice, 1), this);
  return Wait();
}

void RawCall::HalfClose() {
  call_->WritesDone(this);
  Wait();
}

std::optional<std::string> RawCall::Read() {
  grpc::ByteBuffer bytes;
  call_->Read(&bytes, this);
  if (!Wait()) return std::nullopt;
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok()) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(slice.begin()),
                     slice.size());
}

grpc::Status RawCall::Finish() {
  grpc::Status status;
  call_->Finish(&status, this);
  Wait();
  return status;
}

bool RawCall::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

std::string CheckHealth(const std::string& address) {
  RawCall call(address, "/grpc.health.v1.Health/Check");
  call.Send("");
  call.HalfClose();
  return call.Read().value_or("no answer");
}

}  // namespace oido::test
