// A SpeechRecognizer on a free loopback port whose streams follow a script.
#ifndef OIDO_TESTS_SUPPORT_SCRIPTED_SERVER_H_
#define OIDO_TESTS_SUPPORT_SCRIPTED_SERVER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "oido/v1/speech.grpc.pb.h"

namespace oido::client {

using ServerStream = grpc::ServerReaderWriter<v1::StreamingRecognizeResponse,
                                              v1::StreamingRecognizeRequest>;

class ScriptedServer : public v1::SpeechRecognizer::Service {
 public:
  // Runs once a stream, on a thread of gRPC's.
  using Script =
      std::function<grpc::Status(grpc::ServerContext&, ServerStream&)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    // A poller that misses the shutdown only notices it after this time.
    builder.SetSyncServerOption(grpc::ServerBuilder::CQ_TIMEOUT_MSEC, 100);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  }

  ~ScriptedServer() override { Stop(); }

  // Ends running streams at once. What their scripts wrote may be read then.
  void Stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    const std::lock_guard<std::mutex> lock(finished_);
  }

  grpc::Status StreamingRecognize(grpc::ServerContext* context,
                                  ServerStream* stream) override {
    grpc::Status status = script_(*context, *stream);
    const std::lock_guard<std::mutex> lock(finished_);
    return status;
  }

  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override {
    response->add_models()->set_name("scripted");
    return grpc::Status::OK;
  }

 private:
  const Script script_;
  // Orders scripts before Stop in ThreadSanitizer's eyes too, which does not
  // see gRPC's own synchronisation.
  std::mutex finished_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

inline v1::StreamingRecognizeResponse Final(const std::string& transcript) {
  v1::StreamingRecognizeResponse response;
  v1::StreamingRecognitionResult& result = *response.add_results();
  result.set_is_final(true);
  result.add_alternatives()->set_transcript(transcript);
  return response;
}

}  // namespace oido::client

#endif  // OIDO_TESTS_SUPPORT_SCRIPTED_SERVER_H_
