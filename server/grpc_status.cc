// Codes, messages and details on the wire.
#include "server/grpc_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "google_rpc/error_details.pb.h"
#include "server/errors.h"

namespace oido::server {
namespace {

// Longer ones would not fit a client's header limit (8 KiB by default).
constexpr size_t kMaxMessageBytes = 1024;

void AddField(const absl::Status& status, const std::string& message,
              google::rpc::Status* out) {
  const auto field = status.GetPayload(kFieldPayload);
  if (!field.has_value()) return;
  google::rpc::BadRequest detail;
  auto* violation = detail.add_field_violations();
  violation->set_field(std::string(*field));
  violation->set_description(message);
  out->add_details()->PackFrom(detail);
}

void AddRetry(const absl::Status& status, google::rpc::Status* out) {
  const auto text = status.GetPayload(kRetryPayload);
  absl::Duration delay;
  if (!text.has_value() || !absl::ParseDuration(std::string(*text), &delay))
    return;
  google::rpc::RetryInfo detail;
  const absl::Duration seconds = absl::Trunc(delay, absl::Seconds(1));
  detail.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(seconds));
  detail.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay - seconds)));
  out->add_details()->PackFrom(detail);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message(status.message().substr(0, kMaxMessageBytes));
  google::rpc::Status details;
  AddField(status, message, &details);
  AddRetry(status, &details);
  // The codes of both are those of google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  if (details.details().empty()) return grpc::Status(code, message);
  details.set_code(status.raw_code());
  details.set_message(message);
  return grpc::Status(code, message, details.SerializeAsString());
}

}  // namespace oido::server
