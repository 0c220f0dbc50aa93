// SPDX-License-Identifier: Apache-2.0
// X.509 in DER or PEM, and public keys alone: every question can be put to what is read.
// Covers: src/base/certificate.cc src/base/pem.cc src/base/public_key.cc src/base/x509_parts.cc
#include <algorithm>

#include "base/certificate.h"
#include "base/public_key.h"
#include "fuzz/fuzz_target.h"

namespace base = attestd::base;

namespace {

void Ask(const base::Certificate& certificate) {
  (void)certificate.Subject();
  (void)certificate.CommonName();
  (void)certificate.IsCa();
  (void)certificate.IsSelfIssued();
  (void)certificate.NotBefore();
  (void)certificate.NotAfter();
  (void)certificate.GetPublicKey();
  (void)certificate.SpkiSha256();
  (void)certificate.Extension("1.3.6.1.4.1.3704.1.4");
  FUZZ_CHECK(!certificate.Extension("no OID").has_value());
  (void)certificate.CheckIssuedBy(certificate);
  FUZZ_CHECK(certificate.ToPem().empty() ||
             base::Certificate::ListFromPem(certificate.ToPem()).ok());
}

void Verify(const base::PublicKey& key, base::ByteView signature) {
  const base::ByteView message = base::AsBytes("fuzz");
  for (const auto hash :
       {base::HashAlgorithm::kSha256, base::HashAlgorithm::kSha384, base::HashAlgorithm::kSha512}) {
    (void)key.VerifyRsaPkcs1(hash, message, signature);
    (void)key.VerifyEcdsa(hash, message, signature);
  }
  FUZZ_CHECK(!key.VerifyEcdsa(base::HashAlgorithm::kSha256, message, {}).ok());
  (void)key.ToSpkiDer();
}

// Size of a signature, a key in any form, the signature.
void RunKeys(base::ByteView input) {
  using base::PublicKey;
  if (input.empty()) {
    return;
  }
  constexpr uint32_t kExponent = 65537;
  const size_t signature_size = std::min(size_t{input[0]}, input.size() - 1);
  const base::ByteView form = input.subspan(1, input.size() - 1 - signature_size);
  for (const auto& key :
       {PublicKey::FromSpkiDer(form), PublicKey::FromPem(base::AsText(form)),
        PublicKey::FromRsa(form, kExponent), PublicKey::FromEcPoint(PublicKey::Curve::kP256, form),
        PublicKey::FromEcPoint(PublicKey::Curve::kP384, form)}) {
    if (key.ok()) {
      Verify(*key, input.last(signature_size));
    }
  }
}

}  // namespace

FUZZ_TARGET(input) {
  if (const auto certificate = base::Certificate::FromDer(input); certificate.ok()) {
    Ask(*certificate);
    FUZZ_CHECK(base::Certificate::FromDer(certificate->ToDer()).ok());
  }
  if (const auto list = base::Certificate::ListFromPem(base::AsText(input), 4); list.ok()) {
    FUZZ_CHECK(!list->empty() && list->size() <= 4);
    for (const base::Certificate& certificate : *list) {
      Ask(certificate);
      (void)certificate.CheckIssuedBy(list->back());
    }
  }
  RunKeys(input);
}
