// SPDX-License-Identifier: Apache-2.0
#include "test/fakes/tpm_quote_builder.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstddef>

#include "base/openssl_error.h"

namespace attestd::fakes {
namespace {

using base::Bytes;
using base::ByteView;

void AppendBe(Bytes& out, uint64_t value, size_t width) {
  for (size_t i = width; i > 0; --i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * (i - 1))));
  }
}

void Append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void AppendSized16(Bytes& out, ByteView bytes) {
  AppendBe(out, bytes.size(), 2);
  Append(out, bytes);
}

}  // namespace

absl::StatusOr<FakeAk> FakeAk::Rsa(unsigned bits) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  if (key == nullptr) {
    return base::OpensslError("RSA key");
  }
  return FakeAk(key);
}

absl::StatusOr<FakeAk> FakeAk::EcP256() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) {
    return base::OpensslError("EC key");
  }
  return FakeAk(key);
}

absl::StatusOr<Bytes> FakeAk::SpkiDer() const {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) {
    return base::OpensslError("public key to DER");
  }
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

absl::StatusOr<Bytes> FakeAk::Sign(ByteView message) const {
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  size_t size = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return base::OpensslError("sign");
  }
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return base::OpensslError("sign");
  }
  signature.resize(size);
  return signature;
}

tee::tpm2::PcrValues TpmQuoteSpec::ZeroPcrs() {
  tee::tpm2::PcrValues pcrs;
  pcrs.fill(Bytes(tee::tpm2::kSha256Size));
  return pcrs;
}

absl::StatusOr<Bytes> BuildAttest(const TpmQuoteSpec& spec) {
  Bytes digest;
  if (spec.pcr_digest.has_value()) {
    digest = *spec.pcr_digest;
  } else {
    ASSIGN_OR_RETURN(digest, tee::tpm2::PcrDigest(spec.pcrs));
  }
  Bytes out;
  AppendBe(out, spec.magic, 4);
  AppendBe(out, spec.type, 2);
  AppendSized16(out, spec.qualified_signer);
  AppendSized16(out, spec.extra_data);
  AppendBe(out, spec.clock, 8);
  AppendBe(out, spec.reset_count, 4);
  AppendBe(out, spec.restart_count, 4);
  AppendBe(out, spec.safe, 1);
  AppendBe(out, spec.firmware_version, 8);
  AppendBe(out, spec.selections.size(), 4);
  for (const tee::tpm2::PcrSelection& selection : spec.selections) {
    AppendBe(out, selection.hash, 2);
    AppendBe(out, selection.select.size(), 1);
    Append(out, selection.select);
  }
  AppendSized16(out, digest);
  Append(out, spec.trailing);
  return out;
}

Bytes BuildSignature(const TpmQuoteSpec& spec, ByteView bare) {
  Bytes out;
  AppendBe(out, spec.signature_scheme, 2);
  AppendBe(out, spec.signature_hash, 2);
  AppendSized16(out, bare);
  return out;
}

absl::StatusOr<tee::tpm::TpmEvidence> BuildTpmEvidence(const FakeAk& key,
                                                       const TpmQuoteSpec& spec) {
  tee::tpm::TpmEvidence evidence;
  ASSIGN_OR_RETURN(evidence.message, BuildAttest(spec));
  ASSIGN_OR_RETURN(const Bytes bare, key.Sign(evidence.message));
  evidence.signature = BuildSignature(spec, bare);
  ASSIGN_OR_RETURN(evidence.ak_public, key.SpkiDer());
  evidence.pcrs = spec.pcrs;
  return evidence;
}

}  // namespace attestd::fakes
