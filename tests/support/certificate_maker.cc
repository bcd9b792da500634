// X.509 by OpenSSL's API.
#include "tests/support/certificate_maker.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace oido::test {
namespace {

template <typename Write>
std::string ToPem(Write write) {
  BIO* const bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string CertificatePem(X509* certificate) {
  return ToPem([=](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

void AddExtension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& common_name)
    : key_(EVP_EC_gen("P-256")) {
  CertificateSettings settings;
  settings.common_name = common_name;
  certificate_ = Make(settings, key_.get());
}

std::string CertificateAuthority::certificate() const {
  return CertificatePem(certificate_.get());
}

CertificateAndKey CertificateAuthority::Issue(
    const CertificateSettings& settings) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = Make(settings, key.get());
  return {CertificatePem(certificate.get()), ToPem([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                     nullptr, nullptr);
          })};
}

CertificateAuthority::Certificate CertificateAuthority::Make(
    const CertificateSettings& settings, EVP_PKEY* key) const {
  Certificate certificate(X509_new());
  X509* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 7);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), settings.begin_seconds);
  X509_gmtime_adj(X509_getm_notAfter(x509), settings.end_seconds);
  X509_set_pubkey(x509, key);
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(settings.common_name.c_str()), -1,
      -1, 0);
  const bool is_authority = certificate_ == nullptr;
  X509_set_issuer_name(
      x509, is_authority ? name : X509_get_subject_name(certificate_.get()));
  AddExtension(x509, NID_basic_constraints,
               is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!is_authority) {
    const std::string names = "DNS:" + settings.common_name + ",IP:127.0.0.1";
    AddExtension(x509, NID_subject_alt_name, names.c_str());
  }
  X509_sign(x509, key_.get(), EVP_sha256());
  return certificate;
}

}  // namespace oido::test
