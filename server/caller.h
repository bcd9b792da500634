// Who calls, and what the metadata of the call says.
#ifndef OIDO_SERVER_CALLER_H_
#define OIDO_SERVER_CALLER_H_

#include <grpcpp/server_context.h>

#include <string>

namespace oido::server {

struct Caller {
  std::string peer;         // address
  std::string certificate;  // common name of the client's; empty: none
  std::string authorization;
  // Of the client in x-request-id, or else made up.
  std::string request_id;
  // Of W3C trace context (traceparent); empty: none.
  std::string trace_id;
  std::string parent_id;
};

Caller CallerOf(const grpc::CallbackServerContext& context);

// As CallerOf, and tells the client its x-request-id. Before anything is sent.
Caller Greet(grpc::CallbackServerContext* context);

}  // namespace oido::server

#endif  // OIDO_SERVER_CALLER_H_
