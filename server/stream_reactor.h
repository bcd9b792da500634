// Connects the gRPC reactions of one stream with its session.
#ifndef OIDO_SERVER_STREAM_REACTOR_H_
#define OIDO_SERVER_STREAM_REACTOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "server/dialect.h"
#include "server/service_environment.h"

namespace oido::server {

// Bytes, not messages: gRPC reports a message that it cannot parse as the end
// of the stream, and the client deserves to be told.
using BytesBidiReactor =
    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// The reactor of a new stream, or of its refusal. It deletes itself.
BytesBidiReactor* NewStreamReactor(grpc::CallbackServerContext* context,
                                   const ServiceEnvironment& environment,
                                   const StreamDialectFactory& dialect);

}  // namespace oido::server

#endif  // OIDO_SERVER_STREAM_REACTOR_H_
