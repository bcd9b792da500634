// Implements CheckHealth by grpc.health.v1.
#include "client/health.h"

#include "absl/time/clock.h"
#include "client/grpc_status.h"
#include "grpc_health/health.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace oido::client {

absl::StatusOr<Health> CheckHealth(
    const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout) {
  using grpc::health::v1::HealthCheckResponse;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(
          &context, grpc::health::v1::HealthCheckRequest(), &response);
  if (!status.ok()) return FromGrpc(status);
  return response.status() == HealthCheckResponse::SERVING
             ? Health::kServing
             : Health::kNotServing;
}

}  // namespace oido::client
