// Implements DescribeError.
#include "client/describe_error.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace oido::client {
namespace {

absl::string_view NextStep(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      // Connect's own messages say it already.
      return absl::StrContains(status.message(), "oido-server")
                 ? ""
                 : "; is oido-server still running?";
    case absl::StatusCode::kUnimplemented:
      return "; is an oido-server listening there?";
    case absl::StatusCode::kResourceExhausted:
      return "; try again when the server is less busy";
    case absl::StatusCode::kUnauthenticated:
      return "; give the token with --token-file";
    default:
      return "";
  }
}

}  // namespace

std::string DescribeError(const absl::Status& status) {
  return absl::StrCat(status.message(), " (",
                      absl::StatusCodeToString(status.code()), ")",
                      NextStep(status));
}

}  // namespace oido::client
