// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_TLS_AUTHORITY_H_
#define ATTESTD_TEST_FAKES_TLS_AUTHORITY_H_

#include <optional>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::fakes {

// A certificate in PEM and its key.
struct TlsIdentity {
  base::Certificate certificate;
  std::string certificate_pem;
  std::string key_pem;

  // "sha256//BASE64" of its key.
  std::string Pin() const { return "sha256//" + base::Base64Encode(*certificate.SpkiSha256()); }
};

// A private authority for TLS certificates; throws where OpenSSL fails.
class TlsAuthority {
 public:
  explicit TlsAuthority(std::string name = "authority")
      : name_(std::move(name)),
        key_(*PrivateKey::Ec(base::PublicKey::Curve::kP256)),
        certificate_(*IssueCertificate({.subject = name_, .issuer = name_, .serial = 1, .ca = true},
                                       key_, key_)) {}

  std::string Pem() const { return certificate_.ToPem(); }

  // A certificate of this authority. Subject, issuer and, where none is given, the name
  // 127.0.0.1 are filled in.
  TlsIdentity Issue(CertificateSpec spec = {},
                    const PrivateKey& key = *PrivateKey::Ec(base::PublicKey::Curve::kP256)) const {
    Complete(spec);
    spec.issuer = name_;
    return Identity(*IssueCertificate(spec, key, key_), key);
  }
  // The same, signed by its own key.
  static TlsIdentity SelfSigned() {
    CertificateSpec spec;
    Complete(spec);
    spec.issuer = spec.subject;
    const PrivateKey key = *PrivateKey::Ec(base::PublicKey::Curve::kP256);
    return Identity(*IssueCertificate(spec, key, key), key);
  }

 private:
  static void Complete(CertificateSpec& spec) {
    spec.subject = spec.subject.empty() ? "peer" : spec.subject;
    spec.serial = 2;
    if (spec.extensions.empty()) {
      spec.extensions = {LoopbackAddress()};
    }
  }
  static TlsIdentity Identity(const base::Certificate& certificate, const PrivateKey& key) {
    return {.certificate = certificate,
            .certificate_pem = certificate.ToPem(),
            .key_pem = *key.ToPem()};
  }

  const std::string name_;
  const PrivateKey key_;
  const base::Certificate certificate_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_TLS_AUTHORITY_H_
