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
};

Caller CallerOf(const grpc::CallbackServerContext& context);

}  // namespace oido::server

#endif  // OIDO_SERVER_CALLER_H_
