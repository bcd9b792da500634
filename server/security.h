// Whom the server speaks to, and how: certificates, tokens and their reload.
#ifndef OIDO_SERVER_SECURITY_H_
#define OIDO_SERVER_SECURITY_H_

#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/server_options.h"
#include "server/tls.h"
#include "server/token_access.h"
#include "server/watched_files.h"

namespace oido::server {

// Reload and Poll: one thread at a time. The rest: any thread.
class Security {
 public:
  // Errors name the option and the file.
  static absl::StatusOr<std::unique_ptr<Security>> Load(
      const ServerOptions& options);

  // TLS, or plain text, of which the log is told where others could listen in.
  // The security outlives the server.
  std::shared_ptr<grpc::ServerCredentials> Credentials();
  // nullptr: everybody may call.
  const TokenAccess* access() const { return access_.get(); }
  // absl::InfiniteFuture() without TLS.
  absl::Time certificate_expiry() const {
    return tls_ == nullptr ? absl::InfiniteFuture() : tls_->expires();
  }

  // Whether the last attempt to read them was successful.
  bool certificates_ok() const { return certificates_ok_; }
  bool tokens_ok() const { return tokens_ok_; }

  // Reads all files anew. What is wrong with them goes to the log, and what was
  // in use stays.
  void Reload();
  // To be called once a second or so: reads those anew that were changed.
  void Poll();

 private:
  explicit Security(const ServerOptions& options);
  void ReloadTls();
  void ReloadTokens();

  const std::string listen_;
  WatchedFiles tls_files_;
  WatchedFiles token_files_;
  std::unique_ptr<Tls> tls_;             // nullptr: plain text
  std::unique_ptr<TokenAccess> access_;  // nullptr: none
  std::atomic<bool> certificates_ok_ = true;
  std::atomic<bool> tokens_ok_ = true;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SECURITY_H_
