// Few lines a method.
#include "server/compat/riva_service.h"

#include <utility>

#include "server/caller.h"
#include "server/compat/riva_config.h"
#include "server/compat/riva_dialect.h"
#include "server/grpc_status.h"
#include "server/unary_reactor.h"

namespace oido::server {

BytesBidiReactor* RivaService::StreamingRecognize(
    grpc::CallbackServerContext* context) {
  return NewStreamReactor(context, environment_, NewRivaStream);
}

grpc::ServerUnaryReactor* RivaService::Recognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return NewUnaryReactor(context, {request, response}, environment_,
                         NewRivaRecording);
}

grpc::ServerUnaryReactor* RivaService::GetRivaSpeechRecognitionConfig(
    grpc::CallbackServerContext* context,
    const nvidia::riva::asr::RivaSpeechRecognitionConfigRequest* request,
    nvidia::riva::asr::RivaSpeechRecognitionConfigResponse* response) {
  absl::Status status;
  if (environment_.access != nullptr)
    status = environment_.access->Check(CallerOf(*context).authorization);
  if (status.ok()) {
    auto models = RivaModels(environment_.generations->current()->models(),
                             request->model_name());
    status = models.status();
    if (models.ok()) *response = *std::move(models);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace oido::server
