// Certificate and key files, checked before anybody meets them.
#ifndef OIDO_SERVER_CERTIFICATES_H_
#define OIDO_SERVER_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace oido::server {

struct CertificatePaths {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: clients need none
};

// PEM.
struct Certificates {
  std::string certificate;
  std::string key;
  std::string client_ca;
  absl::Time expires;  // of the server's own
};

// INVALID_ARGUMENT names the option, the file and what is wrong: unreadable,
// not PEM, of another key, expired or not valid yet at `now`.
absl::StatusOr<Certificates> ReadCertificates(const CertificatePaths& paths,
                                              absl::Time now);

}  // namespace oido::server

#endif  // OIDO_SERVER_CERTIFICATES_H_
