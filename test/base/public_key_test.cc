// SPDX-License-Identifier: Apache-2.0
#include "base/public_key.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "test/fakes/x509_issuer.h"

namespace attestd::base {
namespace {

using fakes::PrivateKey;

constexpr std::string_view kMessage = "attestation";

// x || y: the end of a SubjectPublicKeyInfo with an uncompressed point (RFC 5480, 2.2).
Bytes PointOf(const PublicKey& key, size_t size) {
  const Bytes spki = key.ToSpkiDer().value();
  return {spki.end() - static_cast<ptrdiff_t>(size), spki.end()};
}

}  // namespace

TEST_CASE("PublicKey verifies ECDSA as r and s, and nothing that was changed") {
  const auto curve = GENERATE(PublicKey::Curve::kP256, PublicKey::Curve::kP384);
  const auto hash =
      curve == PublicKey::Curve::kP256 ? HashAlgorithm::kSha256 : HashAlgorithm::kSha384;
  const PrivateKey key = PrivateKey::Ec(curve).value();
  const PublicKey public_key = key.GetPublicKey().value();
  const Bytes signature = key.SignEcdsa(hash, AsBytes(kMessage)).value();
  CHECK(public_key.VerifyEcdsa(hash, AsBytes(kMessage), signature).ok());

  CHECK(absl::IsUnauthenticated(public_key.VerifyEcdsa(hash, AsBytes("other"), signature)));
  CHECK(absl::IsUnauthenticated(
      public_key.VerifyEcdsa(HashAlgorithm::kSha512, AsBytes(kMessage), signature)));
  Bytes changed = signature;
  changed.back() ^= 1;
  CHECK(absl::IsUnauthenticated(public_key.VerifyEcdsa(hash, AsBytes(kMessage), changed)));
  changed = signature;
  changed.pop_back();
  CHECK(absl::IsUnauthenticated(public_key.VerifyEcdsa(hash, AsBytes(kMessage), changed)));
  CHECK(absl::IsUnauthenticated(public_key.VerifyEcdsa(hash, AsBytes(kMessage), {})));
  const Bytes zeros(signature.size());
  CHECK(absl::IsUnauthenticated(public_key.VerifyEcdsa(hash, AsBytes(kMessage), zeros)));

  const PublicKey other = PrivateKey::Ec(curve).value().GetPublicKey().value();
  CHECK(absl::IsUnauthenticated(other.VerifyEcdsa(hash, AsBytes(kMessage), signature)));
}

TEST_CASE("PublicKey takes a signature for its own kind of key only") {
  const PublicKey rsa = PrivateKey::Rsa(2048).value().GetPublicKey().value();
  const PublicKey ec = PrivateKey::Ec(PublicKey::Curve::kP256).value().GetPublicKey().value();
  const Bytes signature(64, 1);
  CHECK(absl::IsInvalidArgument(
      rsa.VerifyEcdsa(HashAlgorithm::kSha256, AsBytes(kMessage), signature)));
  CHECK(absl::IsInvalidArgument(
      ec.VerifyRsaPkcs1(HashAlgorithm::kSha256, AsBytes(kMessage), signature)));
}

TEST_CASE("PublicKey is made from the coordinates of a point") {
  const auto curve = GENERATE(PublicKey::Curve::kP256, PublicKey::Curve::kP384);
  const size_t size = curve == PublicKey::Curve::kP256 ? 64 : 96;
  const PublicKey key = PrivateKey::Ec(curve).value().GetPublicKey().value();
  Bytes point = PointOf(key, size);
  const auto made = PublicKey::FromEcPoint(curve, point);
  REQUIRE(made.ok());
  CHECK(made->ToSpkiDer().value() == key.ToSpkiDer().value());
  CHECK(made->bits() == static_cast<int>(size) * 4);

  point.back() ^= 1;
  CHECK(absl::IsInvalidArgument(PublicKey::FromEcPoint(curve, point).status()));
  point.back() ^= 1;
  point.pop_back();
  CHECK(absl::IsInvalidArgument(PublicKey::FromEcPoint(curve, point).status()));
  CHECK(absl::IsInvalidArgument(PublicKey::FromEcPoint(curve, Bytes(size)).status()));
}

TEST_CASE("PublicKey is read from DER and PEM with nothing around it") {
  const PublicKey key = PrivateKey::Ec(PublicKey::Curve::kP256).value().GetPublicKey().value();
  const Bytes der = key.ToSpkiDer().value();
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n" + Base64Encode(der) + "\n-----END PUBLIC KEY-----\n";
  CHECK(PublicKey::FromSpkiDer(der)->ToSpkiDer().value() == der);
  CHECK(PublicKey::FromPem(pem)->ToSpkiDer().value() == der);
  Bytes more = der;
  more.push_back(0);
  for (const Bytes& bad :
       {more, Bytes(), Bytes(size_t{1} << 20), Bytes(der.begin(), der.end() - 1)}) {
    CHECK(absl::IsInvalidArgument(PublicKey::FromSpkiDer(bad).status()));
  }
  const std::string other =
      "-----BEGIN CERTIFICATE-----\n" + Base64Encode(der) + "\n-----END CERTIFICATE-----\n";
  for (const std::string& bad : {std::string(), std::string("text"), pem + pem, other}) {
    CHECK(absl::IsInvalidArgument(PublicKey::FromPem(bad).status()));
  }
}

}  // namespace attestd::base
