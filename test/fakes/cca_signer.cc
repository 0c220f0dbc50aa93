// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/cca_signer.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json.h"

namespace attestd::fakes {
namespace {

using base::Bytes;
using base::Cbor;

constexpr size_t kMaxFile = size_t{64} << 10;
constexpr size_t kDigestSize = 64;

Bytes Filled(size_t size, uint8_t value) { return Bytes(size, value); }

// x || y: the end of the SubjectPublicKeyInfo of an EC key.
absl::StatusOr<Bytes> Coordinates(const PrivateKey& key) {
  ASSIGN_OR_RETURN(const base::PublicKey public_key, key.GetPublicKey());
  ASSIGN_OR_RETURN(const Bytes der, public_key.ToSpkiDer());
  const size_t size = 2 * static_cast<size_t>(public_key.bits()) / 8;
  return Bytes(der.end() - static_cast<std::ptrdiff_t>(size), der.end());
}

// COSE_Sign1_Tagged (RFC 9052, 4.2) in a byte string.
absl::StatusOr<Cbor> Sign1(const Cbor& claims, int64_t algorithm, const PrivateKey& key) {
  const Bytes header = base::EncodeCbor(Cbor::Map({Cbor::Integer(1), Cbor::Integer(algorithm)}));
  const Bytes payload = base::EncodeCbor(claims);
  const Bytes to_sign =
      base::EncodeCbor(Cbor::Array({Cbor::Text("Signature1"), Cbor::ByteString(header),
                                    Cbor::ByteString({}), Cbor::ByteString(payload)}));
  const auto hash = algorithm == -7 ? base::HashAlgorithm::kSha256 : base::HashAlgorithm::kSha384;
  ASSIGN_OR_RETURN(const Bytes signature, key.SignEcdsa(hash, to_sign));
  return Cbor::ByteString(base::EncodeCbor(
      Cbor::Tag(18, Cbor::Array({Cbor::ByteString(header), Cbor::Map({}), Cbor::ByteString(payload),
                                 Cbor::ByteString(signature)}))));
}

Cbor Component(const std::string& type, uint8_t measurement) {
  return Cbor::Map({Cbor::Integer(1), Cbor::Text(type), Cbor::Integer(2),
                    Cbor::ByteString(Filled(32, measurement)), Cbor::Integer(4),
                    Cbor::Text("3.4.2"), Cbor::Integer(5), Cbor::ByteString(Filled(32, 4)),
                    Cbor::Integer(6), Cbor::Text("sha-256")});
}

Cbor PlatformClaims(base::ByteView challenge) {
  return Cbor::Map({Cbor::Integer(265), Cbor::Text("tag:arm.com,2023:cca_platform#1.0.0"),
                    Cbor::Integer(10), Cbor::ByteString(challenge), Cbor::Integer(2396),
                    Cbor::ByteString(Filled(32, 0x7f)), Cbor::Integer(256),
                    Cbor::ByteString(Filled(33, 1)), Cbor::Integer(2401),
                    Cbor::ByteString(Filled(4, 0xcf)), Cbor::Integer(2395), Cbor::Integer(0x3000),
                    Cbor::Integer(2402), Cbor::Text("sha-256"), Cbor::Integer(2400),
                    Cbor::Text("https://verifier.example/"), Cbor::Integer(2399),
                    Cbor::Array({Component("RSE_BL1_2", 3), Component("RMM", 5)})});
}

Cbor RealmClaims(base::ByteView challenge, base::ByteView key) {
  const Cbor measurement = Cbor::ByteString(Filled(kDigestSize, 0x43));
  return Cbor::Map({Cbor::Integer(10), Cbor::ByteString(challenge), Cbor::Integer(44235),
                    Cbor::ByteString(Filled(kDigestSize, 0)), Cbor::Integer(44237),
                    Cbor::ByteString(key), Cbor::Integer(44236), Cbor::Text("sha-512"),
                    Cbor::Integer(44240), Cbor::Text("sha-256"), Cbor::Integer(44238),
                    Cbor::ByteString(Filled(kDigestSize, 0xae)), Cbor::Integer(44239),
                    Cbor::Array({measurement, measurement, measurement, measurement})});
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  return base::ReadFile(path, kMaxFile);
}

absl::Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : base::MakeStatus(absl::StatusCode::kInternal, path + ": cannot be written");
}

std::string PublicPem(base::ByteView spki) {
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  const std::string text = base::Base64Encode(spki);
  for (size_t i = 0; i < text.size(); i += 64) {
    pem += text.substr(i, 64) + "\n";
  }
  return pem + "-----END PUBLIC KEY-----\n";
}

}  // namespace

absl::StatusOr<CcaSigner> CcaSigner::Create(base::PublicKey::Curve platform_curve) {
  ASSIGN_OR_RETURN(PrivateKey cpak, PrivateKey::Ec(platform_curve));
  ASSIGN_OR_RETURN(PrivateKey rak, PrivateKey::Ec(base::PublicKey::Curve::kP384));
  return CcaSigner(std::move(cpak), std::move(rak));
}

absl::Status CcaSigner::Save(const std::string& folder) const {
  ASSIGN_OR_RETURN(const std::string cpak, cpak_.ToPem());
  ASSIGN_OR_RETURN(const std::string rak, rak_.ToPem());
  ASSIGN_OR_RETURN(const base::PublicKey key, platform_key());
  ASSIGN_OR_RETURN(const Bytes spki, key.ToSpkiDer());
  RETURN_IF_ERROR(Write(folder + "/cpak.key", cpak));
  RETURN_IF_ERROR(Write(folder + "/rak.key", rak));
  return Write(folder + "/cpak.pem", PublicPem(spki));
}

absl::StatusOr<CcaSigner> CcaSigner::Load(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string cpak_text, ReadText(folder + "/cpak.key"));
  ASSIGN_OR_RETURN(const std::string rak_text, ReadText(folder + "/rak.key"));
  ASSIGN_OR_RETURN(PrivateKey cpak, PrivateKey::FromPem(cpak_text));
  ASSIGN_OR_RETURN(PrivateKey rak, PrivateKey::FromPem(rak_text));
  return CcaSigner(std::move(cpak), std::move(rak));
}

absl::StatusOr<std::string> CcaSigner::PlatformJwk() const {
  ASSIGN_OR_RETURN(const Bytes point, Coordinates(cpak_));
  const base::ByteView view = point;
  const size_t half = point.size() / 2;
  const base::Json jwk = {{"kty", "EC"},
                          {"crv", half == 32 ? "P-256" : "P-384"},
                          {"x", base::Base64UrlEncode(view.first(half))},
                          {"y", base::Base64UrlEncode(view.last(half))}};
  return jwk.dump();
}

absl::StatusOr<Bytes> CcaSigner::RealmKeyPoint() const {
  ASSIGN_OR_RETURN(Bytes point, Coordinates(rak_));
  point.insert(point.begin(), 4);
  return point;
}

absl::StatusOr<Bytes> CcaSigner::RealmCoseKey() const {
  ASSIGN_OR_RETURN(const Bytes point, Coordinates(rak_));
  const base::ByteView view = point;
  return base::EncodeCbor(
      Cbor::Map({Cbor::Integer(1), Cbor::Integer(2), Cbor::Integer(-1), Cbor::Integer(2),
                 Cbor::Integer(-2), Cbor::ByteString(view.first(point.size() / 2)),
                 Cbor::Integer(-3), Cbor::ByteString(view.last(point.size() / 2))}));
}

absl::StatusOr<CcaTokenSpec> CcaSigner::TypicalToken(base::ByteView challenge) const {
  Bytes padded = base::ToBytes(challenge);
  padded.resize(kDigestSize);
  ASSIGN_OR_RETURN(const Bytes key, RealmKeyPoint());
  ASSIGN_OR_RETURN(const Bytes digest, base::Hash(base::HashAlgorithm::kSha256, key));
  return CcaTokenSpec{.platform = PlatformClaims(digest), .realm = RealmClaims(padded, key)};
}

absl::StatusOr<Bytes> CcaSigner::Sign(const CcaTokenSpec& spec) const {
  ASSIGN_OR_RETURN(const Cbor platform, Sign1(spec.platform, spec.platform_algorithm, cpak_));
  ASSIGN_OR_RETURN(const Cbor realm, Sign1(spec.realm, spec.realm_algorithm, rak_));
  return base::EncodeCbor(
      Cbor::Tag(399, Cbor::Map({Cbor::Integer(44234), platform, Cbor::Integer(44241), realm})));
}

Cbor& Claim(Cbor& map, int64_t key) {
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    if (map.items[i].number == key) {
      return map.items[i + 1];
    }
  }
  throw std::out_of_range("no claim " + std::to_string(key));
}

void RemoveClaim(Cbor& map, int64_t key) {
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    if (map.items[i].number == key) {
      map.items.erase(map.items.begin() + static_cast<std::ptrdiff_t>(i),
                      map.items.begin() + static_cast<std::ptrdiff_t>(i) + 2);
      return;
    }
  }
}

}  // namespace attestd::fakes
