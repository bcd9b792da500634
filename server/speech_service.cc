// One line a method.
#include "server/speech_service.h"

#include "server/caller.h"
#include "server/grpc_status.h"
#include "server/native_dialect.h"
#include "server/responses.h"
#include "server/unary_reactor.h"

namespace oido::server {

BytesBidiReactor* SpeechService::StreamingRecognize(
    grpc::CallbackServerContext* context) {
  return NewStreamReactor(context, environment_, NewNativeStream);
}

grpc::ServerUnaryReactor* SpeechService::Recognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return NewUnaryReactor(context, {request, response}, environment_,
                         NewNativeRecording);
}

grpc::ServerUnaryReactor* SpeechService::ListModels(
    grpc::CallbackServerContext* context,
    const v1::ListModelsRequest* /*request*/,
    v1::ListModelsResponse* response) {
  absl::Status status;
  if (environment_.access != nullptr)
    status = environment_.access->Check(CallerOf(*context).authorization);
  if (status.ok())
    *response = ModelsToProto(environment_.generations->current()->models());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace oido::server
