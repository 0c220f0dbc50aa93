// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/pcr.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include <algorithm>
#include <utility>

namespace attestd::tee::tpm2 {
namespace {

// sizeofSelect for 24 PCRs, the least that PC Client TPMs have.
constexpr uint8_t kSelectSize = kPcrCount / 8;

TPML_PCR_SELECTION SelectAll() {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
  selection.pcrSelections[0].sizeofSelect = kSelectSize;
  std::fill_n(selection.pcrSelections[0].pcrSelect, kSelectSize, uint8_t{0xff});
  return selection;
}

bool IsSelected(const TPMS_PCR_SELECTION& selection, size_t pcr) {
  return pcr / 8 < selection.sizeofSelect &&
         (selection.pcrSelect[pcr / 8] & (1U << (pcr % 8))) != 0;
}

absl::Status NoSha256Bank() {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          "TPM2_PCR_Read: the sha256 PCR bank is not active; see "
                          "tpm2_pcrallocate");
}

absl::StatusOr<base::Bytes> MarshalSignature(const TPMT_SIGNATURE& signature) {
  base::Bytes bytes(sizeof(TPMT_SIGNATURE));
  size_t size = 0;
  if (Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, bytes.data(), bytes.size(), &size) !=
      TSS2_RC_SUCCESS) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            "TPM2_Quote: a signature that cannot be encoded");
  }
  bytes.resize(size);
  return bytes;
}

// One TPM2_PCR_Read of what is still wanted: fills in the values returned and takes them off.
absl::Status ReadSomePcrs(ESYS_CONTEXT* esys, base::Deadline deadline, TPML_PCR_SELECTION& wanted,
                          PcrValues& pcrs) {
  TPML_PCR_SELECTION* returned = nullptr;
  TPML_DIGEST* values = nullptr;
  RETURN_IF_ERROR(RunStep("TPM2_PCR_Read", deadline, [&] {
    return Esys_PCR_Read(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, nullptr,
                         &returned, &values);
  }));
  const EsysPtr<TPML_PCR_SELECTION> owned_returned(returned);
  const EsysPtr<TPML_DIGEST> owned_values(values);
  if (returned->count != 1 || values->count == 0) {
    return NoSha256Bank();
  }
  size_t next = 0;
  for (size_t pcr = 0; pcr < kPcrCount && next < values->count; ++pcr) {
    if (!IsSelected(returned->pcrSelections[0], pcr)) {
      continue;
    }
    const TPM2B_DIGEST& value = values->digests[next++];
    pcrs.at(pcr).assign(value.buffer, value.buffer + value.size);
    wanted.pcrSelections[0].pcrSelect[pcr / 8] &= static_cast<uint8_t>(~(1U << (pcr % 8)));
  }
  return absl::OkStatus();
}

bool AllRead(const PcrValues& pcrs) {
  return std::all_of(pcrs.begin(), pcrs.end(),
                     [](const base::Bytes& value) { return value.size() == kSha256Size; });
}

}  // namespace

absl::StatusOr<PcrValues> ReadPcrs(const EsysContext& context, base::Deadline deadline) {
  PcrValues pcrs;
  TPML_PCR_SELECTION wanted = SelectAll();
  // A TPM returns eight values at a time (TPML_DIGEST, part 2, 10.9.6), and at least one.
  for (size_t command = 0; command < kPcrCount && !AllRead(pcrs); ++command) {
    RETURN_IF_ERROR(ReadSomePcrs(context.get(), deadline, wanted, pcrs));
  }
  return AllRead(pcrs) ? absl::StatusOr<PcrValues>(std::move(pcrs)) : NoSha256Bank();
}

absl::Status ExtendPcr(const EsysContext& context, uint32_t pcr, base::ByteView digest,
                       base::Deadline deadline) {
  if (pcr >= kPcrCount || digest.size() != kSha256Size) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "a PCR from 0 to 23 and a digest of 32 bytes are needed");
  }
  TPML_DIGEST_VALUES values{};
  values.count = 1;
  values.digests[0].hashAlg = TPM2_ALG_SHA256;
  std::copy(digest.begin(), digest.end(), values.digests[0].digest.sha256);
  return RunStep("TPM2_PCR_Extend", deadline, [&] {
    return Esys_PCR_Extend(context.get(), ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                           ESYS_TR_NONE, &values);
  });
}

absl::StatusOr<SignedQuote> QuotePcrs(const EsysContext& context, ESYS_TR key,
                                      base::ByteView extra_data, base::Deadline deadline) {
  TPM2B_DATA qualifying{};
  if (extra_data.size() > sizeof(qualifying.buffer)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "extraData is too long");
  }
  qualifying.size = static_cast<uint16_t>(extra_data.size());
  std::copy(extra_data.begin(), extra_data.end(), qualifying.buffer);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_RSASSA;
  scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
  const TPML_PCR_SELECTION selection = SelectAll();
  TPM2B_ATTEST* message = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  RETURN_IF_ERROR(RunStep("TPM2_Quote", deadline, [&] {
    return Esys_Quote(context.get(), key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying,
                      &scheme, &selection, &message, &signature);
  }));
  const EsysPtr<TPM2B_ATTEST> owned_message(message);
  const EsysPtr<TPMT_SIGNATURE> owned_signature(signature);
  ASSIGN_OR_RETURN(base::Bytes encoded, MarshalSignature(*signature));
  return SignedQuote{
      .message = base::Bytes(message->attestationData, message->attestationData + message->size),
      .signature = std::move(encoded)};
}

}  // namespace attestd::tee::tpm2
