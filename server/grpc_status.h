// absl::Status to grpc::Status, the only place where that happens.
#ifndef OIDO_SERVER_GRPC_STATUS_H_
#define OIDO_SERVER_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace oido::server {

// Payloads of errors.h become google.rpc details (BadRequest, RetryInfo) in the
// grpc-status-details-bin trailer.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace oido::server

#endif  // OIDO_SERVER_GRPC_STATUS_H_
