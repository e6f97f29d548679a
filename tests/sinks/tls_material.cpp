// SPDX-License-Identifier: Apache-2.0
#include "tls_material.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace penstock::sinks::testing {
namespace {

constexpr long day_s = 24L * 60 * 60;

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity make(const Identity* authority, const std::string& name, Validity validity, bool is_ca) {
  static long serial = 1;
  Identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* const certificate = made.certificate.get();
  X509* const issuer = authority == nullptr ? certificate : authority->certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), validity.from * day_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), validity.to * day_s);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (is_ca) {
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, issuer, NID_subject_alt_name, "DNS:" + name);
  }
  X509_sign(certificate, authority == nullptr ? made.key.get() : authority->key.get(),
            EVP_sha256());
  return made;
}

template <class Write>
std::string text_of(const Write& write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  write(memory);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string copy(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return copy;
}

}  // namespace

std::string Identity::pem() const {
  return text_of([&](BIO* memory) { PEM_write_bio_X509(memory, certificate.get()); });
}

std::string Identity::key_pem() const {
  return text_of([&](BIO* memory) {
    PEM_write_bio_PrivateKey(memory, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Identity make_authority(const std::string& name) { return make(nullptr, name, {}, true); }

Identity make_identity(const Identity* authority, const std::string& host, Validity validity) {
  // As the sink does, and before it: see curl_is_ready().
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return make(authority, host, validity, false);
}

}  // namespace penstock::sinks::testing
