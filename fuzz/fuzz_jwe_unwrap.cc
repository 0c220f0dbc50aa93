// SPDX-License-Identifier: Apache-2.0
// What a broker sends to be unwrapped, without the JSON around it: the first byte names the kind of
// key; then the sender's point, for EC, and the wrapped content key.
// Covers: src/kbs_client/tee_key_rsa.cc src/kbs_client/tee_key_ec.cc
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "fuzz/fuzz_target.h"
#include "fuzz/jwe_keys.h"
#include "kbs_client/jwe.h"

namespace kbs = attestd::kbs;
using attestd::base::Bytes;
using attestd::base::ByteView;
using attestd::base::Secret;
using kbs::TeeKeyKind;

namespace {

Bytes Take(ByteView& input, size_t size) {
  const ByteView taken = input.first(std::min(size, input.size()));
  input = input.subspan(taken.size());
  return attestd::base::ToBytes(taken);
}

// An RSA key gives 32 bytes for anything; one of EC none.
void UnwrapOnly(const kbs::TeeKey& key, ByteView wrapped) {
  const auto cek = key.DecryptContentKey(wrapped, *Secret::Allocate(kbs::kContentKeySize));
  FUZZ_CHECK(cek.ok() == kbs::NamesOf(key.kind()).crv.empty());
  FUZZ_CHECK(!cek.ok() || cek->size() == kbs::kContentKeySize);
}

// With the scalar 0 every agreement is the point at infinity.
kbs::TeeKey ZeroKey() {
  const kbs::EcPoint point = {
      .x = attestd::fuzz::Decoded("jAXAkmLeKfjKqvuUqHDa0ohaat7ymolAL29U-FP0UR8"),
      .y = attestd::fuzz::Decoded("UANEoXrN4Ex4JPZpuGCz9E0iP4OKuHQDt9O0E8_oQuU")};
  return *kbs::TeeKey::FromPrivate(Bytes(32), point);
}

// Agreement is for EC alone. A modulus of another size than 2048 bits makes no key of RSA.
void RefuseOthers(const kbs::TeeKey& key, const kbs::EcPoint& point, ByteView modulus) {
  static const kbs::TeeKey kZero = ZeroKey();
  FUZZ_CHECK(!kZero.Agree(point).ok());
  const bool ec = !kbs::NamesOf(key.kind()).crv.empty();
  FUZZ_CHECK(ec || !key.Agree(point).ok());
  const auto made = kbs::TeeKey::FromPrivate({.n = modulus}, TeeKeyKind::kRsaOaep256);
  FUZZ_CHECK(!made.ok() || (modulus.size() == 256 && modulus.front() >= 0x80));
}

}  // namespace

FUZZ_TARGET(input) {
  static const std::array<kbs::TeeKey, 4> kKeys = {
      attestd::fuzz::P256Key(), attestd::fuzz::P521Key(),
      attestd::fuzz::RsaKey(TeeKeyKind::kRsaOaep256), attestd::fuzz::RsaKey(TeeKeyKind::kRsa15)};
  if (input.empty()) {
    return;
  }
  const kbs::TeeKey& key = kKeys.at(input.front() % kKeys.size());
  FUZZ_CHECK(key.PublicJwk().ok());
  input = input.subspan(1);
  const size_t size = kbs::NamesOf(key.kind()).coordinate_size;
  kbs::JweEnvelope envelope;
  envelope.kind = key.kind();
  envelope.epk.x = Take(input, size);
  envelope.epk.y = Take(input, size);
  envelope.encrypted_key = attestd::base::ToBytes(input);
  envelope.iv.resize(12);
  envelope.tag.resize(16);
  // No content was encrypted, so that no key can be the right one.
  FUZZ_CHECK(kbs::DecryptJwe(envelope, key).status() == kbs::JweDoesNotDecrypt());
  UnwrapOnly(key, input);
  RefuseOthers(key, envelope.epk, input);
}
