// SPDX-License-Identifier: Apache-2.0
#include "test/tee/tpm/fake_tpm_device.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

#include "base/hash.h"
#include "test/tee/tpm2/quote_bytes.h"

namespace attestd::tee::tpm {
namespace {

constexpr size_t kRsaBits = 2048;

base::Bytes Sign(EVP_PKEY* key, base::ByteView message) {
  const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  base::Bytes signature(kRsaBits / 8);
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    signature.clear();
  }
  return signature;
}

template <typename T>
T Take(std::deque<T>& queue, T otherwise) {
  if (queue.empty()) {
    return otherwise;
  }
  T first = std::move(queue.front());
  queue.pop_front();
  return first;
}

}  // namespace

FakeTpmDevice::FakeTpmDevice() : ak_(EVP_RSA_gen(kRsaBits)), other_(EVP_RSA_gen(kRsaBits)) {
  pcrs.fill(base::Bytes(tpm2::kSha256Size, 0));
}

absl::StatusOr<base::Bytes> FakeTpmDevice::EnsureAk(base::Deadline /*deadline*/) {
  ++ak_requests;
  RETURN_IF_ERROR(Take(ak_faults, absl::OkStatus()));
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(ak_.get(), &der);
  base::Bytes spki(der, der + size);
  OPENSSL_free(der);
  return spki;
}

absl::StatusOr<tpm2::PcrValues> FakeTpmDevice::ReadPcrs(base::Deadline /*deadline*/) {
  ++reads;
  return pcrs;
}

void FakeTpmDevice::ExtendPcr16() {
  base::Bytes input = pcrs[16];
  input.resize(2 * tpm2::kSha256Size, 0x77);
  pcrs[16] = *base::Hash(base::HashAlgorithm::kSha256, input);
}

absl::StatusOr<tpm2::SignedQuote> FakeTpmDevice::QuotePcrs(base::ByteView extra_data,
                                                           base::Deadline /*deadline*/) {
  ++quotes;
  const Fault fault = Take(quote_faults, Fault::kNone);
  if (fault == Fault::kIoError) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed,
                            "fake: TPM2_Quote: tcti:IO failure");
  }
  if (fault == Fault::kLockout) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "fake: TPM2_Quote: locked");
  }
  if (fault == Fault::kPcrsMove) {
    ExtendPcr16();
  }
  tpm2::Quote quote = tpm2::TypicalQuote();
  quote.extra_data = base::ToBytes(extra_data);
  ASSIGN_OR_RETURN(quote.pcr_digest, tpm2::PcrDigest(pcrs));
  if (fault == Fault::kWrongExtraData) {
    quote.extra_data.back() ^= 1;
  }
  if (fault == Fault::kForeignSelection) {
    quote.pcr_selections[0].select = {0xff, 0xff, 0x00};
  }
  tpm2::AttestHeader header;
  if (fault == Fault::kWrongType) {
    header.type = 0x8017;
  }
  if (fault == Fault::kPcrsMove) {
    ExtendPcr16();
  }
  base::Bytes message = tpm2::QuoteBytes(quote, header);
  EVP_PKEY* signer = fault == Fault::kForeignSignature ? other_.get() : ak_.get();
  base::Bytes signature = tpm2::SignatureBytes(Sign(signer, message));
  return tpm2::SignedQuote{.message = std::move(message), .signature = std::move(signature)};
}

}  // namespace attestd::tee::tpm
