// Maps gRPC statuses to Abseil's.
#ifndef OIDO_CLIENT_GRPC_STATUS_H_
#define OIDO_CLIENT_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace oido::client {

// The two count their codes alike.
inline absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

}  // namespace oido::client

#endif  // OIDO_CLIENT_GRPC_STATUS_H_
