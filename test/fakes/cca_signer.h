// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_CCA_SIGNER_H_
#define ATTESTD_TEST_FAKES_CCA_SIGNER_H_

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/public_key.h"
#include "base/status.h"
#include "test/fakes/x509_issuer.h"

// Stands in for the Arm CCA platform and the RMM: signs tokens with a throw-away platform key and a
// throw-away realm key. Claims are CBOR maps, so that a test can make exactly one of them wrong.
namespace attestd::fakes {

// Both parts of a token before they are signed.
struct CcaTokenSpec {
  base::Cbor platform;  // claims
  base::Cbor realm;
  int64_t platform_algorithm = -35;  // ES384
  int64_t realm_algorithm = -35;
};

class CcaSigner {
 public:
  static absl::StatusOr<CcaSigner> Create(
      base::PublicKey::Curve platform_curve = base::PublicKey::Curve::kP384);
  // Keys as PEM files in a folder: cpak.key, rak.key, and the public cpak.pem.
  absl::Status Save(const std::string& folder) const;
  static absl::StatusOr<CcaSigner> Load(const std::string& folder);

  absl::StatusOr<base::PublicKey> platform_key() const { return cpak_.GetPublicKey(); }
  // The platform's public key as a JWK (RFC 7517), for verifiers.
  absl::StatusOr<std::string> PlatformJwk() const;
  // The realm's public key as an uncompressed point (SEC 1) or as a COSE_Key (RFC 9052).
  absl::StatusOr<base::Bytes> RealmKeyPoint() const;
  absl::StatusOr<base::Bytes> RealmCoseKey() const;
  // Claims of a token that verifies: profile of 1.0, secured, the challenge padded to 64 bytes.
  absl::StatusOr<CcaTokenSpec> TypicalToken(base::ByteView challenge) const;
  // The token, signed over whatever the claims say.
  absl::StatusOr<base::Bytes> Sign(const CcaTokenSpec& spec) const;

 private:
  CcaSigner(PrivateKey cpak, PrivateKey rak) : cpak_(std::move(cpak)), rak_(std::move(rak)) {}
  PrivateKey cpak_;
  PrivateKey rak_;
};

// The value of an integer key in a map, which must be there.
base::Cbor& Claim(base::Cbor& map, int64_t key);
void RemoveClaim(base::Cbor& map, int64_t key);

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_CCA_SIGNER_H_
