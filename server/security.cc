// Loads and reloads, and tells the log.
#include "server/security.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/log.h"

namespace oido::server {
namespace {

std::vector<std::string> TlsFiles(const ServerOptions& options) {
  std::vector<std::string> files;
  for (const std::string& file :
       {options.tls_certificate, options.tls_key, options.tls_client_ca}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

std::vector<std::string> TokenFiles(const ServerOptions& options) {
  if (options.token_file.empty()) return {};
  return {options.token_file};
}

}  // namespace

Security::Security(const ServerOptions& options)
    : listen_(options.listen),
      tls_files_(TlsFiles(options)),
      token_files_(TokenFiles(options)) {}

absl::StatusOr<std::unique_ptr<Security>> Security::Load(
    const ServerOptions& options) {
  std::unique_ptr<Security> security(new Security(options));
  if (!options.tls_certificate.empty()) {
    auto tls = Tls::Load(
        {options.tls_certificate, options.tls_key, options.tls_client_ca});
    if (!tls.ok()) return tls.status();
    security->tls_ = *std::move(tls);
  }
  if (!options.token_file.empty()) {
    auto access = TokenAccess::Load(options.token_file);
    if (!access.ok()) return access.status();
    security->access_ = *std::move(access);
  }
  return security;
}

std::shared_ptr<grpc::ServerCredentials> Security::Credentials() {
  if (tls_ != nullptr) return tls_->Credentials();
  if (!IsLoopback(listen_)) {
    Log(Severity::kWarn, "insecure",
        {{"message", absl::StrCat("plain text on ", listen_,
                                  ": whoever is on the way can hear and change "
                                  "everything, tokens included")}});
  }
  return grpc::InsecureServerCredentials();
}

void Security::Reload() {
  if (tls_ != nullptr) ReloadTls();
  if (access_ != nullptr) ReloadTokens();
}

void Security::Poll() {
  if (tls_files_.Changed()) ReloadTls();
  if (token_files_.Changed()) ReloadTokens();
}

void Security::ReloadTls() {
  const absl::Status status = tls_->Reload();
  certificates_ok_ = status.ok();
  if (status.ok()) {
    Log(Severity::kInfo, "certificates_reloaded",
        {{"expires", absl::FormatTime(tls_->expires())}});
  } else {
    Log(Severity::kError, "certificates_not_reloaded",
        {{"message", absl::StrCat(status.message(), "; those in use stay")}});
  }
}

void Security::ReloadTokens() {
  const absl::Status status = access_->Reload();
  tokens_ok_ = status.ok();
  if (status.ok()) {
    Log(Severity::kInfo, "tokens_reloaded",
        {{"tokens", absl::StrCat(access_->size())}});
  } else {
    Log(Severity::kError, "tokens_not_reloaded",
        {{"message", absl::StrCat(status.message(), "; those in use stay")}});
  }
}

}  // namespace oido::server
