// Recognises one whole recording through a session like any stream's.
#ifndef OIDO_SERVER_UNARY_REACTOR_H_
#define OIDO_SERVER_UNARY_REACTOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "server/service_environment.h"

namespace oido::server {

// The reactor of a Recognize call. It deletes itself. `response` is filled
// before it finishes.
grpc::ServerUnaryReactor* NewUnaryReactor(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response, const ServiceEnvironment& environment);

}  // namespace oido::server

#endif  // OIDO_SERVER_UNARY_REACTOR_H_
