// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_X509_ISSUER_H_
#define ATTESTD_TEST_FAKES_X509_ISSUER_H_

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/public_key.h"
#include "base/status.h"

// Throw-away keys and certificates.
namespace attestd::fakes {

class PrivateKey {
 public:
  static absl::StatusOr<PrivateKey> Rsa(unsigned bits);
  static absl::StatusOr<PrivateKey> Ec(base::PublicKey::Curve curve);
  // PKCS #8, not encrypted.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem);
  absl::StatusOr<std::string> ToPem() const;

  absl::StatusOr<base::PublicKey> GetPublicKey() const;
  // ECDSA as r || s, big-endian, each of the field's size.
  absl::StatusOr<base::Bytes> SignEcdsa(base::HashAlgorithm hash, base::ByteView message) const;

  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

struct CertificateSpec {
  std::string subject = {};  // common names
  std::string issuer = {};
  int64_t serial = 0;
  absl::Time not_before = absl::Now() - absl::Hours(24);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 3650);
  bool ca = false;
  // Dotted OID and the content of the extension's OCTET STRING.
  std::vector<std::pair<std::string, base::Bytes>> extensions = {};
  // Signed with SHA-1, which nobody should take.
  bool sha1 = false;
};

// The subjectAltName for a TLS server: its dotted OID and content (RFC 5280, 4.2.1.6).
std::pair<std::string, base::Bytes> DnsName(std::string_view name);
std::pair<std::string, base::Bytes> LoopbackAddress();  // 127.0.0.1

// Signed with SHA-384; by an RSA key as RSASSA-PSS with a salt of 48 bytes, as AMD does.
absl::StatusOr<base::Certificate> IssueCertificate(const CertificateSpec& spec,
                                                   const PrivateKey& subject_key,
                                                   const PrivateKey& issuer_key);

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_X509_ISSUER_H_
