// SHA-256 of a block of memory.
#ifndef OIDO_MODEL_SHA256_H_
#define OIDO_MODEL_SHA256_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::model {

// Lower-case hexadecimal, 64 characters. INTERNAL if libcrypto refuses.
absl::StatusOr<std::string> Sha256Hex(absl::string_view bytes);

}  // namespace oido::model

#endif  // OIDO_MODEL_SHA256_H_
