// Recognises one whole recording through a session like any stream's.
#ifndef OIDO_SERVER_UNARY_REACTOR_H_
#define OIDO_SERVER_UNARY_REACTOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "server/dialect.h"
#include "server/service_environment.h"

namespace oido::server {

// What gRPC hands to a unary method.
struct UnaryMessages {
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;  // filled before the reactor finishes
};

// The reactor of a Recognize call. It deletes itself.
grpc::ServerUnaryReactor* NewUnaryReactor(
    grpc::CallbackServerContext* context, const UnaryMessages& messages,
    const ServiceEnvironment& environment,
    const RecordingDialectFactory& dialect);

}  // namespace oido::server

#endif  // OIDO_SERVER_UNARY_REACTOR_H_
