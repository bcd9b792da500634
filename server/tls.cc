// gRPC's certificate fetcher behind a grpc::ServerCredentials.
#include "server/tls.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"

namespace oido::server {
namespace {

class CoreCredentials final : public grpc::ServerCredentials {
 public:
  // Takes ownership.
  explicit CoreCredentials(grpc_server_credentials* core) : core_(core) {}
  ~CoreCredentials() override { grpc_server_credentials_release(core_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/)
      override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), core_);
  }

  grpc_server_credentials* const core_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const CertificatePaths& paths) {
  std::unique_ptr<Tls> tls(new Tls(paths));
  const absl::Status status = tls->Reload();
  if (!status.ok()) return status;
  return tls;
}

absl::Status Tls::Reload() {
  auto read = ReadCertificates(paths_, absl::Now());
  if (!read.ok()) return read.status();
  MutexLock lock(mutex_);
  current_ = *std::move(read);
  fetched_ = false;
  return absl::OkStatus();
}

absl::Time Tls::expires() const {
  MutexLock lock(mutex_);
  return current_.expires;
}

std::shared_ptr<grpc::ServerCredentials> Tls::Credentials() {
  const auto request =
      paths_.client_ca.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  return std::make_shared<CoreCredentials>(
      grpc_ssl_server_credentials_create_with_options(
          grpc_ssl_server_credentials_create_options_using_config_fetcher(
              request, Fetch, this)));
}

// By gRPC, before each handshake.
grpc_ssl_certificate_config_reload_status Tls::Fetch(
    void* self, grpc_ssl_server_certificate_config** config) {
  Tls& tls = *static_cast<Tls*>(self);
  MutexLock lock(tls.mutex_);
  if (std::exchange(tls.fetched_, true))
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const grpc_ssl_pem_key_cert_pair pair = {tls.current_.key.c_str(),
                                           tls.current_.certificate.c_str()};
  // gRPC 1.51 asserts that there are some, even if no client is asked.
  const std::string& ca = tls.current_.client_ca.empty()
                              ? tls.current_.certificate
                              : tls.current_.client_ca;
  *config = grpc_ssl_server_certificate_config_create(ca.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace oido::server
