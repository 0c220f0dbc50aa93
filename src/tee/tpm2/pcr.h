// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TPM2_PCR_H_
#define ATTESTD_TEE_TPM2_PCR_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/status.h"
#include "tee/tpm2/esys_context.h"
#include "tee/tpm2/format/quote.h"

// Commands on the sha256 PCR bank. Errors are those of RunStep.
namespace attestd::tee::tpm2 {

// PCR 0 to 23. Takes several commands: the values need not be of one moment. FailedPrecondition
// when the bank is not active.
absl::StatusOr<PcrValues> ReadPcrs(const EsysContext& context, base::Deadline deadline);

// TPM2_PCR_Extend of one PCR in the sha256 bank with a digest of 32 bytes.
absl::Status ExtendPcr(const EsysContext& context, uint32_t pcr, base::ByteView digest,
                       base::Deadline deadline);

// TPM2_Quote over PCR 0 to 23, RSASSA with SHA-256. InvalidArgument when the extra data is longer
// than TPM2B_DATA holds.
absl::StatusOr<SignedQuote> QuotePcrs(const EsysContext& context, ESYS_TR key,
                                      base::ByteView extra_data, base::Deadline deadline);

}  // namespace attestd::tee::tpm2

#endif  // ATTESTD_TEE_TPM2_PCR_H_
