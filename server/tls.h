// The server's side of TLS, with certificates that change while it runs.
#ifndef OIDO_SERVER_TLS_H_
#define OIDO_SERVER_TLS_H_

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/certificates.h"
#include "server/mutex.h"

namespace oido::server {

// Thread-safe. It is gRPC's SslServerCredentials, whose C++ form cannot be told
// of new certificates; that of grpc_security.h asks for them at each handshake.
class Tls {
 public:
  // Errors as of ReadCertificates.
  static absl::StatusOr<std::unique_ptr<Tls>> Load(
      const CertificatePaths& paths);

  // Reads the files anew, for connections that come from now on; after an error
  // those in use stay. Open connections are not touched.
  absl::Status Reload();

  // For one server, which this outlives.
  std::shared_ptr<grpc::ServerCredentials> Credentials();

  // When the certificate in use expires.
  absl::Time expires() const;

 private:
  explicit Tls(const CertificatePaths& paths) : paths_(paths) {}

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config);

  const CertificatePaths paths_;
  mutable Mutex mutex_;
  Certificates current_ ABSL_GUARDED_BY(mutex_);
  bool fetched_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_TLS_H_
