// Certificates made by OpenSSL for one test.
#ifndef OIDO_TESTS_SUPPORT_CERTIFICATE_MAKER_H_
#define OIDO_TESTS_SUPPORT_CERTIFICATE_MAKER_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace oido::test {

struct CertificateSettings {
  std::string common_name = "localhost";
  long begin_seconds = -3600;  // from now
  long end_seconds = 3600;
};

// PEM.
struct CertificateAndKey {
  std::string certificate;
  std::string key;
};

// An authority with a fresh P-256 key. Its certificates are for their common
// name and for 127.0.0.1.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name);
  std::string certificate() const;  // PEM
  CertificateAndKey Issue(const CertificateSettings& settings = {}) const;

 private:
  struct Deleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Deleter>;
  using Certificate = std::unique_ptr<X509, Deleter>;

  Certificate Make(const CertificateSettings& settings, EVP_PKEY* key) const;

  Key key_;
  Certificate certificate_;  // nullptr while it is being made
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_CERTIFICATE_MAKER_H_
