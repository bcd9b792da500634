// Asks a server whether it takes new streams, by gRPC's health protocol.
#ifndef OIDO_CLIENT_HEALTH_H_
#define OIDO_CLIENT_HEALTH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"

namespace oido::client {

// kNotServing: it is there and drains.
enum class Health { kServing, kNotServing };

// The health of the server as a whole; an error if it does not say so within
// `timeout`. Thread-safe.
absl::StatusOr<Health> CheckHealth(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout);

}  // namespace oido::client

#endif  // OIDO_CLIENT_HEALTH_H_
