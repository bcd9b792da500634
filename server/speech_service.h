// The gRPC service: makes a reactor for each call.
#ifndef OIDO_SERVER_SPEECH_SERVICE_H_
#define OIDO_SERVER_SPEECH_SERVICE_H_

#include "oido/v1/speech.grpc.pb.h"
#include "server/service_environment.h"
#include "server/stream_reactor.h"

namespace oido::server {

namespace internal {
using ServiceBase =
    v1::SpeechRecognizer::WithRawCallbackMethod_StreamingRecognize<
        v1::SpeechRecognizer::WithRawCallbackMethod_Recognize<
            v1::SpeechRecognizer::WithCallbackMethod_ListModels<
                v1::SpeechRecognizer::Service>>>;
}  // namespace internal

// Called by gRPC's threads, which never do model work.
class SpeechService final : public internal::ServiceBase {
 public:
  explicit SpeechService(const ServiceEnvironment& environment)
      : environment_(environment) {}

  BytesBidiReactor* StreamingRecognize(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Recognize(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListModels(
      grpc::CallbackServerContext* context,
      const v1::ListModelsRequest* request,
      v1::ListModelsResponse* response) override;

 private:
  const ServiceEnvironment environment_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SPEECH_SERVICE_H_
