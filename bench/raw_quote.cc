// SPDX-License-Identifier: Apache-2.0
#include "bench/raw_quote.h"

#include <tss2/tss2_esys.h>

#include <algorithm>
#include <utility>

#include "tee/tpm/esys_device.h"
#include "tee/tpm2/tss_status.h"

namespace attestd::bench {
namespace {

using tee::tpm2::EsysPtr;

// SHA-256 PCRs 0 to 23 (TPM 2.0 library, part 2, 10.6.1).
TPML_PCR_SELECTION AllPcrs() {
  constexpr uint8_t kBytes = 3;
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
  selection.pcrSelections[0].sizeofSelect = kBytes;
  std::fill_n(selection.pcrSelections[0].pcrSelect, kBytes, uint8_t{0xff});
  return selection;
}

}  // namespace

absl::StatusOr<RawQuote> RawQuote::Open(const std::string& tcti) {
  ASSIGN_OR_RETURN(tee::tpm2::EsysContext context, tee::tpm2::EsysContext::Open(tcti));
  ASSIGN_OR_RETURN(tee::tpm::AttestationKey ak,
                   tee::tpm::FindOrCreateAk(context, tee::tpm::EsysDeviceOptions().ak_handle,
                                            base::Deadline::After(absl::Seconds(60))));
  return RawQuote(std::move(context), std::move(ak));
}

absl::Status RawQuote::Take() {
  TPM2B_DATA extra_data{};
  extra_data.size = TPM2_SHA256_DIGEST_SIZE;
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_RSASSA;
  scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
  const TPML_PCR_SELECTION selection = AllPcrs();
  TPM2B_ATTEST* message = nullptr;
  TPMT_SIGNATURE* signature = nullptr;
  const TSS2_RC rc =
      Esys_Quote(context_.get(), ak_.object.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                 &extra_data, &scheme, &selection, &message, &signature);
  const EsysPtr<TPM2B_ATTEST> owned_message(message);
  const EsysPtr<TPMT_SIGNATURE> owned_signature(signature);
  return rc == TSS2_RC_SUCCESS ? absl::OkStatus() : tee::tpm2::TssStatus(rc, "TPM2_Quote");
}

}  // namespace attestd::bench
