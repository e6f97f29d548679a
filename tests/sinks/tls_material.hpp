// SPDX-License-Identifier: Apache-2.0
// tls_material.hpp: certificates for tests, made on the spot.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace penstock::sinks::testing {

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

// A certificate and its key.
struct Identity {
  std::unique_ptr<EVP_PKEY, FreeOpenSsl> key{};
  std::unique_ptr<X509, FreeOpenSsl> certificate{};

  std::string pem() const;  // the certificate
  std::string key_pem() const;
};

// Days from now.
struct Validity {
  int from = -1;
  int to = 30;
};

Identity make_authority(const std::string& name = "Penstock test authority");
// Signed by `authority`; by itself when that is null. `host` is a DNS name.
Identity make_identity(const Identity* authority, const std::string& host, Validity validity = {});

}  // namespace penstock::sinks::testing
