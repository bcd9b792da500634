// SHA-256 through OpenSSL's EVP interface.
#include "model/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"

namespace oido::model {

absl::StatusOr<std::string> Sha256Hex(absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &digest_size, EVP_sha256(),
                 nullptr) != 1) {
    return absl::InternalError("libcrypto could not compute SHA-256");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), digest_size));
}

}  // namespace oido::model
