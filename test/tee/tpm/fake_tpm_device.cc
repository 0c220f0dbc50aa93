// SPDX-License-Identifier: Apache-2.0
#include "test/tee/tpm/fake_tpm_device.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <tss2/tss2_tpm2_types.h>

#include <string>
#include <utility>

#include "base/hash.h"
#include "tee/tpm2/tss_status.h"
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

absl::Status IoError(const std::string& step) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed,
                          "fake: " + step + ": tcti:IO failure");
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

// Making keys takes longer than most tests: all devices of a program share them.
FakeTpmDevice::FakeTpmDevice() {
  static EVP_PKEY* const kAk = EVP_RSA_gen(kRsaBits);
  static EVP_PKEY* const kOther = EVP_RSA_gen(kRsaBits);
  EVP_PKEY_up_ref(kAk);
  EVP_PKEY_up_ref(kOther);
  ak_.reset(kAk);
  other_.reset(kOther);
  pcrs.fill(base::Bytes(tpm2::kSha256Size, 0));
}

base::Bytes FakeTpmDevice::Spki(EVP_PKEY* key) {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  base::Bytes spki(der, der + size);
  OPENSSL_free(der);
  return spki;
}

absl::StatusOr<base::Bytes> FakeTpmDevice::EnsureAk(base::Deadline /*deadline*/) {
  ++ak_requests;
  RETURN_IF_ERROR(Take(ak_faults, absl::OkStatus()));
  return Spki(ak_.get());
}

absl::StatusOr<tpm2::PcrValues> FakeTpmDevice::ReadPcrs(base::Deadline /*deadline*/) {
  ++reads;
  return pcrs;
}

void FakeTpmDevice::Extend(uint32_t pcr, base::ByteView digest) {
  base::Bytes input = pcrs.at(pcr);
  input.insert(input.end(), digest.begin(), digest.end());
  pcrs.at(pcr) = *base::Hash(base::HashAlgorithm::kSha256, input);
}

void FakeTpmDevice::ExtendPcr16() { Extend(16, base::Bytes(tpm2::kSha256Size, 0x77)); }

absl::Status FakeTpmDevice::ExtendPcr(uint32_t pcr, base::ByteView digest,
                                      base::Deadline /*deadline*/) {
  ++extends;
  const ExtendFault fault = Take(extend_faults, ExtendFault::kNone);
  if (fault == ExtendFault::kNone || fault == ExtendFault::kLostAnswer) {
    Extend(pcr, digest);
  }
  if (fault == ExtendFault::kOtherExtend) {
    Extend(pcr, base::Bytes(tpm2::kSha256Size, 0x66));
  }
  if (fault == ExtendFault::kLockout) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "fake: TPM2_PCR_Extend: locked");
  }
  return fault == ExtendFault::kNone ? absl::OkStatus() : IoError("TPM2_PCR_Extend");
}

absl::StatusOr<tpm2::SignedQuote> FakeTpmDevice::QuotePcrs(base::ByteView extra_data,
                                                           base::Deadline /*deadline*/) {
  ++quotes;
  const Fault fault = Take(quote_faults, Fault::kNone);
  if (fault == Fault::kIoError) {
    return IoError("TPM2_Quote");
  }
  if (fault == Fault::kObjectMemory) {
    return tpm2::TssStatus(TPM2_RC_OBJECT_MEMORY, "fake: TPM2_Quote");
  }
  if (fault == Fault::kLockout) {
    return tpm2::TssStatus(TPM2_RC_LOCKOUT, "fake: TPM2_Quote");
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
