// OpenSSL's look at what gRPC will be given.
#include "server/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"
#include "server/text_proto.h"

namespace oido::server {
namespace {

struct Deleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

Owned<BIO> Reader(const std::string& text) {
  return Owned<BIO>(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::Status Wrong(const std::string& option, const std::string& path,
                   absl::string_view what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", path, ": ", what));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  ASN1_TIME_to_tm(time, &parts);
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// The first one of `text`; nullptr: there is none.
Owned<X509> FirstCertificate(const std::string& text) {
  const Owned<BIO> reader = Reader(text);
  return Owned<X509>(
      PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
}

// There is nobody to ask.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/,
                 void* /*data*/) {
  return -1;
}

absl::Status CheckPair(const CertificatePaths& paths, absl::Time now,
                       Certificates* read) {
  const Owned<X509> certificate = FirstCertificate(read->certificate);
  if (certificate == nullptr) {
    return Wrong("tls_certificate", paths.certificate,
                 "holds no certificate in PEM");
  }
  const Owned<BIO> reader = Reader(read->key);
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return Wrong("tls_key", paths.key,
                 "holds no private key in PEM, or one with a passphrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong("tls_key", paths.key,
                 absl::StrCat("is not the key of ", paths.certificate));
  }
  read->expires = ToTime(X509_get0_notAfter(certificate.get()));
  if (read->expires <= now) {
    return Wrong("tls_certificate", paths.certificate,
                 absl::StrCat("expired at ", absl::FormatTime(read->expires)));
  }
  const absl::Time begins = ToTime(X509_get0_notBefore(certificate.get()));
  if (begins <= now) return absl::OkStatus();
  return Wrong("tls_certificate", paths.certificate,
               absl::StrCat("is valid from ", absl::FormatTime(begins), " on"));
}

}  // namespace

absl::StatusOr<Certificates> ReadCertificates(const CertificatePaths& paths,
                                              absl::Time now) {
  Certificates read;
  auto text = ReadFile("tls_certificate", paths.certificate);
  if (!text.ok()) return text.status();
  read.certificate = *std::move(text);
  text = ReadFile("tls_key", paths.key);
  if (!text.ok()) return text.status();
  read.key = *std::move(text);
  const absl::Status status = CheckPair(paths, now, &read);
  if (!status.ok()) return status;
  if (paths.client_ca.empty()) return read;
  text = ReadFile("tls_client_ca", paths.client_ca);
  if (!text.ok()) return text.status();
  read.client_ca = *std::move(text);
  if (FirstCertificate(read.client_ca) == nullptr) {
    return Wrong("tls_client_ca", paths.client_ca,
                 "holds no certificate in PEM");
  }
  return read;
}

}  // namespace oido::server
