// Riva's configuration in native terms.
#ifndef OIDO_SERVER_COMPAT_RIVA_CONFIG_H_
#define OIDO_SERVER_COMPAT_RIVA_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "oido/v1/speech.pb.h"
#include "riva/asr.pb.h"
#include "server/model_set.h"

namespace oido::server {

// `method` is for the log line about what is ignored.
absl::StatusOr<v1::RecognitionConfig> FromRiva(
    const nvidia::riva::asr::RecognitionConfig& config, const ModelSet& models,
    ModelUse use, const std::string& method);

absl::StatusOr<v1::StreamingRecognitionConfig> FromRiva(
    const nvidia::riva::asr::StreamingRecognitionConfig& config,
    const ModelSet& models, const std::string& method);

// What the models are, as GetRivaSpeechRecognitionConfig tells; `name` empty:
// all of them. NOT_FOUND lists what there is.
absl::StatusOr<nvidia::riva::asr::RivaSpeechRecognitionConfigResponse>
RivaModels(const ModelSet& models, const std::string& name);

// Longer ids than the native API takes are none.
std::string NativeId(const nvidia::riva::RequestId& id);

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_RIVA_CONFIG_H_
