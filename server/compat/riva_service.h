// The gRPC service that clients of Riva know.
#ifndef OIDO_SERVER_COMPAT_RIVA_SERVICE_H_
#define OIDO_SERVER_COMPAT_RIVA_SERVICE_H_

#include "riva/asr.grpc.pb.h"
#include "server/service_environment.h"
#include "server/stream_reactor.h"

namespace oido::server {

namespace internal {
using RivaApi = nvidia::riva::asr::RivaSpeechRecognition;
using RivaServiceBase = RivaApi::WithRawCallbackMethod_StreamingRecognize<
    RivaApi::WithRawCallbackMethod_Recognize<
        RivaApi::WithCallbackMethod_GetRivaSpeechRecognitionConfig<
            RivaApi::Service>>>;
}  // namespace internal

// Called by gRPC's threads, which never do model work.
class RivaService final : public internal::RivaServiceBase {
 public:
  explicit RivaService(const ServiceEnvironment& environment)
      : environment_(environment) {}

  BytesBidiReactor* StreamingRecognize(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Recognize(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetRivaSpeechRecognitionConfig(
      grpc::CallbackServerContext* context,
      const nvidia::riva::asr::RivaSpeechRecognitionConfigRequest* request,
      nvidia::riva::asr::RivaSpeechRecognitionConfigResponse* response)
      override;

 private:
  const ServiceEnvironment environment_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_RIVA_SERVICE_H_
