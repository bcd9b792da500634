// The requests of Google Speech-to-Text v1 and v2 in native terms.
#ifndef OIDO_SERVER_COMPAT_GOOGLE_CONFIG_H_
#define OIDO_SERVER_COMPAT_GOOGLE_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google_speech/v1.pb.h"
#include "google_speech/v2.pb.h"
#include "oido/v1/speech.pb.h"
#include "server/model_set.h"

namespace oido::server {

namespace google_v1 = ::google::cloud::speech::v1;
namespace google_v2 = ::google::cloud::speech::v2;

// What a configuration is for, and the call's name in log lines.
struct GoogleCall {
  const ModelSet& models;
  ModelUse use;
  std::string method;
};

absl::StatusOr<v1::RecognitionConfig> FromGoogle(
    const google_v1::RecognitionConfig& config, const GoogleCall& call);
absl::StatusOr<v1::RecognitionConfig> FromGoogle(
    const google_v2::RecognitionConfig& config, const GoogleCall& call);

absl::StatusOr<v1::StreamingRecognitionConfig> FromGoogle(
    const google_v1::StreamingRecognitionConfig& config,
    const GoogleCall& call);
absl::StatusOr<v1::StreamingRecognitionConfig> FromGoogle(
    const google_v2::StreamingRecognitionConfig& config,
    const GoogleCall& call);

// INVALID_ARGUMENT unless it is projects/*/locations/*/recognizers/*. None is
// stored: each stands for the implicit one, "_".
absl::Status CheckRecognizer(const std::string& name);

// UNIMPLEMENTED: audio must be in the request.
absl::Status UriError(const std::string& field);

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_GOOGLE_CONFIG_H_
