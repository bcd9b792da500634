// Statuses with machine-readable details, free of wire types.
#ifndef OIDO_SERVER_ERRORS_H_
#define OIDO_SERVER_ERRORS_H_

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace oido::server {

// Payload keys that grpc_status turns into google.rpc details: the name of the
// offending request field, and when to try again (absl::FormatDuration).
inline constexpr char kFieldPayload[] = "oido/field";
inline constexpr char kRetryPayload[] = "oido/retry_delay";

// INVALID_ARGUMENT about one field of a request. `message` names the field, its
// value and the limit.
inline absl::Status FieldError(absl::string_view field,
                               absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kFieldPayload, absl::Cord(field));
  return status;
}

// RESOURCE_EXHAUSTED with a hint when to come back.
inline absl::Status FullError(absl::string_view message,
                              absl::Duration retry_delay) {
  absl::Status status = absl::ResourceExhaustedError(message);
  status.SetPayload(kRetryPayload,
                    absl::Cord(absl::FormatDuration(retry_delay)));
  return status;
}

// The beginning of what a client sent, in quotes, cut between characters.
inline std::string Quoted(absl::string_view value) {
  constexpr size_t kMaxBytes = 64;
  size_t size = std::min(value.size(), kMaxBytes);
  const auto continues = [&](size_t i) { return (value[i] & 0xC0) == 0x80; };
  while (size > 0 && size < value.size() && continues(size)) --size;
  return absl::StrCat("\"", value.substr(0, size), "\"");
}

}  // namespace oido::server

#endif  // OIDO_SERVER_ERRORS_H_
