// Few lines a method.
#include "server/compat/google_service.h"

#include "server/compat/google_dialect.h"
#include "server/grpc_status.h"
#include "server/unary_reactor.h"

namespace oido::server {
namespace {

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(absl::UnimplementedError(
      "there are no long-running operations here; use Recognize, which takes "
      "whole recordings, or StreamingRecognize")));
  return reactor;
}

StreamDialectFactory Streams(GoogleVersion version) {
  return [version](const ModelSet& models) {
    return NewGoogleStream(version, models);
  };
}

RecordingDialectFactory Recordings(GoogleVersion version) {
  return [version](const ModelSet& models) {
    return NewGoogleRecording(version, models);
  };
}

}  // namespace

BytesBidiReactor* GoogleV1Service::StreamingRecognize(
    grpc::CallbackServerContext* context) {
  return NewStreamReactor(context, environment_, Streams(GoogleVersion::kV1));
}

grpc::ServerUnaryReactor* GoogleV1Service::Recognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return NewUnaryReactor(context, {request, response}, environment_,
                         Recordings(GoogleVersion::kV1));
}

grpc::ServerUnaryReactor* GoogleV1Service::LongRunningRecognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* /*request*/,
    grpc::ByteBuffer* /*response*/) {
  return Refuse(context);
}

BytesBidiReactor* GoogleV2Service::StreamingRecognize(
    grpc::CallbackServerContext* context) {
  return NewStreamReactor(context, environment_, Streams(GoogleVersion::kV2));
}

grpc::ServerUnaryReactor* GoogleV2Service::Recognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return NewUnaryReactor(context, {request, response}, environment_,
                         Recordings(GoogleVersion::kV2));
}

grpc::ServerUnaryReactor* GoogleV2Service::BatchRecognize(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* /*request*/,
    grpc::ByteBuffer* /*response*/) {
  return Refuse(context);
}

}  // namespace oido::server
