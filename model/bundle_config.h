// Reads bundle.textproto: syntax and the ranges of its fields.
#ifndef OIDO_MODEL_BUNDLE_CONFIG_H_
#define OIDO_MODEL_BUNDLE_CONFIG_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "oido/config/model_bundle.pb.h"

namespace oido::model {

// INVALID_ARGUMENT says the line of a syntax error or unknown key, or the
// field, its value and the limit. Defaults are filled in. Not checked here: the
// front end's fields and the tensors.
absl::StatusOr<config::ModelBundle> ParseBundleConfig(absl::string_view text);

}  // namespace oido::model

#endif  // OIDO_MODEL_BUNDLE_CONFIG_H_
